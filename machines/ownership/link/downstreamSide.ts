/**
 * The side of a link held by the downstream stage: it is dialled, fences, offers, answers (protocol 3).
 *
 * A `Hello` is accepted only if (incarnation, n) is strictly above all seen, after the barrier, and after the
 * composition has verified it by a consistent read *begun then* (the upstream's Lease; K: the mark on its Node).
 * It holds the session and the fence, never a record (see {@link LinkOutput}).
 */
import { assign, type SnapshotFrom, setup } from 'xstate';
import type { StageEvent } from '../../../spec/events.ts';
import type { Fetch, Hello, Message, Rejected } from '../../../spec/messages.ts';
import type {
  Fence,
  Incarnation,
  LinkName,
  PeerName,
  SessionId,
  StageName,
} from '../../../spec/vocabulary.ts';
import { compareFences, sameSession, stageOf } from '../../../spec/vocabulary.ts';
import { begin, step } from '../../drive.ts';
import { effect, type LinkOutput, refusal } from './output.ts';

/** What a downstream side is made from. @public */
export interface DownstreamSideInput {
  readonly self: PeerName;
  readonly upstreamStage: StageName;
  readonly link: LinkName;
  readonly incarnation: Incarnation;
  /** K: the fence read back from its journal. */
  readonly fence?: Fence;
  /** See `spec/mutants.ts`. */
  readonly mutants?: ReadonlySet<string>;
}

interface Context extends Omit<DownstreamSideInput, 'fence'> {
  readonly fence: Fence;
  readonly barrierPassed: boolean;
  /** The `Hello` that is waiting, verified or accepted. */
  readonly hello: Hello | null;
  /** A number by which our own incarnation was refused. */
  readonly seen: Incarnation;
  readonly outputs: readonly LinkOutput[];
}

/** Events of a downstream side. @public */
export type DownstreamSideEvent =
  | Extract<StageEvent, { type: 'broken' | 'received' | 'leaseRead' }>
  /** Each own downstream link has been open once in this incarnation, or its node was cancelled by it. */
  | { readonly type: 'barrierPassed' }
  /** Answer to `verify`. */
  | { readonly type: 'verified'; readonly token: string; readonly accept: boolean }
  /** Raise the fence: every session not above it is closed. */
  | { readonly type: 'fenced'; readonly fence: Fence };
type Args = { context: Context; event: DownstreamSideEvent };

const messageOf = (event: DownstreamSideEvent): Message | null =>
  event.type === 'received' ? event.message : null;
const fenceOfHello = (hello: Hello): Fence => ({ incarnation: hello.session.upstream, n: hello.session.n });
const session = (context: Context): SessionId => ({
  upstream: context.hello?.session.upstream ?? 0,
  downstream: context.incarnation,
  n: context.hello?.session.n ?? 0,
});
const verifyToken = (context: Context) =>
  `verify/${context.link}/${context.hello?.session.upstream}/${context.hello?.session.n}`;
const ownToken = (context: Context) => `own/${context.link}/${context.seen}`;
const highest = (a: Fence, b: Fence) => (compareFences(a, b) >= 0 ? a : b);
const push = (context: Context, ...outputs: LinkOutput[]) => ({ outputs: [...context.outputs, ...outputs] });
const isThisSession = ({ context, event }: Args) => {
  const message = messageOf(event);
  if (message === null || message.kind === 'Hello') return false;
  return context.mutants?.has('old-session-messages') || sameSession(message.session, session(context));
};
const helloOf = (event: DownstreamSideEvent): Hello | null => {
  const message = messageOf(event);
  return message?.kind === 'Hello' ? message : null;
};
const reject = (context: Context, hello: Hello, reason: Rejected['reason']): LinkOutput =>
  effect({
    type: 'send',
    link: context.link,
    message: { kind: 'Rejected', session: hello.session, fence: context.fence, reason },
  });
const TRAFFIC: ReadonlySet<string> = new Set(['Assign', 'Terminate', 'Invalidated', 'Scale', 'Gone']);
/** The highest of the fence and the `Hello` under way: what the next must be above. */
const bar = (context: Context): Fence =>
  context.hello === null ? context.fence : highest(context.fence, fenceOfHello(context.hello));

