/**
 * A stub in S's place, with the whole world below it folded in: it takes each Pod, runs it at once on the node `stub`,
 * and a Pod that is to end ends when its timer fires. It forgets all Pods at a restart, as if all nodes had gone.
 */

import {
  type DownstreamSide,
  downstreamSession,
  fenceOf,
  isDownstreamOpen,
  type LinkOutput,
  startDownstreamSide,
  stepDownstreamSide,
  viewOfDownstreamSide,
} from '../../../machines/ownership/link/index.ts';
import { addNews, flushUpward, NO_NEWS, type Upward } from '../../../machines/ownership/upward.ts';
import type { Effect } from '../../../spec/effects.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { Message } from '../../../spec/messages.ts';
import type { Stage, Step } from '../../../spec/stage.ts';
import type { PodRecord, SessionId, Version } from '../../../spec/vocabulary.ts';
import { downEnd } from '../observers.ts';
import type { Observation, StageUnderTest } from '../world.ts';

interface StubState {
  readonly incarnation: number;
  readonly side: DownstreamSide;
  readonly records: ReadonlyMap<string, PodRecord>;
  readonly changes: number;
  readonly queued: Upward;
}
type Turn = readonly [StubState, Upward, readonly Effect[]];

const versionOf = (state: StubState): Version => ({
  stage: 'scheduler',
  incarnation: state.incarnation,
  counter: state.changes + 1,
});

function put(state: StubState, record: PodRecord): StubState {
  return { ...state, changes: state.changes + 1, records: new Map(state.records).set(record.uid, record) };
}

function drop(state: StubState, uid: string): StubState {
  const records = new Map(state.records);
  records.delete(uid);
  return { ...state, records };
}

function terminate([state, news, effects]: Turn, uid: string): Turn {
  const record = state.records.get(uid);
  if (record === undefined) return [state, addNews(news, { terminated: [uid] }), effects];
  if (record.phase === 'terminating') return [state, news, effects];
  const ending = { ...record, phase: 'terminating' as const, ready: false, version: versionOf(state) };
  const timer: Effect = { type: 'setTimer', timer: `lower/${uid}`, milliseconds: 1000 };
  return [put(state, ending), addNews(news, { changed: [ending] }), [...effects, timer]];
}

function deliver(turn: Turn, message: Message): Turn {
  let [state, news, effects] = turn;
  if (message.kind === 'Assign')
    for (const record of message.records) {
      const taken = {
        ...record,
        node: 'stub',
        phase: 'running' as const,
        ready: true,
        version: versionOf(state),
      };
      state = put(state, taken);
      news = addNews(news, { assigned: [taken] });
    }
  if (message.kind === 'Terminate')
    for (const uid of message.uids) [state, news, effects] = terminate([state, news, effects], uid);
  return [state, news, effects];
}

function compose(turn: Turn, output: LinkOutput): Turn {
  const [state, news, effects] = turn;
  switch (output.type) {
    case 'effect':
      return [state, news, [...effects, output.effect]];
    case 'verify':
      return [state, news, [...effects, { type: 'readLease', subject: 'replicaset', token: output.token }]];
    case 'offer': {
      const held = [...state.records.values()].map(({ uid, version }) => ({ uid, version }));
      const { incarnation } = state;
      const fresh: Turn = [{ ...state, queued: NO_NEWS }, news, effects];
      const offer: Message = {
        kind: 'Offer',
        session: output.session,
        incarnation,
        held,
        wants: [],
        drained: null,
      };
      return [fresh[0], news, [...effects, { type: 'send', link: 'upstream', message: offer }]];
    }
    case 'state':
      return answerFetch(turn, output.session, output.fetch);
    case 'delivered':
      return deliver(turn, output.message);
    case 'closed':
      return [{ ...state, queued: NO_NEWS }, news, effects];
    default:
      return turn;
  }
}

function answerFetch(
  turn: Turn,
  session: SessionId,
  fetch: { readonly uids: readonly string[]; readonly tombstones: readonly string[] },
): Turn {
  const [state, news, effects] = fetch.tombstones.reduce(
    (next, uid) => (next[0].records.has(uid) ? terminate(next, uid) : next),
    turn,
  );
  const records = fetch.uids.flatMap((uid) => state.records.get(uid) ?? []);
  const message: Message = { kind: 'State', session, records, wants: [], counts: [] };
  return [state, news, [...effects, { type: 'send', link: 'upstream', message }]];
}

function finish([state, news, effects]: Turn): Step<StubState> {
  const [queued, more] = flushUpward(state.side, 'upstream', state.queued, news);
  return [{ ...state, queued }, [...effects, ...more]];
}

function step(state: StubState, event: StageEvent): Step<StubState> {
  if (event.type === 'timerFired') {
    const uid = event.timer.slice('lower/'.length);
    return finish([drop(state, uid), addNews(NO_NEWS, { terminated: [uid] }), []]);
  }
  if (event.type !== 'broken' && event.type !== 'received' && event.type !== 'leaseRead') return [state, []];
  const [side, outputs] = stepDownstreamSide(state.side, event);
  let turn: Turn = outputs.reduce<Turn>(compose, [{ ...state, side }, NO_NEWS, []]);
  if (event.type === 'leaseRead') {
    const accept = event.incarnation === side.context.hello?.session.upstream;
    const [judged, more] = stepDownstreamSide(turn[0].side, { type: 'verified', token: event.token, accept });
    turn = more.reduce<Turn>(compose, [{ ...turn[0], side: judged }, turn[1], turn[2]]);
  }
  return finish(turn);
}

const stage: Stage<StubState> = {
  name: 'scheduler',
  start: ({ incarnation, mutants }) => {
    const [fresh] = startDownstreamSide({
      self: 'scheduler',
      upstreamStage: 'replicaset',
      link: 'upstream',
      incarnation,
      ...(mutants === undefined ? {} : { mutants }),
    });
    const [side] = stepDownstreamSide(fresh, { type: 'barrierPassed' });
    return [{ incarnation, side, records: new Map(), changes: 0, queued: NO_NEWS }, []];
  },
  step,
};

/** The stub, with what the explorer needs. */
export const stubScheduler: StageUnderTest = {
  stage,
  view: ({ side, records, queued }: StubState) => ({ side: viewOfDownstreamSide(side), records, queued }),
  observe: ({ side, records }: StubState): Observation => ({
    records: [...records.values()].map((record) => ({ ...record, owned: true })),
    wants: [],
    preemptions: new Map(),
    links: [
      downEnd('replicaset', {
        open: isDownstreamOpen(side),
        session: downstreamSession(side),
        fence: fenceOf(side),
      }),
    ],
  }),
};
