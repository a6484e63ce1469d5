/**
 * Cancellation of one node, at S (`spec/protocol.md` 6): when its Pods may be given up, and when it may serve again.
 *
 * A node that can not be reached for the length of a timer is read, marked, and only when the mark is written *and* a
 * read of S's own Lease begun after it shows that S still holds it (†) are its Pods invalidated. A Node that the
 * consistent read shows absent or under another uid counts as marked. From the moment that a mark was asked for,
 * an `Offer` of the node is admitted only if it shows the drain.
 *
 * It holds no record and no link: it asks its composition by {@link CancellationOutput}.
 */
import { assign, type SnapshotFrom, setup } from 'xstate';
import type { Effect } from '../../spec/effects.ts';
import type { NodeFact } from '../../spec/facts.ts';
import type { Offer } from '../../spec/messages.ts';
import { TIMERS } from '../../spec/timers.ts';
import type { Fence, Incarnation, Owner } from '../../spec/vocabulary.ts';
import { compareFences } from '../../spec/vocabulary.ts';
import { begin, step } from '../drive.ts';

/** What a node's cancellation is made from. @public */
export interface CancellationInput {
  readonly node: string;
  readonly nodeUid: string;
  readonly incarnation: Incarnation;
  readonly ready: boolean;
  readonly owner: Owner;
  /** See `spec/mutants.ts`. */
  readonly mutants?: ReadonlySet<string>;
}

/** One request to the composition, in order. @public */
export type CancellationOutput =
  /** Pass on as it is. */
  | { readonly type: 'effect'; readonly effect: Effect }
  /** Send `Fetch`: the node may open. */
  | { readonly type: 'admit'; readonly offer: Offer }
  /** Break the session and try the next number. */
  | { readonly type: 'hangUp' }
  /** Cancelled: drop the node's Pods, tell R `lost`; the barrier counts it. */
  | { readonly type: 'invalidate' }
  /** A newer mark was read (protocol 3): look at the own Lease, stop or start again. */
  | { readonly type: 'newerMark'; readonly mark: Fence };

/** What happens to a node. @public */
export type CancellationEvent =
  /** `State` arrived. */
  | { readonly type: 'opened' }
  /** The open session is no more. */
  | { readonly type: 'closed' }
  /** A verified `Offer`. */
  | { readonly type: 'offered'; readonly offer: Offer }
  | { readonly type: 'timerFired' }
  | { readonly type: 'readinessObserved'; readonly ready: boolean }
  | { readonly type: 'ownerObserved'; readonly owner: Owner }
  /** The watch shows the Node gone, or another under its name. */
  | { readonly type: 'vanished' }
  /** The next Node of this name was taken over by the composition. */
  | { readonly type: 'replaced'; readonly nodeUid: string; readonly ready: boolean }
  /** `n`: the highest session that was tried on the link. */
  | { readonly type: 'nodeRead'; readonly token: string; readonly node: NodeFact | null; readonly n: number }
  | { readonly type: 'marked'; readonly mark: Fence; readonly outcome: 'written' | 'conflict' | 'gone' }
  | { readonly type: 'leaseRead'; readonly token: string; readonly incarnation: Incarnation | null };

interface Context extends CancellationInput {
  /** Numbers the reads, so that a late answer to an earlier one changes nothing. */
  readonly read: number;
  /** The mark that was asked for in this cancellation; null if none, or if the Node was gone. */
  readonly mark: Fence | null;
  /** An `Offer` that came while the mark's fate was open. */
  readonly held: Offer | null;
  readonly outputs: readonly CancellationOutput[];
}
type Args = { context: Context; event: CancellationEvent };

const readToken = (context: Context) => `cancel/${context.node}/${context.read}`;
const confirmToken = (context: Context) => `confirm/${context.node}/${context.read}`;
const push = (context: Context, ...outputs: CancellationOutput[]) => ({
  outputs: [...context.outputs, ...outputs],
});
const effect = (value: Effect): CancellationOutput => ({ type: 'effect', effect: value });
const timer = (context: Context, ready: boolean): CancellationOutput =>
  effect({
    type: 'setTimer',
    timer: `unreachable/${context.node}`,
    milliseconds: ready ? TIMERS.unreachable : TIMERS.unreachableNotReady,
  });
