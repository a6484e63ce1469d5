/**
 * The side of a link held by the upstream stage: it dials, says `Hello`, verifies who offers, fetches (protocol 3).
 *
 * It holds the session, never a record: what a session carries is the composition's (see {@link LinkOutput}).
 * A session that breaks is followed by the next number; a `Hello` rejected by a fence, or a refused `Offer`, makes
 * the stage look at its own Lease: superseded, it stops; still the holder, it starts again above the fence.
 */
import { assign, type SnapshotFrom, setup } from 'xstate';
import type { StageEvent } from '../../../spec/events.ts';
import type { Message, Offer, Rejected, State } from '../../../spec/messages.ts';
import type { Fence, Incarnation, LinkName, PeerName, SessionId } from '../../../spec/vocabulary.ts';
import { sameSession } from '../../../spec/vocabulary.ts';
import { begin, step } from '../../drive.ts';
import { effect, type LinkOutput, refusal } from './output.ts';

/** What an upstream side is made from. @public */
export interface UpstreamSideInput {
  readonly self: PeerName;
  readonly peer: PeerName;
  readonly link: LinkName;
  readonly incarnation: Incarnation;
  /** See `spec/mutants.ts`. */
  readonly mutants?: ReadonlySet<string>;
}

interface Context extends UpstreamSideInput {
  /** Number of the session that is tried or open. */
  readonly n: number;
  /** The offer of this session, once one came. */
  readonly offer: Offer | null;
  /** The highest fence that rejected us. */
  readonly fence: Fence;
  readonly outputs: readonly LinkOutput[];
}

/** Events of an upstream side: those of a stage that name its link, and reads of Leases. @public */
export type UpstreamSideEvent = Extract<
  StageEvent,
  { type: 'connected' | 'broken' | 'received' | 'leaseRead' }
>;
type Args = { context: Context; event: UpstreamSideEvent };

const session = (context: Context): SessionId => ({
  upstream: context.incarnation,
  downstream: context.offer?.incarnation ?? 0,
  n: context.n,
});
const messageOf = (event: UpstreamSideEvent): Message | null =>
  event.type === 'received' ? event.message : null;
const peerToken = (context: Context) => `peer/${context.link}/${context.n}`;
const ownToken = (context: Context) => `own/${context.link}/${context.n}`;

const isThisAttempt = ({ context, event }: Args, message: Message | null = messageOf(event)) =>
  message !== null && message.session.upstream === context.incarnation && message.session.n === context.n;
const isThisSession = ({ context, event }: Args) => {
  const message = messageOf(event);
  if (message === null) return false;
  return context.mutants?.has('old-session-messages') || sameSession(message.session, session(context));
};
const answers = (event: UpstreamSideEvent, token: string) =>
  event.type === 'leaseRead' && event.token === token;
const push = (context: Context, ...outputs: LinkOutput[]) => ({ outputs: [...context.outputs, ...outputs] });
const TRAFFIC: ReadonlySet<string> = new Set([
  'Assigned',
  'Refused',
  'Terminated',
  'Invalidate',
  'Scaled',
  'GoneAcknowledged',
]);

