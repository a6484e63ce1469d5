/** R's two links: what their outputs and messages do to its data (protocol 3, 4, 8). */
import type { Message, Offer, State } from '../../spec/messages.ts';
import {
  compareWantVersions,
  type PodRecord,
  type PodStatus,
  type Uid,
  type Want,
} from '../../spec/vocabulary.ts';
import { applyState, merge, reset } from '../ownership/handshake.ts';
import { type LinkOutput, stepDownstreamSide } from '../ownership/link/index.ts';
import { addNews, flushUpward, NO_NEWS } from '../ownership/upward.ts';
import { DOWN, emit, type ReplicaSetContext, UP } from './context.ts';
import { backOff, dirtyAll, toScheduler } from './reconcile.ts';
import { allCounts, countOf, drop, putAll } from './records.ts';

/** Carries out, in order, what the side of a link asked for. */
export function compose(
  context: ReplicaSetContext,
  link: typeof UP | typeof DOWN,
  outputs: readonly LinkOutput[],
): ReplicaSetContext {
  return outputs.reduce(
    (next, output) => (output.type === 'closed' ? closed(next, link) : composeOne(next, output)),
    context,
  );
}

/** What D said in its session is over with it. What S holds is known again at the next handshake. */
function closed(context: ReplicaSetContext, link: typeof UP | typeof DOWN): ReplicaSetContext {
  return link === UP ? { ...context, told: context.told.clear(), queued: NO_NEWS } : context;
}

function composeOne(
  context: ReplicaSetContext,
  output: Exclude<LinkOutput, { type: 'closed' }>,
): ReplicaSetContext {
  switch (output.type) {
    case 'effect':
      return emit(context, output.effect);
    case 'greet':
      return emit(context, {
        type: 'send',
        link: DOWN,
        message: { kind: 'Hello', session: output.session, role: 'replicaset', peer: 'scheduler', wants: [] },
      });
    case 'offered':
      return answerOffer(context, output.offer);
    case 'stateArrived':
      return takeState(context, output.offer, output.state);
    case 'verify':
      return emit(context, { type: 'readLease', subject: 'deployment', token: output.token });
    case 'offer':
      return offerToDeployment({ ...context, queued: NO_NEWS }, output.session);
    case 'state':
      return stateToDeployment(context, output.session);
    case 'delivered':
      return deliver(context, output.message);
  }
}

function offerToDeployment(context: ReplicaSetContext, session: Offer['session']): ReplicaSetContext {
  const wants = [...context.wants.values()].map(({ deployment, version }) => ({ deployment, version }));
  return emit(context, {
    type: 'send',
    link: UP,
    message: {
      kind: 'Offer',
      session,
      incarnation: context.config.incarnation,
      held: [],
      wants,
      drained: null,
    },
  });
}

function stateToDeployment(context: ReplicaSetContext, session: State['session']): ReplicaSetContext {
  const wants = [...context.wants.values()];
  const sent = emit(context, {
    type: 'send',
    link: UP,
    message: { kind: 'State', session, records: [], wants, counts: allCounts(context) },
  });
  return dirtyAll(sent);
}

function answerOffer(context: ReplicaSetContext, offer: Offer): ReplicaSetContext {
  const { fetch, tombstones } = reset(context.records, offer.held);
  return emit(context, {
    type: 'send',
    link: DOWN,
    message: { kind: 'Fetch', session: offer.session, uids: fetch, tombstones },
  });
}

/** The link to S is open: the table, then `Terminate` of every tombstone held now (†), and the barrier is passed. */
function takeState(context: ReplicaSetContext, offer: Offer, state: State): ReplicaSetContext {
  const outcome = applyState(context.records, offer.held, state.records, context.config.mutants);
  let next = putAll(context, [...outcome.take, ...outcome.adopt]);
  for (const uid of [...outcome.lost, ...outcome.confirm]) next = drop(next, uid);
  const tombstones = [...next.index.values()].flatMap(({ terminating }) => [...terminating]);
  const again = context.config.mutants?.has('no-terminate-on-opening') ? [] : tombstones;
  if (again.length > 0) next = toScheduler(next, (session) => ({ kind: 'Terminate', session, uids: again }));
  const [up, outputs] = stepDownstreamSide(next.up, { type: 'barrierPassed' });
  return dirtyAll(compose({ ...next, up }, UP, outputs));
}

function mergeStatuses(context: ReplicaSetContext, statuses: readonly PodStatus[]): ReplicaSetContext {
  const merged = new Map<Uid, PodRecord>();
  let { backoffs } = context;
  for (const status of statuses) {
    const mine = merged.get(status.uid) ?? context.records.get(status.uid);
    if (mine === undefined) continue;
    const record = merge(mine, status, context.config.mutants);
    merged.set(status.uid, record);
    const { replicaSet } = mine;
    if (record.phase === 'running' && backoffs.get(replicaSet)?.waiting === false)
      backoffs = backoffs.delete(replicaSet);
  }
  return putAll(backoffs === context.backoffs ? context : { ...context, backoffs }, [...merged.values()]);
}

