/**
 * K's side of cancellation (`spec/protocol.md` 6): registration, the mark on its Node, drains, a Node that is gone.
 *
 * The order at a `Hello` is the rule: read the mark consistently; raise the fence to it and close what is not above;
 * compare it with the incarnation accepted before; end every managed Pod if it counts; persist the drain; persist the
 * fence; `Offer`.
 */
import type { StageEvent } from '../../spec/events.ts';
import type { NodeFact } from '../../spec/facts.ts';
import { TIMERS } from '../../spec/timers.ts';
import type { Fence } from '../../spec/vocabulary.ts';
import { mustDrain } from '../ownership/mark.ts';
import { act, isOwner, type KubeletContext, persist } from './context.ts';
import { endPod } from './life.ts';
import { closeSessions, raiseFence, stepLink } from './link.ts';

type Event<T extends StageEvent['type']> = Extract<StageEvent, { type: T }>;

/** Asks to be registered, first of all. */
export function askToRegister(context: KubeletContext): KubeletContext {
  return act({ ...context, serving: false, registered: null, shown: null }, { type: 'register' });
}

/** What the watch tells of the own Node before the answer is there. */
export function noteShown(
  context: KubeletContext,
  event: Event<'nodeObserved'> | Event<'nodeVanished'>,
): KubeletContext {
  if (event.type === 'nodeVanished')
    return event.name === context.node ? { ...context, shown: 'none' } : context;
  if (event.node.name !== context.node) return context;
  return { ...context, shown: showsNewer(context, event.node) ? 'newer' : event.node.uid };
}

/** A newer agent stands on the Node, though this one does not serve yet (†). */
function showsNewer(context: KubeletContext, node: NodeFact): boolean {
  return isNewer(context, node) && !context.mutants.has('newer-agent-unheeded');
}

/**
 * What the watch shows is another Node than the one that K is registered on, or one that a newer agent has taken. The watch may also be
 * the older of the two: to register once more is right in any case, as its answer says who stands there.
 */
export function showsAnother(context: KubeletContext, event: StageEvent): boolean {
  if (event.type !== 'nodeObserved' || event.node.name !== context.node) return false;
  if (event.node.uid === context.registered?.uid) return showsNewer(context, event.node);
  return !context.mutants.has('another-node-ignored');
}

/** The answer is of another Node than the watch has shown since, or a newer agent has been shown: either may be the older, so it is asked again (†). */
export function wasShownAnother({ shown, mutants }: KubeletContext, event: StageEvent): boolean {
  if (event.type !== 'registered' || mutants.has('shown-node-forgotten')) return false;
  return shown !== null && shown !== event.node.uid;
}

/** Registered; now S's Lease, for the minimum. */
export function askForMinimum(context: KubeletContext, { node }: Event<'registered'>): KubeletContext {
  return readLeader({ ...context, registered: node, capacity: node.capacity });
}

/** Reads S's Lease. */
export function readLeader(context: KubeletContext): KubeletContext {
  const reads = context.reads + 1;
  return act({ ...context, reads }, { type: 'readLease', subject: 'scheduler', token: `minimum/${reads}` });
}

/** S has no Lease: it was deleted, or there never was one. Of an S that is running nobody knows whether it was superseded (†). */
export function isLeaderless(context: KubeletContext, event: StageEvent): boolean {
  return (
    isMinimum(context, event) &&
    event.type === 'leaseRead' &&
    event.incarnation === null &&
    !context.mutants.has('minimum-of-nobody')
  );
}

/** Looks again later. */
export function awaitLeader(context: KubeletContext): KubeletContext {
  return act(context, { type: 'setTimer', timer: 'leader', milliseconds: TIMERS.leader });
}

/** Whether this answers the read of S's Lease that followed the last registration. */
export function isMinimum(context: KubeletContext, event: StageEvent): boolean {
  return event.type === 'leaseRead' && event.token === `minimum/${context.reads}`;
}

/** No leader older than the one whose Lease was read after registering is heard (†). */
export function takeMinimum(context: KubeletContext, event: Event<'leaseRead'>): KubeletContext {
  const incarnation = event.incarnation ?? 0;
  return context.mutants.has('no-minimum') ? context : raiseFence(context, { incarnation, n: 0 });
}

/** The mark on the Node, read or seen. */
export function heedMark(context: KubeletContext, mark: Fence | null): KubeletContext {
  if (mark === null) return context;
  const { mutants } = context;
  const fenced = mutants.has('drain-keeps-session') ? context : raiseFence(context, mark);
  const { accepted, drained, draining } = fenced;
  return mustDrain(mark, { accepted, drained, draining: draining?.mark ?? null, mutants })
    ? startDrain(persist(fenced, { kind: 'fence', fence: mark }), mark)
    : fenced;
}

/** Every managed Pod is ended; as long as `stock` owns them, that must wait (9). */
export function startDrain(context: KubeletContext, mark: Fence | null): KubeletContext {
  return goOnDraining({ ...context, draining: { mark: mark ?? context.draining?.mark ?? null } });
}

/** Ends what is not yet ending. */
export function goOnDraining(context: KubeletContext): KubeletContext {
  if (context.draining === null || !isOwner(context)) return context;
  let now = context;
  for (const uid of context.pods.keys()) now = endPod(now, uid, { tell: 'terminated', reason: 'Cancelled' });
  return now;
}