/** The machine. Drive it with {@link startDownstreamSide} and {@link stepDownstreamSide}. @public */
export const downstreamSideMachine = setup({
  types: { context: {} as Context, events: {} as DownstreamSideEvent, input: {} as DownstreamSideInput },
  guards: {
    helloOfWrongPeer: ({ context, event }) => {
      const hello = helloOf(event);
      return hello !== null && (stageOf(hello.role) !== context.upstreamStage || hello.peer !== context.self);
    },
    helloIsUnderWay: ({ context, event }) => {
      const hello = helloOf(event);
      return (
        hello !== null &&
        context.hello !== null &&
        compareFences(fenceOfHello(hello), fenceOfHello(context.hello)) === 0
      );
    },
    helloIsNewer: ({ context, event }) => {
      const hello = helloOf(event);
      if (hello === null) return false;
      return context.mutants?.has('no-fence') || compareFences(fenceOfHello(hello), bar(context)) > 0;
    },
    isHello: ({ event }) => helloOf(event) !== null,
    barrierHolds: ({ context }) => !context.barrierPassed && !context.mutants?.has('hello-before-barrier'),
    breakIsOfThisSession: ({ context, event }) =>
      event.type === 'broken' &&
      event.upstream === context.hello?.session.upstream &&
      event.n === context.hello.session.n,
    verifiedThisHello: ({ context, event }) =>
      event.type === 'verified' && event.token === verifyToken(context) && event.accept,
    refusedThisHello: ({ context, event }) =>
      event.type === 'verified' && event.token === verifyToken(context) && !event.accept,
    fetchOfThisSession: (args) => messageOf(args.event)?.kind === 'Fetch' && isThisSession(args),
    offerRefused: (args) => messageOf(args.event)?.kind === 'Rejected' && isThisSession(args),
    trafficOfThisSession: (args) => TRAFFIC.has(messageOf(args.event)?.kind ?? '') && isThisSession(args),
    fenceCoversThisSession: ({ context, event }) =>
      event.type === 'fenced' &&
      context.hello !== null &&
      compareFences(fenceOfHello(context.hello), event.fence) <= 0,
    stillTheHolder: ({ context, event }) =>
      event.type === 'leaseRead' &&
      event.token === ownToken(context) &&
      event.incarnation === context.incarnation,
    superseded: ({ context, event }) => event.type === 'leaseRead' && event.token === ownToken(context),
  },
  actions: {
    passBarrier: assign({ barrierPassed: true }),
    keepHello: assign(({ event }) => ({ hello: helloOf(event) })),
    forgetHello: assign({ hello: null }),
    askToVerify: assign(({ context }) =>
      push(context, { type: 'verify', hello: context.hello as Hello, token: verifyToken(context) }),
    ),
    raiseFenceToHello: assign(({ context }) => ({
      fence: highest(context.fence, fenceOfHello(context.hello as Hello)),
    })),
    raiseFence: assign(({ context, event }) => ({
      fence: event.type === 'fenced' ? highest(context.fence, event.fence) : context.fence,
    })),
    offer: assign(({ context }) => push(context, { type: 'offer', session: session(context) })),
    answerFetch: assign(({ context, event }) =>
      push(context, { type: 'state', session: session(context), fetch: messageOf(event) as Fetch }),
    ),
    deliver: assign(({ context, event }) =>
      push(context, { type: 'delivered', message: messageOf(event) as Message }),
    ),
    rejectAsOld: assign(({ context, event }) =>
      push(context, reject(context, helloOf(event) as Hello, 'old')),
    ),
    rejectAsWrongPeer: assign(({ context, event }) =>
      push(context, reject(context, helloOf(event) as Hello, 'wrongPeer')),
    ),
    rejectKeptAsOld: assign(({ context }) => push(context, reject(context, context.hello as Hello, 'old'))),
    rejectKeptAsStranger: assign(({ context }) =>
      push(context, reject(context, context.hello as Hello, 'notTheLeader')),
    ),
    hangUp: assign(({ context }) =>
      push(
        context,
        effect({ type: 'disconnect', link: context.link, session: session(context), reason: 'superseded' }),
      ),
    ),
    announceClosed: assign(({ context }) => push(context, { type: 'closed' })),
    keepSeen: assign(({ event }) => ({ seen: (messageOf(event) as Rejected).fence.incarnation })),
    readOwnLease: assign(({ context }) =>
      push(context, effect({ type: 'readLease', subject: context.self, token: ownToken(context) })),
    ),
    startAgain: assign(({ context }) =>
      push(
        context,
        effect({
          type: 'restart',
          above: Math.max(context.seen, context.incarnation),
          reason: `the upstream saw incarnation ${context.seen}`,
        }),
      ),
    ),
    stepDown: assign(({ context }) =>
      push(context, effect({ type: 'stop', reason: `incarnation ${context.incarnation} is superseded` })),
    ),
    refuseMessage: assign(({ context, event }) => {
      const message = messageOf(event);
      return message === null
        ? {}
        : push(context, refusal(context.link, message, 'not expected in this session now'));
    }),
  },
}).createMachine({
  id: 'downstreamSide',
  description: 'The side of a link held by the downstream stage (protocol 3)',
  context: ({ input }) => ({
    ...input,
    fence: input.fence ?? { incarnation: 0, n: 0 },
    barrierPassed: false,
    hello: null,
    seen: 0,
    outputs: [],
  }),
  initial: 'closed',
  on: {
    barrierPassed: { actions: 'passBarrier' },
    fenced: { actions: 'raiseFence' },
  },
  states: {
    closed: {
      description: 'No session',
      on: {
        received: [
          { guard: 'helloOfWrongPeer', actions: 'rejectAsWrongPeer' },
          { guard: 'helloIsNewer', target: 'waiting', actions: 'keepHello' },
          { guard: 'isHello', actions: 'rejectAsOld' },
          { actions: 'refuseMessage' },
        ],
      },
    },
    waiting: {
      description: 'A Hello waits for the barrier',
      always: [{ guard: 'barrierHolds' }, { target: 'verifying', actions: 'askToVerify' }],
      on: {
        fenced: [
          {
            guard: 'fenceCoversThisSession',
            target: 'closed',
            actions: ['raiseFence', 'rejectKeptAsOld', 'forgetHello'],
          },
          { actions: 'raiseFence' },
        ],
        broken: { guard: 'breakIsOfThisSession', target: 'closed', actions: 'forgetHello' },
        received: [
          { guard: 'helloOfWrongPeer', actions: 'rejectAsWrongPeer' },
          { guard: 'helloIsUnderWay', actions: 'refuseMessage' },
          { guard: 'helloIsNewer', target: 'waiting', reenter: true, actions: ['hangUp', 'keepHello'] },
          { guard: 'isHello', actions: 'rejectAsOld' },
          { actions: 'refuseMessage' },
        ],
      },
    },
    verifying: {
      description: "Reading the upstream's Lease (K: the mark on its Node)",
      on: {
        verified: [
          { guard: 'verifiedThisHello', target: 'offered', actions: ['raiseFenceToHello', 'offer'] },
          { guard: 'refusedThisHello', target: 'closed', actions: ['rejectKeptAsStranger', 'forgetHello'] },
        ],
        fenced: [
          {
            guard: 'fenceCoversThisSession',
            target: 'closed',
            actions: ['raiseFence', 'rejectKeptAsOld', 'forgetHello'],
          },
          { actions: 'raiseFence' },
        ],
        broken: { guard: 'breakIsOfThisSession', target: 'closed', actions: 'forgetHello' },
        received: [
          { guard: 'helloOfWrongPeer', actions: 'rejectAsWrongPeer' },
          { guard: 'helloIsUnderWay', actions: 'refuseMessage' },
          { guard: 'helloIsNewer', target: 'waiting', actions: ['hangUp', 'keepHello'] },
          { guard: 'isHello', actions: 'rejectAsOld' },
          { actions: 'refuseMessage' },
        ],
      },
    },
    offered: {
      description: 'Older sessions are fenced; changes queue until State',
      on: {
        fenced: [
          {
            guard: 'fenceCoversThisSession',
            target: 'closed',
            actions: ['raiseFence', 'hangUp', 'announceClosed', 'forgetHello'],
          },
          { actions: 'raiseFence' },
        ],
        broken: {
          guard: 'breakIsOfThisSession',
          target: 'closed',
          actions: ['announceClosed', 'forgetHello'],
        },
        received: [
          { guard: 'fetchOfThisSession', target: 'open', actions: 'answerFetch' },
          {
            guard: 'offerRefused',
            target: 'reviewing',
            actions: ['keepSeen', 'announceClosed', 'forgetHello'],
          },
          { guard: 'helloOfWrongPeer', actions: 'rejectAsWrongPeer' },
          { guard: 'helloIsNewer', target: 'waiting', actions: ['hangUp', 'announceClosed', 'keepHello'] },
          { guard: 'isHello', actions: 'rejectAsOld' },
          { actions: 'refuseMessage' },
        ],
      },
    },
    open: {
      description: 'Both ends agree; messages flow',
      on: {
        fenced: [
          {
            guard: 'fenceCoversThisSession',
            target: 'closed',
            actions: ['raiseFence', 'hangUp', 'announceClosed', 'forgetHello'],
          },
          { actions: 'raiseFence' },
        ],
        broken: {
          guard: 'breakIsOfThisSession',
          target: 'closed',
          actions: ['announceClosed', 'forgetHello'],
        },
        received: [
          { guard: 'trafficOfThisSession', actions: 'deliver' },
          { guard: 'helloOfWrongPeer', actions: 'rejectAsWrongPeer' },
          { guard: 'helloIsNewer', target: 'waiting', actions: ['hangUp', 'announceClosed', 'keepHello'] },
          { guard: 'isHello', actions: 'rejectAsOld' },
          { actions: 'refuseMessage' },
        ],
      },
    },
    reviewing: {
      description: 'Our Offer was refused: reading the own Lease to know whether another leads',
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

/** A state of a downstream side. @public */
export type DownstreamSide = SnapshotFrom<typeof downstreamSideMachine>;

function take(snapshot: DownstreamSide): readonly [DownstreamSide, readonly LinkOutput[]] {
  const { outputs } = snapshot.context;
  if (outputs.length === 0) return [snapshot, outputs];
  return [{ ...snapshot, context: { ...snapshot.context, outputs: [] } } as DownstreamSide, outputs];
}

/** A fresh side: closed, its barrier not passed. @public */
export function startDownstreamSide(
  input: DownstreamSideInput,
): readonly [DownstreamSide, readonly LinkOutput[]] {
  return take(begin(downstreamSideMachine, input));
}

/** One event. An event of another link, session or token changes nothing. @public */
export function stepDownstreamSide(
  side: DownstreamSide,
  event: DownstreamSideEvent,
): readonly [DownstreamSide, readonly LinkOutput[]] {
  if ((event.type === 'received' || event.type === 'broken') && event.link !== side.context.link)
    return [side, []];
  return take(step(downstreamSideMachine, side, event));
}

/** Whether messages may flow. @public */
export function isDownstreamOpen(side: DownstreamSide): boolean {
  return side.value === 'open';
}

/** `Offer` is sent and `State` is not: changes queue. @public */
export function isOffered(side: DownstreamSide): boolean {
  return side.value === 'offered';
}

/** The session that is offered or open, else null. @public */
export function downstreamSession(side: DownstreamSide): SessionId | null {
  return side.value === 'offered' || side.value === 'open' ? session(side.context) : null;
}

/** All (incarnation, n) up to this are refused. @public */
export function fenceOf(side: DownstreamSide): Fence {
  return side.context.fence;
}

/** Plain JSON of the state. @public */
export function viewOfDownstreamSide(side: DownstreamSide) {
  const { fence, barrierPassed, hello, seen, incarnation } = side.context;
  return {
    state: side.value as string,
    incarnation,
    fence,
    barrierPassed,
    hello: hello?.session ?? null,
    seen,
  };
}