const readOf = ({ context, event }: Args): NodeFact | null | undefined =>
  event.type === 'nodeRead' && event.token === readToken(context) ? event.node : undefined;
/** Uids of other origin than a stock Pod's adoption: what this or an earlier S had assigned. */
const isMinted = ({ uid }: { uid: string }) => !uid.startsWith('a-');

/** Whether an offer shows that the node was drained since its cancellation. */
function showsDrain(context: Context, offer: Offer | null): boolean {
  if (offer === null) return false;
  if (context.mutants?.has('adopt-undrained')) return true;
  if (context.mark === null) return !offer.held.some(isMinted);
  return offer.drained !== null && compareFences(offer.drained, context.mark) >= 0;
}

/** The machine. Drive it with {@link startCancellation} and {@link stepCancellation}. @public */
export const cancellationMachine = setup({
  types: { context: {} as Context, events: {} as CancellationEvent, input: {} as CancellationInput },
  guards: {
    ownerIsStock: ({ context }) => context.owner === 'stock' && !context.mutants?.has('stock-cancels'),
    /** What a Node that is gone had needs no mark (†). */
    keepsWhatIsGone: ({ context }) =>
      context.owner === 'stock' && context.mutants?.has('gone-node-kept') === true,
    nodeStandsUnderStock: (args) =>
      args.context.owner === 'stock' &&
      !args.context.mutants?.has('stock-cancels') &&
      readOf(args) !== undefined,
    released: ({ event }) => event.type === 'ownerObserved' && event.owner === 'stock',
    becameNotReady: ({ context, event }) =>
      event.type === 'readinessObserved' && context.ready && !event.ready,
    takenBack: ({ context, event }) =>
      event.type === 'ownerObserved' && event.owner === 'direct' && context.owner === 'stock',
    nodeIsGone: (args) => {
      const node = readOf(args);
      return node === null || (node !== undefined && node.uid !== args.context.nodeUid);
    },
    markIsNewer: (args) => {
      const node = readOf(args);
      return (
        node?.mark != null &&
        node.mark.incarnation > args.context.incarnation &&
        !args.context.mutants?.has('mark-over-higher')
      );
    },
    markStands: (args) => {
      const node = readOf(args);
      return (
        node?.mark != null && args.context.mark !== null && compareFences(node.mark, args.context.mark) === 0
      );
    },
    nodeWasRead: (args) => readOf(args) !== undefined,
    invalidatesBeforeTheMark: (args) =>
      readOf(args) !== undefined && args.context.mutants?.has('invalidate-before-mark') === true,
    markWasWritten: ({ context, event }) =>
      event.type === 'marked' &&
      event.outcome !== 'conflict' &&
      context.mark !== null &&
      compareFences(event.mark, context.mark) === 0,
    markConflicts: ({ context, event }) =>
      event.type === 'marked' && context.mark !== null && compareFences(event.mark, context.mark) === 0,
    leaseNeedsNoRead: ({ context }) => context.mutants?.has('cancel-unconfirmed') === true,
    stillTheHolder: ({ context, event }) =>
      event.type === 'leaseRead' &&
      event.token === confirmToken(context) &&
      event.incarnation === context.incarnation,
    superseded: ({ context, event }) => event.type === 'leaseRead' && event.token === confirmToken(context),
    offerShowsDrain: ({ context, event }) => event.type === 'offered' && showsDrain(context, event.offer),
    heldShowsDrain: ({ context }) => showsDrain(context, context.held),
    holdsAnOffer: ({ context }) => context.held !== null,
  },
  actions: {
    startTimer: assign(({ context }) => push(context, timer(context, context.ready))),
    hasten: assign(({ context }) => push(context, timer(context, false))),
    stopTimer: assign(({ context }) =>
      push(context, effect({ type: 'cancelTimer', timer: `unreachable/${context.node}` })),
    ),
    keepReadiness: assign(({ context, event }) => ({
      ready: event.type === 'readinessObserved' ? event.ready : context.ready,
    })),
    keepOwner: assign(({ context, event }) => ({
      owner: event.type === 'ownerObserved' ? event.owner : context.owner,
    })),
    forgetMark: assign({ mark: null, held: null }),
    readNode: assign(({ context }) => {
      const next = { ...context, read: context.read + 1 };
      return {
        read: next.read,
        ...push(context, effect({ type: 'readNode', node: context.node, token: readToken(next) })),
      };
    }),
    writeMark: assign(({ context, event }) => {
      if (event.type !== 'nodeRead' || event.node === null) return {};
      const mark: Fence = { incarnation: context.incarnation, n: event.n };
      const { resourceVersion, uid } = event.node;
      return {
        mark,
        held: null,
        ...push(context, effect({ type: 'mark', node: context.node, nodeUid: uid, mark, resourceVersion }), {
          type: 'hangUp',
        }),
      };
    }),
    readOwnLease: assign(({ context }) => {
      const next = { ...context, read: context.read + 1 };
      return {
        read: next.read,
        ...push(context, effect({ type: 'readLease', subject: 'scheduler', token: confirmToken(next) })),
      };
    }),
    invalidate: assign(({ context }) => push(context, { type: 'invalidate' })),
    admit: assign(({ context, event }) =>
      event.type === 'offered' ? push(context, { type: 'admit', offer: event.offer }) : {},
    ),
    hold: assign(({ context, event }) =>
      event.type === 'offered' ? { held: event.offer } : { held: context.held },
    ),
    admitHeld: assign(({ context }) => ({
      held: null,
      ...(context.held === null ? {} : push(context, { type: 'admit', offer: context.held })),
    })),
    dropHeld: assign({ held: null }),
    hangUp: assign(({ context }) => push(context, { type: 'hangUp' })),
    takeNode: assign(({ context, event }) =>
      event.type === 'replaced' ? { nodeUid: event.nodeUid, ready: event.ready, mark: null } : context,
    ),
    reportNewerMark: assign(({ context, event }) =>
      event.type === 'nodeRead' && event.node?.mark != null
        ? push(context, { type: 'newerMark', mark: event.node.mark })
        : {},
    ),
    stepDown: assign(({ context }) =>
      push(context, effect({ type: 'stop', reason: `incarnation ${context.incarnation} is superseded` })),
    ),
  },
}).createMachine({
  id: 'cancellation',
  description: 'One node as S sees it: reachable, or on its way to be given up (protocol 6)',
  context: ({ input }) => ({ ...input, read: 0, mark: null, held: null, outputs: [] }),
  initial: 'unreachable',
  on: {
    readinessObserved: { actions: 'keepReadiness' },
    ownerObserved: { actions: 'keepOwner' },
  },
  states: {
    reachable: {
      description: 'The link is open',
      on: {
        closed: { target: 'unreachable' },
        vanished: [
          { guard: 'keepsWhatIsGone', target: 'unreachable', actions: 'hangUp' },
          { target: 'reading', actions: 'hangUp' },
        ],
      },
    },
    unreachable: {
      description: 'The link is not open; a timer runs until the node is given up',
      entry: ['forgetMark', 'startTimer'],
      on: {
        opened: { target: 'reachable', actions: 'stopTimer' },
        offered: { actions: 'admit' },
        readinessObserved: [
          { guard: 'becameNotReady', actions: ['keepReadiness', 'hasten'] },
          { actions: 'keepReadiness' },
        ],
        ownerObserved: [
          { guard: 'takenBack', actions: ['keepOwner', 'startTimer'] },
          { actions: 'keepOwner' },
        ],
        timerFired: [{ guard: 'ownerIsStock' }, { target: 'reading' }],
        vanished: [{ guard: 'keepsWhatIsGone' }, { target: 'reading', actions: 'stopTimer' }],
      },
    },
    reading: {
      description:
        'The Node is being read consistently; nothing is written yet unless a write met a conflict',
      entry: 'readNode',
      on: {
        opened: { target: 'reachable' },
        offered: { actions: 'admit' },
        ownerObserved: [
          { guard: 'released', target: 'unreachable', actions: 'keepOwner' },
          { actions: 'keepOwner' },
        ],
        vanished: { target: 'reading', reenter: true },
        nodeRead: [
          { guard: 'nodeIsGone', target: 'confirming', actions: ['forgetMark', 'hangUp'] },
          { guard: 'nodeStandsUnderStock', target: 'unreachable' },
          { guard: 'markIsNewer', target: 'ended', actions: 'reportNewerMark' },
          { guard: 'invalidatesBeforeTheMark', target: 'cancelled', actions: 'writeMark' },
          { guard: 'nodeWasRead', target: 'marking', actions: 'writeMark' },
        ],
      },
    },
    marking: {
      description: 'The mark is being written; an Offer must wait, since the mark may stand already',
      on: {
        offered: { actions: 'hold' },
        marked: [
          { guard: 'markWasWritten', target: 'confirming' },
          { guard: 'markConflicts', target: 'readingAgain' },
        ],
      },
    },
    readingAgain: {
      description: 'The write met a conflict: the Node is read again; the mark may stand after all',
      entry: 'readNode',
      on: {
        offered: { actions: 'hold' },
        vanished: { target: 'readingAgain', reenter: true },
        nodeRead: [
          { guard: 'nodeIsGone', target: 'confirming', actions: ['forgetMark', 'hangUp'] },
          { guard: 'markIsNewer', target: 'ended', actions: 'reportNewerMark' },
          { guard: 'markStands', target: 'confirming' },
          { guard: 'nodeWasRead', target: 'marking', actions: 'writeMark' },
        ],
      },
    },
    confirming: {
      description: 'The mark stands: reading the own Lease to know that it was ours to write',
      entry: 'readOwnLease',
      always: { guard: 'leaseNeedsNoRead', target: 'cancelled' },
      on: {
        offered: { actions: 'hold' },
        leaseRead: [
          { guard: 'stillTheHolder', target: 'cancelled' },
          { guard: 'superseded', target: 'ended', actions: 'stepDown' },
        ],
      },
    },
    cancelled: {
      description: 'Its Pods are given up; it serves again once an Offer shows the drain',
      entry: 'invalidate',
      always: [
        { guard: 'heldShowsDrain', actions: 'admitHeld' },
        { guard: 'holdsAnOffer', actions: ['dropHeld', 'hangUp'] },
      ],
      on: {
        opened: { target: 'reachable' },
        offered: [{ guard: 'offerShowsDrain', actions: 'admit' }, { actions: 'hangUp' }],
        replaced: { actions: 'takeNode' },
      },
    },
    ended: { description: 'Superseded, or about to start again: this incarnation is over' },
  },
});

/** A state of a node's cancellation. @public */
export type Cancellation = SnapshotFrom<typeof cancellationMachine>;

function take(snapshot: Cancellation): readonly [Cancellation, readonly CancellationOutput[]] {
  const { outputs } = snapshot.context;
  if (outputs.length === 0) return [snapshot, outputs];
  return [{ ...snapshot, context: { ...snapshot.context, outputs: [] } } as Cancellation, outputs];
}

/** A node that was not reached yet: its timer runs. @public */
export function startCancellation(
  input: CancellationInput,
): readonly [Cancellation, readonly CancellationOutput[]] {
  return take(begin(cancellationMachine, input));
}

/** One event. A late answer changes nothing. @public */
export function stepCancellation(
  cancellation: Cancellation,
  event: CancellationEvent,
): readonly [Cancellation, readonly CancellationOutput[]] {
  return take(step(cancellationMachine, cancellation, event));
}

/** Plain JSON of the state. @public */
export function viewOfCancellation(cancellation: Cancellation) {
  const { nodeUid, ready, owner, read, mark, held } = cancellation.context;
  return {
    state: cancellation.value as string,
    nodeUid,
    ready,
    owner,
    read,
    mark,
    held: held?.session ?? null,
  };
}
