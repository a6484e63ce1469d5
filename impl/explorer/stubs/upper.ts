/**
 * The upper end of a link and no more: a stub in R's place, with nothing above it. It mints Pods and ends them when it
 * is prompted, and keeps to R's composition of the link (`machines/replicaset/links.ts`): the handshake's table, then
 * `Terminate` of every tombstone. What is minted while the link is closed stays unsent.
 */
import { applyState, merge, reset } from '../../../machines/ownership/handshake.ts';
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
import type { PodRecord, PodStatus, SessionId, Uid } from '../../../spec/vocabulary.ts';
import { upEndOf } from '../observers.ts';
import type { Observation, StageUnderTest } from '../world.ts';

interface UpperState {
  readonly side: UpstreamSide;
  readonly records: ReadonlyMap<Uid, PodRecord>;
  readonly minted: number;
  readonly mutants: ReadonlySet<string>;
}
type Turn = readonly [UpperState, readonly Effect[]];

const NOTHING = { cpu: 0, memory: 0, pods: 1 };
const sorted = (uids: Iterable<Uid>): readonly Uid[] => [...uids].sort();

function put(state: UpperState, record: PodRecord): UpperState {
  return { ...state, records: new Map(state.records).set(record.uid, record) };
}

function drop(state: UpperState, uid: Uid): UpperState {
  const records = new Map(state.records);
  records.delete(uid);
  return { ...state, records };
}

function send([state, effects]: Turn, message: (session: SessionId) => Message): Turn {
  const session = isUpstreamOpen(state.side) ? upstreamSession(state.side) : null;
  if (session === null) return [state, effects];
  return [state, [...effects, { type: 'send', link: 'downstream', message: message(session) }]];
}

function mint(state: UpperState): Turn {
  const { incarnation } = state.side.context;
  const minted = state.minted + 1;
  const record: PodRecord = {
    uid: `r${incarnation}-${minted}`,
    replicaSet: 'rs',
    revision: 'v1',
    requests: NOTHING,
    priority: 0,
    node: null,
    phase: 'created',
    ready: false,
    version: { stage: 'replicaset', incarnation, counter: minted },
  };
  const next = put({ ...state, minted }, record);
  return send([next, []], (session) => ({ kind: 'Assign', session, records: [record] }));
}

function end(state: UpperState, uid: Uid): Turn {
  const next = put(state, { ...(state.records.get(uid) as PodRecord), phase: 'terminating', ready: false });
  return send([next, []], (session) => ({ kind: 'Terminate', session, uids: [uid] }));
}

function takeState([state, effects]: Turn, offer: Offer, { records }: State): Turn {
  const outcome = applyState(state.records, offer.held, records, state.mutants);
  let next = [...outcome.take, ...outcome.adopt].reduce(put, state);
  next = [...outcome.lost, ...outcome.confirm].reduce(drop, next);
  const marked = [...next.records.values()].filter(({ phase }) => phase === 'terminating');
  const uids = sorted(marked.map(({ uid }) => uid));
  if (uids.length === 0 || state.mutants.has('no-terminate-on-opening')) return [next, effects];
  return send([next, effects], (session) => ({ kind: 'Terminate', session, uids }));
}

function mergeAll(state: UpperState, statuses: readonly PodStatus[]): UpperState {
  let next = state;
  for (const status of statuses) {
    const mine = next.records.get(status.uid);
    if (mine === undefined) continue;
    const merged = merge(mine, status, state.mutants);
    const early = merged.phase === 'terminating' && state.mutants.has('collect-tombstone-early');
    next = early ? drop(next, status.uid) : put(next, merged);
  }
  return next;
}

function deliver([state, effects]: Turn, message: Message): Turn {
  switch (message.kind) {
    case 'Assigned':
      return [mergeAll(state, message.pods), effects];
    case 'Refused':
      return [message.pods.map(({ uid }) => uid).reduce(drop, state), effects];
    case 'Terminated':
      return [message.uids.reduce(drop, state), effects];
    case 'Invalidate': {
      const unknown = message.adopted.filter(({ uid }) => !state.records.has(uid));
      const merged = mergeAll(unknown.reduce(put, state), message.changed);
      return [message.lost.map(({ uid }) => uid).reduce(drop, merged), effects];
    }
    default:
      return [state, effects];
  }
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
      return takeState(turn, output.offer, output.state);
    case 'delivered':
      return deliver(turn, output.message);
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
  prompts: ({ records }: UpperState) => [
    'mint',
    ...[...records.values()].filter(({ phase }) => phase !== 'terminating').map(({ uid }) => `end/${uid}`),
  ],
};
