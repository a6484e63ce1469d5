/**
 * The upper end of a link and no more: a stub in R's place, with nothing above it. It mints Pods and ends them when it
 * is prompted, and keeps to R's composition of the link (`machines/replicaset/links.ts`): the handshake's table, then
 * `Terminate` of every tombstone. What is minted while the link is closed stays unsent.
 */
import { reset } from '../../../machines/ownership/handshake.ts';
import {
  isUpstreamOpen,
  type LinkOutput,
  startUpstreamSide,
  stepUpstreamSide,
  type UpstreamSide,
  upstreamSession,
  viewOfUpstreamSide,
} from '../../../machines/ownership/link/index.ts';
import type { Effect } from '../../../spec/effects.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { Message, Offer, State } from '../../../spec/messages.ts';
import type { Stage, Step } from '../../../spec/stage.ts';
import type { SessionId, Uid } from '../../../spec/vocabulary.ts';
import { upEndOf } from '../observers.ts';
import type { Observation, StageUnderTest } from '../world.ts';
import { liveOf, marked, newPod, put, type Records, takeState, told } from './upperPods.ts';

interface UpperState {
  readonly side: UpstreamSide;
  readonly records: Records;
  readonly minted: number;
  readonly mutants: ReadonlySet<string>;
}
type Turn = readonly [UpperState, readonly Effect[]];

function send([state, effects]: Turn, message: (session: SessionId) => Message): Turn {
  const session = isUpstreamOpen(state.side) ? upstreamSession(state.side) : null;
  if (session === null) return [state, effects];
  return [state, [...effects, { type: 'send', link: 'downstream', message: message(session) }]];
}

function mint(state: UpperState): Turn {
  const minted = state.minted + 1;
  const record = newPod(state.side.context.incarnation, minted);
  const next = { ...state, minted, records: put(state.records, record) };
  return send([next, []], (session) => ({ kind: 'Assign', session, records: [record] }));
}

function end(state: UpperState, uid: Uid): Turn {
  const next = { ...state, records: marked(state.records, uid) };
  return send([next, []], (session) => ({ kind: 'Terminate', session, uids: [uid] }));
}

function arrive([state, effects]: Turn, offer: Offer, message: State): Turn {
  const [records, uids] = takeState(state.records, offer, message, state.mutants);
  const next: Turn = [{ ...state, records }, effects];
  return uids.length === 0 ? next : send(next, (session) => ({ kind: 'Terminate', session, uids }));
}

function compose(turn: Turn, output: LinkOutput): Turn {
  const [state, effects] = turn;
  const post = (message: Message): Turn => [
    state,
    [...effects, { type: 'send', link: 'downstream', message }],
  ];
  switch (output.type) {
    case 'effect':
      return [state, [...effects, output.effect]];
    case 'greet':
      return post({
        kind: 'Hello',
        session: output.session,
        role: 'replicaset',
        peer: 'scheduler',
        wants: [],
      });
    case 'offered': {
      const { session, held } = output.offer;
      const { fetch, tombstones } = reset(state.records, held);
      return post({ kind: 'Fetch', session, uids: fetch, tombstones });
    }
    case 'stateArrived':
      return arrive(turn, output.offer, output.state);
    case 'delivered':
      return [{ ...state, records: told(state.records, output.message, state.mutants) }, effects];
    default:
      return turn;
  }
}

function step(state: UpperState, event: StageEvent): Step<UpperState> {
  if (event.type === 'timerFired') {
    const [, what, uid] = event.timer.split('/') as [string, string, Uid];
    return what === 'mint' ? mint(state) : end(state, uid);
  }
  if (
    event.type !== 'connected' &&
    event.type !== 'broken' &&
    event.type !== 'received' &&
    event.type !== 'leaseRead'
  )
    return [state, []];
  const [side, outputs] = stepUpstreamSide(state.side, event);
  return outputs.reduce<Turn>(compose, [{ ...state, side }, []]);
}

const stage: Stage<UpperState> = {
  name: 'replicaset',
  start: ({ incarnation, mutants = new Set() }) => {
    const [side, outputs] = startUpstreamSide({
      self: 'replicaset',
      peer: 'scheduler',
      link: 'downstream',
      incarnation,
      mutants,
    });
    return outputs.reduce<Turn>(compose, [{ side, records: new Map(), minted: 0, mutants }, []]);
  },
  step,
};

/** The stub, with what the explorer needs. */
export const stubUpper: StageUnderTest = {
  stage,
  view: ({ side, records, minted }: UpperState) => ({ side: viewOfUpstreamSide(side), records, minted }),
  observe: ({ side, records }: UpperState): Observation => ({
    records: [...records.values()].map((record) => ({ ...record, owned: false })),
    wants: [],
    preemptions: new Map(),
    links: [upEndOf(side)],
  }),
  prompts: ({ records }: UpperState) => ['mint', ...liveOf(records).map((uid) => `end/${uid}`)],
};
