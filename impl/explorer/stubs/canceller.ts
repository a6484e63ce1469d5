/**
 * S as far as one node goes (protocol 6): the link and the cancellation of that node, by S's own machines in S's
 * composition (`machines/scheduler/nodeLinks.ts`, `leadership.ts`); a stub in S's place, with R and all above it
 * folded in. On an open link it mints and ends Pods when it is prompted; what it gives up is gone. The first life of all
 * mints a Pod on its first opening, so that a world can begin with one that runs.
 */
import {
  type Cancellation,
  type CancellationEvent,
  type CancellationOutput,
  startCancellation,
  stepCancellation,
} from '../../../machines/ownership/cancellation.ts';
import { reset } from '../../../machines/ownership/handshake.ts';
import {
  isUpstreamOpen,
  type LinkOutput,
  startUpstreamSide,
  stepUpstreamSide,
  type UpstreamSide,
  type UpstreamSideEvent,
  upstreamSession,
  viewOfUpstreamSide,
} from '../../../machines/ownership/link/index.ts';
import type { Effect } from '../../../spec/effects.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { Message, Offer, State } from '../../../spec/messages.ts';
import type { Stage, Step } from '../../../spec/stage.ts';
import { type Fence, type SessionId, sameSession, type Uid } from '../../../spec/vocabulary.ts';
import { upEndOf } from '../observers.ts';
import type { Observation, StageUnderTest } from '../world.ts';
import { liveOf, marked, newPod, put, type Records, takeState, told } from './upperPods.ts';

const NODE = 'n1';
const PEER = `kubelet/${NODE}` as const;
const LINK = `node/${NODE}` as const;

interface CancellerState {
  readonly incarnation: number;
  readonly side: UpstreamSide;
  readonly cancellation: Cancellation;
  readonly records: Records;
  readonly minted: number;
  /** A mark of a newer leader, because of which the own Lease is read. */
  readonly newerMark: Fence | null;
  readonly mutants: ReadonlySet<string>;
}
type Turn = readonly [CancellerState, readonly Effect[]];

const act = ([state, effects]: Turn, ...more: readonly Effect[]): Turn => [state, [...effects, ...more]];
const post = (turn: Turn, message: Message): Turn => act(turn, { type: 'send', link: LINK, message });

function send(turn: Turn, message: (session: SessionId) => Message): Turn {
  const [{ side }] = turn;
  const session = isUpstreamOpen(side) ? upstreamSession(side) : null;
  return session === null ? turn : post(turn, message(session));
}

function onLink([state, effects]: Turn, event: UpstreamSideEvent): Turn {
  const [side, outputs] = stepUpstreamSide(state.side, event);
  return outputs.reduce(linkAsks, [{ ...state, side }, effects]);
}

function linkAsks(turn: Turn, output: LinkOutput): Turn {
  const [state, effects] = turn;
  switch (output.type) {
    case 'effect':
      return act(turn, output.effect);
    case 'greet':
      return post(turn, { kind: 'Hello', session: output.session, role: 'scheduler', peer: PEER, wants: [] });
    case 'offered':
      return onCancellation(turn, { type: 'offered', offer: output.offer });
    case 'stateArrived':
      return arrive(turn, output.offer, output.state);
    case 'delivered':
      return [{ ...state, records: told(state.records, output.message, state.mutants) }, effects];
    case 'closed':
      return onCancellation(turn, { type: 'closed' });
    default:
      return turn;
  }
}

function arrive([state, effects]: Turn, offer: Offer, message: State): Turn {
  const [records, uids] = takeState(state.records, offer, message, state.mutants);
  const next: Turn = [{ ...state, records }, effects];
  const again = uids.length === 0 ? next : send(next, (session) => ({ kind: 'Terminate', session, uids }));
  const opened = onCancellation(again, { type: 'opened' });
  return state.incarnation === 1 && state.minted === 0 ? prompted(opened, 'mint', '') : opened;
}

function onCancellation([state, effects]: Turn, event: CancellationEvent): Turn {
  const [cancellation, outputs] = stepCancellation(state.cancellation, event);
  return outputs.reduce(cancellationAsks, [{ ...state, cancellation }, effects]);
}

function cancellationAsks(turn: Turn, output: CancellationOutput): Turn {
  const [state, effects] = turn;
  switch (output.type) {
    case 'effect':
      return act(turn, output.effect);
    case 'admit':
      return fetch(turn, output.offer);
    case 'hangUp':
      return hangUp(turn);
    case 'invalidate':
      return [{ ...state, records: new Map() }, effects];
    case 'newerMark':
      return onNewerMark(turn, output.mark);
  }
}