/** The machine. Drive it with {@link startUpstreamSide} and {@link stepUpstreamSide}. @public */
export const upstreamSideMachine = setup({
  types: { context: {} as Context, events: {} as UpstreamSideEvent, input: {} as UpstreamSideInput },
  guards: {
    connectionIsOfThisAttempt: ({ context, event }) => event.type === 'connected' && event.n === context.n,
    breakIsOfThisAttempt: ({ context, event }) =>
      event.type === 'broken' && event.upstream === context.incarnation && event.n === context.n,
    offerAnswersThisHello: (args) => {
      const message = messageOf(args.event);
      return (
        message?.kind === 'Offer' && isThisAttempt(args) && message.session.downstream === message.incarnation
      );
    },
    rejectedAsWrongPeer: (args) => {
      const message = messageOf(args.event);
      return message?.kind === 'Rejected' && message.reason === 'wrongPeer' && isThisAttempt(args);
    },
    helloRejected: (args) => messageOf(args.event)?.kind === 'Rejected' && isThisAttempt(args),
    offererHoldsItsLease: ({ context, event }) =>
      event.type === 'leaseRead' &&
      answers(event, peerToken(context)) &&
      (event.incarnation === context.offer?.incarnation || context.mutants?.has('offer-unverified') === true),
    offererIsNotTheHolder: ({ context, event }) => answers(event, peerToken(context)),
    stateOfThisSession: (args) => messageOf(args.event)?.kind === 'State' && isThisSession(args),
    trafficOfThisSession: (args) => TRAFFIC.has(messageOf(args.event)?.kind ?? '') && isThisSession(args),
    stillTheHolder: ({ context, event }) =>
      event.type === 'leaseRead' &&
      answers(event, ownToken(context)) &&
      event.incarnation === context.incarnation,
    superseded: ({ context, event }) => answers(event, ownToken(context)),
  },
  actions: {
    dial: assign(({ context }) =>
      push(context, effect({ type: 'connect', link: context.link, peer: context.peer, n: context.n })),
    ),
    nextSession: assign(({ context }) => ({ n: context.n + 1, offer: null })),
    greet: assign(({ context }) => push(context, { type: 'greet', session: session(context) })),
    keepOffer: assign(({ event }) => ({ offer: messageOf(event) as Offer })),
    readPeerLease: assign(({ context }) =>
      push(context, effect({ type: 'readLease', subject: context.peer, token: peerToken(context) })),
    ),
    fetch: assign(({ context }) => push(context, { type: 'offered', offer: context.offer as Offer })),
    open: assign(({ context, event }) =>
      push(context, {
        type: 'stateArrived',
        offer: context.offer as Offer,
        state: messageOf(event) as State,
      }),
    ),
    deliver: assign(({ context, event }) =>
      push(context, { type: 'delivered', message: messageOf(event) as Message }),
    ),
    refuseOffer: assign(({ context, event }) =>
      push(
        context,
        effect({
          type: 'send',
          link: context.link,
          message: {
            kind: 'Rejected',
            session: session(context),
            fence: { incarnation: (event.type === 'leaseRead' ? event.incarnation : null) ?? 0, n: 0 },
            reason: 'notTheLeader',
          },
        }),
      ),
    ),
    hangUp: assign(({ context }) =>
      push(
        context,
        effect({ type: 'disconnect', link: context.link, session: session(context), reason: 'refused' }),
      ),
    ),
    keepFence: assign(({ event }) => ({ fence: (messageOf(event) as Rejected).fence })),
    readOwnLease: assign(({ context }) =>
      push(context, effect({ type: 'readLease', subject: context.self, token: ownToken(context) })),
    ),
    startAgain: assign(({ context }) =>
      push(
        context,
        effect({
          type: 'restart',
          above: Math.max(context.fence.incarnation, context.incarnation),
          reason: `fenced by ${context.peer} at (${context.fence.incarnation}, ${context.fence.n})`,
        }),
      ),
    ),
    stepDown: assign(({ context }) =>
      push(context, effect({ type: 'stop', reason: `incarnation ${context.incarnation} is superseded` })),
    ),
    announceClosed: assign(({ context }) => push(context, { type: 'closed' })),
    refuseMessage: assign(({ context, event }) => {
      const message = messageOf(event);
      return message === null
        ? {}
        : push(context, refusal(context.link, message, 'not expected in this session now'));
    }),
  },
}).createMachine({
  id: 'upstreamSide',
  description: 'The side of a link held by the upstream stage (protocol 3)',
  context: ({ input }) => ({ ...input, n: 1, offer: null, fence: { incarnation: 0, n: 0 }, outputs: [] }),
  initial: 'dialling',
  states: {
    dialling: {
      description: 'Waiting for a connection for session n',
      entry: 'dial',
      on: {
        connected: { guard: 'connectionIsOfThisAttempt', target: 'greeting', actions: 'greet' },
        broken: { guard: 'breakIsOfThisAttempt', target: 'dialling', reenter: true, actions: 'nextSession' },
        received: { actions: 'refuseMessage' },
      },
    },
    greeting: {
      description: 'Hello is sent; the downstream has not answered',
      on: {
        broken: { guard: 'breakIsOfThisAttempt', target: 'dialling', actions: 'nextSession' },
        received: [
          { guard: 'offerAnswersThisHello', target: 'verifying', actions: ['keepOffer', 'readPeerLease'] },
          { guard: 'rejectedAsWrongPeer', target: 'dialling', actions: ['hangUp', 'nextSession'] },
          { guard: 'helloRejected', target: 'reviewing', actions: ['keepFence', 'hangUp'] },
          { actions: 'refuseMessage' },
        ],
      },
    },
    verifying: {
      description: "Reading the downstream's Lease: only its holder may offer",
      on: {
        leaseRead: [
          { guard: 'offererHoldsItsLease', target: 'fetching', actions: 'fetch' },
          {
            guard: 'offererIsNotTheHolder',
            target: 'dialling',
            actions: ['refuseOffer', 'hangUp', 'nextSession'],
          },
        ],
        broken: { guard: 'breakIsOfThisAttempt', target: 'dialling', actions: 'nextSession' },
        received: { actions: 'refuseMessage' },
      },
    },
    fetching: {
      description: 'Fetch is sent; State opens the link',
      on: {
        broken: { guard: 'breakIsOfThisAttempt', target: 'dialling', actions: 'nextSession' },
        received: [
          { guard: 'stateOfThisSession', target: 'open', actions: 'open' },
          { actions: 'refuseMessage' },
        ],
      },
    },
    open: {
      description: 'Both ends agree; messages flow',
      on: {
        broken: {
          guard: 'breakIsOfThisAttempt',
          target: 'dialling',
          actions: ['announceClosed', 'nextSession'],
        },
        received: [{ guard: 'trafficOfThisSession', actions: 'deliver' }, { actions: 'refuseMessage' }],
      },
    },
    reviewing: {
      description: 'Rejected: reading the own Lease to know whether another leads',
      entry: 'readOwnLease',
      on: {
        leaseRead: [
          { guard: 'stillTheHolder', target: 'ended', actions: 'startAgain' },
          { guard: 'superseded', target: 'ended', actions: 'stepDown' },
        ],
        received: { actions: 'refuseMessage' },
      },
    },
    ended: {
      description: 'This incarnation is over',
      on: { received: { actions: 'refuseMessage' } },
    },
  },
});