/** Whether all that was to be drained is gone. */
function isDrained({ pods, strays, killing, doubt, mutants }: KubeletContext): boolean {
  const isEmpty = pods.isEmpty() && strays.isEmpty() && killing.isEmpty() && doubt === null;
  return isEmpty || mutants.has('drain-not-awaited');
}

/** All are gone: the drain is persisted, also on the Node. */
export function completeDrain(context: KubeletContext): KubeletContext {
  const { draining } = context;
  if (draining === null || !context.serving || !isOwner(context) || !isDrained(context)) return context;
  const { mark } = draining;
  const moved = journalNode({ ...context, draining: null });
  if (mark === null) return moved;
  const kept = persist({ ...moved, drained: mark }, { kind: 'drained', mark });
  return act(kept, { type: 'reportDrain', mark });
}

/** The journal now belongs to the Node that K serves: no Pod of an older one is left. */
export function journalNode(context: KubeletContext): KubeletContext {
  const { nodeUid, journalledNode } = context;
  if (nodeUid === null || nodeUid === journalledNode) return context;
  return persist({ ...context, journalledNode: nodeUid }, { kind: 'node', nodeUid });
}

/** A `Hello` that waits has the mark read as soon as nothing stands in the way. */
export function verifyHello(context: KubeletContext): KubeletContext {
  const { waiting, serving, draining, killing } = context;
  if (waiting === null || waiting.read !== null || !serving || draining !== null || !killing.isEmpty())
    return context;
  const reads = context.reads + 1;
  const read = `hello/${reads}`;
  return act(
    { ...context, reads, waiting: { ...waiting, read } },
    { type: 'readNode', node: context.node, token: read },
  );
}

/** Whether this answers a read of the own Node that K waits for. */
export function isOwnNodeRead(context: KubeletContext, event: StageEvent): event is Event<'nodeRead'> {
  if (event.type !== 'nodeRead' || event.name !== context.node) return false;
  return event.token === context.waiting?.read || event.token === context.nodeRead;
}

/** The Node is absent, or another one bears its name. */
export function isNodeLost(context: KubeletContext, event: StageEvent): boolean {
  return isOwnNodeRead(context, event) && event.node?.uid !== context.nodeUid;
}
const isNewer = (context: KubeletContext, node: NodeFact | null): boolean =>
  (node?.agent ?? 0) > context.incarnation;

/** A newer agent has registered itself: this one is superseded. */
export function isAgentSuperseded(context: KubeletContext, event: StageEvent): boolean {
  const isAnswer = event.type === 'registered' || isOwnNodeRead(context, event);
  return isAnswer && isNewer(context, event.node);
}
/** Somebody wiped or turned back the registration. */
export function isRegistrationLost(context: KubeletContext, event: StageEvent): boolean {
  return isOwnNodeRead(context, event) && event.node?.agent !== context.incarnation;
}

const readsAnswered = (context: KubeletContext): KubeletContext => ({
  ...context,
  nodeRead: null,
  waiting: context.waiting === null ? null : { ...context.waiting, read: null },
});

/** The own Node, read consistently: the mark first, then the `Hello` that asked for it. */
export function heedNodeRead(context: KubeletContext, event: Event<'nodeRead'>): KubeletContext {
  const node = event.node as NodeFact;
  const { waiting } = context;
  const answers = waiting !== null && waiting.read === event.token;
  const known = { ...context, capacity: node.capacity, nodeRead: answers ? context.nodeRead : null };
  const heeded = heedMark(known, node.mark);
  if (!answers) return heeded;
  if (heeded.draining !== null) return { ...heeded, waiting: { ...waiting, read: null } };
  return stepLink({ ...heeded, waiting: null }, { type: 'verified', token: waiting.token, accept: true });
}

/** What the watch shows of the own Node. Another uid or a newer agent is verified by a read first. */
export function heedNode(context: KubeletContext, node: NodeFact): KubeletContext {
  if (node.name !== context.node) return context;
  if (node.uid === context.nodeUid && !isNewer(context, node))
    return heedMark({ ...context, capacity: node.capacity }, node.mark);
  return readOwnNode(context);
}

function readOwnNode(context: KubeletContext): KubeletContext {
  if (context.nodeRead !== null) return context;
  const reads = context.reads + 1;
  const token = `node/${reads}`;
  return act({ ...context, reads, nodeRead: token }, { type: 'readNode', node: context.node, token });
}

/** The Node is gone or another: it counts as marked. Every session is closed and every Pod is ended. */
export function loseNode(context: KubeletContext): KubeletContext {
  return startDrain(closeSessions(readsAnswered(context)), null);
}

/** The registration is gone: nobody is heard until it is back. */
export function loseRegistration(context: KubeletContext): KubeletContext {
  return closeSessions(readsAnswered(context));
}

/** Another agent answers for this Node. */
export function stepDown(context: KubeletContext): KubeletContext {
  return act(closeSessions(readsAnswered(context)), {
    type: 'stop',
    reason: `a newer agent is registered on ${context.node}: incarnation ${context.incarnation} is superseded`,
  });
}