function fetch(turn: Turn, { session, held }: Offer): Turn {
  const [{ side, records }] = turn;
  const current = upstreamSession(side);
  if (current === null || !sameSession(current, session)) return turn;
  const { fetch: uids, tombstones } = reset(records, held);
  return post(turn, { kind: 'Fetch', session, uids, tombstones });
}

function hangUp(turn: Turn): Turn {
  const { incarnation, n, offer } = turn[0].side.context;
  const session = { upstream: incarnation, downstream: offer?.incarnation ?? 0, n };
  const closed = act(turn, { type: 'disconnect', link: LINK, session, reason: 'cancellation' });
  return onLink(closed, { type: 'broken', link: LINK, upstream: incarnation, n });
}

const newerToken = ({ incarnation, n }: Fence) => `newer/${incarnation}/${n}`;

function onNewerMark([state, effects]: Turn, mark: Fence): Turn {
  if (state.newerMark !== null) return [state, effects];
  const read: Effect = { type: 'readLease', subject: 'scheduler', token: newerToken(mark) };
  return [{ ...state, newerMark: mark }, [...effects, read]];
}

function onOwnLease(
  turn: Turn,
  { token, incarnation: holder }: Extract<StageEvent, { type: 'leaseRead' }>,
): Turn {
  const [{ incarnation, newerMark }] = turn;
  if (newerMark === null || token !== newerToken(newerMark)) return turn;
  if (holder !== incarnation) return act(turn, { type: 'stop', reason: 'superseded' });
  const above = Math.max(newerMark.incarnation, incarnation);
  return act(turn, { type: 'restart', above, reason: 'a newer mark' });
}

function prompted([state, effects]: Turn, what: string, uid: Uid): Turn {
  if (what !== 'mint') {
    const next: Turn = [{ ...state, records: marked(state.records, uid) }, effects];
    return send(next, (session) => ({ kind: 'Terminate', session, uids: [uid] }));
  }
  const minted = state.minted + 1;
  const record = newPod(state.incarnation, minted);
  const next: Turn = [{ ...state, minted, records: put(state.records, record) }, effects];
  return send(next, (session) => ({ kind: 'Assign', session, records: [record] }));
}

function step(state: CancellerState, event: StageEvent): Step<CancellerState> {
  const still: Turn = [state, []];
  switch (event.type) {
    case 'connected':
    case 'broken':
    case 'received':
      return onLink(still, event);
    case 'leaseRead':
      return onOwnLease(onCancellation(onLink(still, event), event), event);
    case 'nodeRead':
      return onCancellation(still, {
        type: 'nodeRead',
        token: event.token,
        node: event.node,
        n: state.side.context.n,
      });
    case 'marked':
      return onCancellation(still, { type: 'marked', mark: event.mark, outcome: event.outcome });
    case 'timerFired': {
      const [kind, what, uid] = event.timer.split('/') as [string, string, Uid];
      return kind === 'prompt' ? prompted(still, what, uid) : onCancellation(still, { type: 'timerFired' });
    }
    default:
      return [state, []];
  }
}

const stage: Stage<CancellerState> = {
  name: 'scheduler',
  start: ({ incarnation, mutants = new Set() }) => {
    const [side, linkOutputs] = startUpstreamSide({
      self: 'scheduler',
      peer: PEER,
      link: LINK,
      incarnation,
      mutants,
    });
    const [cancellation, outputs] = startCancellation({
      node: NODE,
      nodeUid: `uid-${NODE}`,
      incarnation,
      ready: true,
      owner: 'direct',
      mutants,
    });
    const none: Records = new Map();
    const state = { incarnation, side, cancellation, records: none, minted: 0, newerMark: null, mutants };
    return outputs.reduce(cancellationAsks, linkOutputs.reduce<Turn>(linkAsks, [state, []]));
  },
  step,
};

/** The cancellation with the whole offer that it holds. */
function viewOf({ value, context: { read, mark, held } }: Cancellation) {
  return { state: value as string, read, mark, held };
}

/** The stub, with what the explorer needs. */
export const stubCanceller: StageUnderTest = {
  stage,
  view: ({ side, cancellation, records, minted, newerMark }: CancellerState) => ({
    side: viewOfUpstreamSide(side),
    cancellation: viewOf(cancellation),
    records,
    minted,
    newerMark,
  }),
  observe: ({ side, records }: CancellerState): Observation => ({
    records: [...records.values()].map((record) => ({ ...record, owned: false })),
    wants: [],
    preemptions: new Map(),
    links: [upEndOf(side)],
  }),
  prompts: ({ side, records }: CancellerState) => [
    ...(isUpstreamOpen(side) ? ['mint'] : []),
    ...liveOf(records).map((uid) => `end/${uid}`),
  ],
};