/** A state of an upstream side: compare, keep, serialise by {@link viewOfUpstreamSide}. @public */
export type UpstreamSide = SnapshotFrom<typeof upstreamSideMachine>;

function take(snapshot: UpstreamSide): readonly [UpstreamSide, readonly LinkOutput[]] {
  const { outputs } = snapshot.context;
  if (outputs.length === 0) return [snapshot, outputs];
  return [{ ...snapshot, context: { ...snapshot.context, outputs: [] } } as UpstreamSide, outputs];
}

/** A fresh side: asks to be connected for session 1. @public */
export function startUpstreamSide(input: UpstreamSideInput): readonly [UpstreamSide, readonly LinkOutput[]] {
  return take(begin(upstreamSideMachine, input));
}

/** One event. An event of another link, attempt or token changes nothing. @public */
export function stepUpstreamSide(
  side: UpstreamSide,
  event: UpstreamSideEvent,
): readonly [UpstreamSide, readonly LinkOutput[]] {
  if (event.type !== 'leaseRead' && event.link !== side.context.link) return [side, []];
  return take(step(upstreamSideMachine, side, event));
}

/** Whether messages may flow. @public */
export function isUpstreamOpen(side: UpstreamSide): boolean {
  return side.value === 'open';
}

/** The session of an open (or fetching) link, else null. @public */
export function upstreamSession(side: UpstreamSide): SessionId | null {
  return side.value === 'open' || side.value === 'fetching' || side.value === 'verifying'
    ? session(side.context)
    : null;
}

/** Plain JSON of the state. @public */
export function viewOfUpstreamSide(side: UpstreamSide) {
  const { n, fence, offer, incarnation, peer } = side.context;
  return { state: side.value as string, peer, incarnation, n, fence, offer };
}