const dropAll = (context: ReplicaSetContext, uids: readonly Uid[]) => uids.reduce(drop, context);

/** A refusal, or a Pod that failed: dropped like any, and the ReplicaSet backs off. */
function dropRefused(context: ReplicaSetContext, uids: readonly Uid[]): ReplicaSetContext {
  return uids.reduce((next, uid) => {
    const record = next.records.get(uid);
    if (record === undefined) return next;
    const dropped = drop(next, uid);
    return record.phase === 'terminating' ? dropped : backOff(dropped, record.replicaSet);
  }, context);
}

function takeWants(context: ReplicaSetContext, wants: readonly Want[]): ReplicaSetContext {
  let next = context;
  const newer: Want[] = [];
  for (const want of wants) {
    const mine = next.wants.get(want.deployment);
    if (mine !== undefined && compareWantVersions(mine.version, want.version) > 0) newer.push(mine);
    else
      next = {
        ...next,
        wants: next.wants.set(want.deployment, want),
        gone: next.gone.delete(want.deployment),
      };
    next = { ...next, told: next.told.add(want.deployment), dirty: next.dirty.add(want.deployment) };
  }
  const scaled = wants.flatMap(({ deployment }) => {
    const held = next.wants.get(deployment);
    return held === undefined ? [] : [{ deployment, version: held.version }];
  });
  return { ...next, news: addNews(next.news, { wants: newer, scaled }) };
}

/** How many that are gone R remembers of which it has seen no ReplicaSet. */
const GONE_KEPT = 4096;

/** R may be told before its watch has shown any ReplicaSet of it: it keeps that in mind (†). */
function forgetDeployments(context: ReplicaSetContext, deployments: readonly string[]): ReplicaSetContext {
  let next = { ...context, news: addNews(context.news, { goneAcknowledged: deployments }) };
  const isKept = (uid: string) =>
    next.groups.has(uid) || !context.config.mutants?.has('gone-unseen-forgotten');
  for (const uid of deployments)
    next = {
      ...next,
      wants: next.wants.delete(uid),
      gone: isKept(uid) ? next.gone.add(uid) : next.gone,
      dirty: next.dirty.add(uid),
    };
  return next.gone.size > GONE_KEPT ? forgetOldest(next) : next;
}

/** A watch that has yet to show a ReplicaSet of so many Deployments ago is none: the oldest are forgotten of which there are none. */
function forgetOldest({ gone, ...context }: ReplicaSetContext): ReplicaSetContext {
  const unseen = gone.toSeq().filter((uid) => !context.groups.has(uid));
  return { ...context, gone: gone.subtract([...unseen.take(gone.size - GONE_KEPT)]) };
}

function deliver(context: ReplicaSetContext, message: Message): ReplicaSetContext {
  switch (message.kind) {
    case 'Assigned':
      return mergeStatuses(context, message.pods);
    case 'Refused':
      return dropRefused(
        context,
        message.pods.map(({ uid }) => uid),
      );
    case 'Terminated':
      return dropAll(context, message.uids);
    case 'Invalidate':
      return invalidate(context, message);
    case 'Scale':
      return takeWants(context, message.wants);
    case 'Gone':
      return forgetDeployments(context, message.deployments);
    default:
      // `Invalidated` acknowledges; the link machines deliver no other kind to R.
      return context;
  }
}

function invalidate(
  context: ReplicaSetContext,
  message: Extract<Message, { kind: 'Invalidate' }>,
): ReplicaSetContext {
  const adopted = message.adopted.filter(({ uid }) => !context.records.has(uid));
  let next = mergeStatuses(putAll(context, adopted), message.changed);
  const failed = message.lost.filter(({ reason }) => reason === 'Failed').map(({ uid }) => uid);
  next = dropRefused(next, failed);
  next = dropAll(
    next,
    message.lost.map(({ uid }) => uid),
  );
  return toScheduler(next, (session) => ({ kind: 'Invalidated', session }));
}

/** Ends a step: counts that changed go up, with the other news, in one batch. */
export function tellDeployment(context: ReplicaSetContext): ReplicaSetContext {
  const { dirty, recount } = context;
  if (context.news === NO_NEWS && context.queued === NO_NEWS && dirty.isEmpty() && recount.isEmpty())
    return context;
  const counts = [...recount].flatMap((uid) => countOf(context, uid) ?? []);
  const news = addNews(context.news, { counts });
  const [queued, effects] = flushUpward(context.up, UP, context.queued, news);
  return emit(
    { ...context, queued, news: NO_NEWS, dirty: dirty.clear(), recount: recount.clear() },
    ...effects,
  );
}
