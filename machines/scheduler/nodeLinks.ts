/** The links to the nodes: the handshake as their upstream, and their cancellations (`spec/protocol.md` 3, 6). */
import type { NodeFact } from '../../spec/facts.ts';
import type { Offer, State } from '../../spec/messages.ts';
import type { LinkName, PodRecord } from '../../spec/vocabulary.ts';
import { sameSession } from '../../spec/vocabulary.ts';
import {
  type CancellationEvent,
  type CancellationOutput,
  stepCancellation,
} from '../ownership/cancellation.ts';
import { applyState, reset } from '../ownership/handshake.ts';
import {
  type LinkOutput,
  stepUpstreamSide,
  type UpstreamSideEvent,
  upstreamSession,
} from '../ownership/link/index.ts';
import { type Context, emit, type NodeEntry, post, setNode, stir, tell } from './context.ts';
import { hold, recordsOf } from './holdings.ts';
import { onNewerMark } from './leadership.ts';
import { mineOf, onNodeMessage } from './nodeMessages.ts';
import { letGo, refusePreemptorsOf } from './preempting.ts';
import { enqueue } from './queue.ts';
import { evict, statusOf } from './tombstones.ts';
import { claim } from './unplaced.ts';

/** S's name for its link to a node. */
export function linkOf(node: string): LinkName {
  return `node/${node}`;
}

/** One event of the link to a node; of a node that S does not know, nothing. */
export function onNodeLink(context: Context, node: string, event: UpstreamSideEvent): Context {
  const entry = context.nodes.get(node);
  if (entry === undefined) return context;
  const [link, outputs] = stepUpstreamSide(entry.link, event);
  return onLinkOutputs(setNode(context, node, { ...entry, link }), node, outputs);
}

/** Carries out what the side of a node's link asks. */
export function onLinkOutputs(context: Context, node: string, outputs: readonly LinkOutput[]): Context {
  return outputs.reduce((next, output) => onLinkOutput(next, node, output), context);
}

function onLinkOutput(context: Context, node: string, output: LinkOutput): Context {
  const link = linkOf(node);
  switch (output.type) {
    case 'effect':
      return emit(context, output.effect);
    case 'greet':
      return emit(context, {
        type: 'send',
        link,
        message: {
          kind: 'Hello',
          session: output.session,
          role: 'scheduler',
          peer: `kubelet/${node}`,
          wants: [],
        },
      });
    case 'offered':
      // Absence shows nothing, and this life of S does not know what the node had: K begins another session when it is sure (5).
      if (output.offer.doubtful === true && !context.reached.has(node)) return context;
      return onCancellation(context, node, { type: 'offered', offer: output.offer });
    case 'stateArrived':
      return stateArrived(context, node, output.offer, output.state);
    case 'delivered':
      return onNodeMessage(context, node, output.message);
    case 'closed':
      return onCancellation(context, node, { type: 'closed' });
    case 'verify':
    case 'offer':
    case 'state':
      return context; // outputs of the other side of a link
    default:
      return output satisfies never;
  }
}

/** One event of a node's cancellation. */
export function onCancellation(context: Context, node: string, event: CancellationEvent): Context {
  const entry = context.nodes.get(node);
  if (entry === undefined) return context;
  const [cancellation, outputs] = stepCancellation(entry.cancellation, event);
  return onCancellationOutputs(setNode(context, node, { ...entry, cancellation }), node, outputs);
}

/** Carries out what a node's cancellation asks. */
export function onCancellationOutputs(
  context: Context,
  node: string,
  outputs: readonly CancellationOutput[],
): Context {
  return outputs.reduce((next, output) => onCancellationOutput(next, node, output), context);
}

function onCancellationOutput(context: Context, node: string, output: CancellationOutput): Context {
  switch (output.type) {
    case 'effect':
      return emit(context, output.effect);
    case 'admit':
      return fetch(context, node, output.offer);
    case 'hangUp':
      return hangUp(context, node);
    case 'invalidate':
      return invalidateNode(context, node);
    case 'newerMark':
      return onNewerMark(context, output.mark);
    default:
      return output satisfies never;
  }
}

/** Answers an `Offer` that is admitted, if its session is still the current one. */
function fetch(context: Context, node: string, { session, held }: Offer): Context {
  const entry = context.nodes.get(node) as NodeEntry;
  const current = upstreamSession(entry.link);
  if (current === null || !sameSession(current, session)) return context;
  const { fetch: uids, tombstones } = reset(recordsOf(context, node), held);
  return emit(context, {
    type: 'send',
    link: linkOf(node),
    message: { kind: 'Fetch', session, uids, tombstones },
  });
}

