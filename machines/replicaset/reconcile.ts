/**
 * R's own decisions: which Pods to mint and which to end, so that each ReplicaSet comes to its target (protocol 8).
 *
 * How many may be created or ended is decided by `ownership/wants/targets.ts`; here it becomes records and messages.
 */
import type { Message } from '../../spec/messages.ts';
import { TIMERS } from '../../spec/timers.ts';
import type { PodRecord, Resources, SessionId, Uid } from '../../spec/vocabulary.ts';
import { isDownstreamOpen, isUpstreamOpen, upstreamSession } from '../ownership/link/index.ts';
import { type DeploymentView, NO_HOLD, type Target, targets } from '../ownership/wants/targets.ts';
import { DOWN, emit, type ReplicaSetContext } from './context.ts';
import { firstAmong, firstOf, standingOf } from './ranking.ts';
import { EMPTY_INDEX, putAll } from './records.ts';
import { deleteUnseen } from './takeBack.ts';

/** Sends a message to S in the open session; nothing if the link is not open: what is marked then is sent on opening (protocol 3). */
export function toScheduler(
  context: ReplicaSetContext,
  make: (session: SessionId) => Message,
): ReplicaSetContext {
  const session = isUpstreamOpen(context.down) ? upstreamSession(context.down) : null;
  return session === null ? context : emit(context, { type: 'send', link: DOWN, message: make(session) });
}

/** Marks records as terminating: a tombstone keeps its version, for R is not the owner. */
export function entomb(context: ReplicaSetContext, uids: readonly Uid[]): ReplicaSetContext {
  const live = uids.flatMap((uid) => {
    const record = context.records.get(uid);
    return record === undefined || record.phase === 'terminating' ? [] : record;
  });
  return putAll(
    context,
    live.map((record): PodRecord => ({ ...record, phase: 'terminating', ready: false })),
  );
}

/** Counts a refusal: nothing is minted for the ReplicaSet until the timer fires. */
export function backOff(context: ReplicaSetContext, replicaSet: string): ReplicaSetContext {
  const before = context.backoffs.get(replicaSet) ?? { failures: 0, waiting: false };
  if (before.waiting) return context;
  const failures = before.failures + 1;
  const milliseconds = Math.min(TIMERS.retryFirst * 2 ** (failures - 1), TIMERS.retryLast);
  return emit(
    { ...context, backoffs: context.backoffs.set(replicaSet, { failures, waiting: true }) },
    { type: 'setTimer', timer: `retry/${replicaSet}`, milliseconds },
  );
}

function mint(context: ReplicaSetContext, replicaSet: string, count: number): readonly PodRecord[] {
  const fact = context.replicaSets.get(replicaSet);
  if (fact === undefined || fact.ineligible.length > 0) return [];
  const { incarnation } = context.config;
  const requests: Resources = fact.requests;
  return Array.from({ length: count }, (_, i) => {
    const counter = context.minted + i + 1;
    return {
      uid: `r${incarnation.toString(36)}-${counter.toString(36)}`,
      replicaSet,
      revision: fact.revision,
      requests,
      priority: fact.priority,
      node: null,
      phase: 'created',
      ready: false,
      version: { stage: 'replicaset', incarnation, counter },
    };
  });
}

function viewOf(context: ReplicaSetContext, group: string): DeploymentView {
  const uids = [...(context.groups.get(group) ?? [])];
  return {
    want: context.wants.get(group) ?? null,
    wantSentThisSession: context.told.has(group),
    linkOpen: isDownstreamOpen(context.up),
    gone: context.gone.has(group),
    replicaSets: uids.flatMap((uid) => context.replicaSets.get(uid) ?? []),
    live: new Map(uids.map((uid) => [uid, (context.index.get(uid) ?? EMPTY_INDEX).live])),
    hold: context.holds.get(group) ?? NO_HOLD,
  };
}

/** The first `count` in the ranking, of all or of those that are certainly not published. */
function victims(
  context: ReplicaSetContext,
  replicaSet: string,
  ends: Target['ends'],
  count: number,
): readonly Uid[] {
  const { ranking, unpublished } = context.index.get(replicaSet) ?? EMPTY_INDEX;
  if (ends === 'any') return firstOf(ranking, count);
  const some = [...unpublished].map((uid) =>
    standingOf(context.records.get(uid) as PodRecord, context.costs.get(uid) ?? 0),
  );
  return firstAmong(ranking, some, count);
}

function reconcileGroup(
  context: ReplicaSetContext,
  group: string,
  minted: PodRecord[],
  ended: Uid[],
): ReplicaSetContext {
  if (!context.groups.has(group)) return context;
  const { targets: wanted, hold } = targets(viewOf(context, group), context.config.mutants);
  let next: ReplicaSetContext = { ...context, holds: context.holds.set(group, hold) };
  for (const { replicaSet, mayCreate, mayEnd, ends } of wanted) {
    if (mayEnd > 0) {
      const chosen = victims(next, replicaSet, ends, mayEnd);
      ended.push(...chosen);
      next = entomb(next, chosen);
    }
    if (mayCreate > 0 && isUpstreamOpen(next.down) && !next.backoffs.get(replicaSet)?.waiting) {
      const records = mint(next, replicaSet, mayCreate);
      minted.push(...records);
      next = { ...next, minted: next.minted + records.length };
      next = putAll(next, records);
    }
    next = deleteUnseen(next, replicaSet);
  }
  return next;
}

/** Reconciles every group that this step changed; one `Terminate` and one `Assign` for all. */
export function reconcile(context: ReplicaSetContext): ReplicaSetContext {
  if (context.dirty.size === 0) return context;
  const minted: PodRecord[] = [];
  const ended: Uid[] = [];
  let next = context;
  for (const group of context.dirty) next = reconcileGroup(next, group, minted, ended);
  if (ended.length > 0) next = toScheduler(next, (session) => ({ kind: 'Terminate', session, uids: ended }));
  if (minted.length > 0)
    next = toScheduler(next, (session) => ({ kind: 'Assign', session, records: minted }));
  return next;
}

/** Marks every group for reconciling: after an opening, or when R may decide again. */
export function dirtyAll(context: ReplicaSetContext): ReplicaSetContext {
  return { ...context, dirty: context.groups.keySeq().toSet() };
}