/** Breaks the session that is tried or open, and goes on with the next number. */
export function hangUp(context: Context, node: string): Context {
  const { link } = context.nodes.get(node) as NodeEntry;
  const { incarnation, n, offer } = link.context;
  const session = upstreamSession(link) ?? { upstream: incarnation, downstream: offer?.incarnation ?? 0, n };
  const next = emit(context, { type: 'disconnect', link: linkOf(node), session, reason: 'cancellation' });
  return onNodeLink(next, node, { type: 'broken', link: linkOf(node), upstream: incarnation, n });
}

/** Reached: open once, or cancelled, in this incarnation. */
function reach(context: Context, node: string): Context {
  if (context.reached.has(node)) return context;
  return {
    ...context,
    reached: context.reached.add(node),
    barrier: context.barrier?.delete(node) ?? null,
  };
}

/** The mark stands and S still leads: the node's Pods are given up (6). */
function invalidateNode(context: Context, node: string): Context {
  const records = [...recordsOf(context, node).values()];
  const uids = records.map(({ uid }) => uid);
  let next = letGo(context, uids);
  if (context.mutants.has('rebind-lost')) next = waitAgain(next, records);
  else next = tell(next, { lost: uids.map((uid) => ({ uid, reason: 'NodeCancelled' })) });
  next = reach(refusePreemptorsOf(next, node), node);
  next = emit(next, {
    type: 'report',
    reason: 'NodeCancelled',
    subject: node,
    on: { node },
    text: `the node could not be reached and was given up with ${uids.length} Pods; it serves again once it drained`,
  });
  const { vanished, successor } = next.nodes.get(node) as NodeEntry;
  if (successor !== null) return succeedNode(next, successor);
  return vanished ? stopDialling(next, node) : next;
}

/** Mutant: a lost uid is given to a second node. */
function waitAgain(context: Context, records: readonly PodRecord[]): Context {
  const again = records.map((record) => ({ ...record, node: null, phase: 'created' as const }));
  const next = hold(context, again);
  return { ...next, queue: enqueue(next.queue, again) };
}

/** The next Node of this name takes the place of one that was cancelled: it is dialled under a new session. */
export function succeedNode(context: Context, fact: NodeFact): Context {
  const entry = context.nodes.get(fact.name) as NodeEntry;
  const named = setNode(context, fact.name, { ...entry, fact, successor: null, vanished: false });
  const next = onCancellation(named, fact.name, {
    type: 'replaced',
    nodeUid: fact.uid,
    ready: fact.ready,
  });
  return hangUp(next, fact.name);
}

/** Nobody is there to be dialled until a Node of this name comes again. */
function stopDialling(context: Context, node: string): Context {
  const { incarnation, n } = (context.nodes.get(node) as NodeEntry).link.context;
  const session = { upstream: incarnation, downstream: 0, n };
  return emit(context, { type: 'disconnect', link: linkOf(node), session, reason: 'the Node is gone' });
}

/** The link is open: the table of the handshake, then `Terminate` of every tombstone. */
function stateArrived(context: Context, node: string, offer: Offer, { records }: State): Context {
  const here = records.map((record) => ({ ...record, node }));
  const mine = recordsOf(context, node);
  const outcome = applyState(mine, offer.held, here, context.mutants);
  const isDoubtful = offer.doubtful === true;
  const resent = context.mutants.has('resend-after-reset') ? outcome.lost : [];
  const lost = isDoubtful ? [] : outcome.lost.filter((uid) => !resent.includes(uid));
  const confirmed = isDoubtful ? [] : outcome.confirm;
  const [claimed, toAdopt] = claim(context, node, outcome.adopt);
  const { mine: adopt, elsewhere } = mineOf(claimed, toAdopt);
  let next = letGo(claimed, [...lost, ...confirmed]);
  // The node may yet find them: they are ended, and it says when they are gone.
  if (isDoubtful) next = evict(next, outcome.lost);
  next = hold(next, [...outcome.take, ...adopt]);
  next = tell(next, {
    changed: outcome.take.map(statusOf),
    adopted: adopt,
    lost: lost.map((uid) => ({ uid, reason: 'NotHeldByNode' })),
    terminated: confirmed,
  });
  const silent = context.mutants.has('no-terminate-on-opening');
  const tombstones = silent
    ? []
    : [...recordsOf(next, node).values()].filter(({ phase }) => phase === 'terminating');
  next = post(next, node, {
    assign: resent.map((uid) => next.records.get(uid) as PodRecord),
    terminate: [...tombstones.map(({ uid }) => uid), ...elsewhere],
  });
  next = onCancellation(next, node, { type: 'opened' });
  return stir(reach(next, node), node);
}
