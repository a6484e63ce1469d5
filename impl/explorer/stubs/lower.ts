/**
 * The lower end of a link and no more: a stub in S's place, with all that is below it folded in. It runs what it is
 * assigned; a Pod that is to end ends in its own time. When it is prompted a Pod changes, dies, or turns up, or it
 * refuses what comes next. It forgets all at a restart, as if all nodes had gone.
 */
import {
  type DownstreamSide,
  type LinkOutput,
  startDownstreamSide,
  stepDownstreamSide,
  viewOfDownstreamSide,
} from '../../../machines/ownership/link/index.ts';
import { addNews, flushUpward, NO_NEWS, type Upward } from '../../../machines/ownership/upward.ts';
import type { Effect } from '../../../spec/effects.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { Fetch, Message } from '../../../spec/messages.ts';
import type { Stage, Step } from '../../../spec/stage.ts';
import type { PodRecord, SessionId, Uid } from '../../../spec/vocabulary.ts';
import { downEndOf } from '../observers.ts';
import type { Observation, StageUnderTest } from '../world.ts';

interface LowerState {
  readonly incarnation: number;
  readonly side: DownstreamSide;
  readonly records: ReadonlyMap<Uid, PodRecord>;
  /** Changes made so far: versions are counted by it. */
  readonly changes: number;
  /** Pods found so far. */
  readonly found: number;
  /** The next `Assign` is refused. */
  readonly full: boolean;
  readonly queued: Upward;
  readonly mutants: ReadonlySet<string>;
}
interface Turn {
  readonly state: LowerState;
  readonly news: Upward;
  readonly effects: readonly Effect[];
}

const tell = (turn: Turn, more: Partial<Upward>): Turn => ({ ...turn, news: addNews(turn.news, more) });

/** The record as it is now, under a new version. */
function put(turn: Turn, record: PodRecord): readonly [Turn, PodRecord] {
  const { state } = turn;
  const changes = state.changes + 1;
  const version = { stage: 'scheduler' as const, incarnation: state.incarnation, counter: changes };
  const changed = { ...record, version };
  const records = new Map(state.records).set(record.uid, changed);
  return [{ ...turn, state: { ...state, changes, records } }, changed];
}

function drop(turn: Turn, uid: Uid): Turn {
  const records = new Map(turn.state.records);
  records.delete(uid);
  return { ...turn, state: { ...turn.state, records } };
}

function change(turn: Turn, record: PodRecord): Turn {
  const [next, changed] = put(turn, record);
  return tell(next, { changed: [changed] });
}

function terminate(turn: Turn, uid: Uid): Turn {
  const record = turn.state.records.get(uid);
  if (record === undefined)
    return turn.state.mutants.has('strangers-unconfirmed') ? turn : tell(turn, { terminated: [uid] });
  if (record.phase === 'terminating') return turn;
  return change(turn, { ...record, phase: 'terminating', ready: false });
}

function assign(turn: Turn, record: PodRecord): Turn {
  const [next, taken] = put(turn, { ...record, node: 'below', phase: 'running', ready: false });
  return tell(next, { assigned: [taken] });
}

function deliver(turn: Turn, message: Message): Turn {
  if (message.kind === 'Terminate') return message.uids.reduce(terminate, turn);
  if (message.kind !== 'Assign') return turn;
  if (!turn.state.full) return message.records.reduce(assign, turn);
  const refused = message.records.map(({ uid }) => ({ uid, reason: 'Full' }));
  return tell({ ...turn, state: { ...turn.state, full: false } }, { refused });
}

function post(turn: Turn, message: Message): Turn {
  return { ...turn, effects: [...turn.effects, { type: 'send', link: 'upstream', message }] };
}

function offer(turn: Turn, session: SessionId): Turn {
  const { incarnation, records } = turn.state;
  const held = [...records.values()]
    .map(({ uid, version }) => ({ uid, version }))
    .sort((a, b) => (a.uid < b.uid ? -1 : 1));
  const fresh = { ...turn, state: { ...turn.state, queued: NO_NEWS } };
  return post(fresh, { kind: 'Offer', session, incarnation, held, wants: [], drained: null });
}

function answerFetch(turn: Turn, session: SessionId, { uids, tombstones }: Fetch): Turn {
  const marked = tombstones.filter((uid) => turn.state.records.has(uid)).reduce(terminate, turn);
  const records = uids.flatMap((uid) => marked.state.records.get(uid) ?? []);
  return post(marked, { kind: 'State', session, records, wants: [], counts: [] });
}

function compose(turn: Turn, output: LinkOutput): Turn {
  switch (output.type) {
    case 'effect':
      return { ...turn, effects: [...turn.effects, output.effect] };
    case 'verify': {
      const read: Effect = { type: 'readLease', subject: 'replicaset', token: output.token };
      return { ...turn, effects: [...turn.effects, read] };
    }
    case 'offer':
      return offer(turn, output.session);
    case 'state':
      return answerFetch(turn, output.session, output.fetch);
    case 'delivered':
      return deliver(turn, output.message);
    case 'closed':
      return { ...turn, state: { ...turn.state, queued: NO_NEWS } };
    default:
      return turn;
  }
}

function prompted(turn: Turn, what: string, uid: Uid): Turn {
  const { state } = turn;
  const record = state.records.get(uid) as PodRecord;
  switch (what) {
    case 'change':
      return change(turn, { ...record, ready: !record.ready });
    case 'die':
      return tell(drop(turn, uid), { lost: [{ uid, reason: 'Failed' }] });
    case 'ended':
      return tell(drop(turn, uid), { terminated: [uid] });
    case 'full':
      return { ...turn, state: { ...state, full: true } };
    default:
      return find(turn);
  }
}

function find(turn: Turn): Turn {
  const { incarnation, found } = turn.state;
  const counted = { ...turn, state: { ...turn.state, found: found + 1 } };
  const [next, adopted] = put(counted, {
    uid: `a-${incarnation}-${found + 1}`,
    replicaSet: 'rs',
    revision: 'v1',
    requests: { cpu: 0, memory: 0, pods: 1 },
    priority: 0,
    node: 'below',
    phase: 'running',
    ready: false,
    version: { stage: 'scheduler', incarnation, counter: 0 },
  });
  return tell(next, { adopted: [adopted] });
}

function finish({ state, news, effects }: Turn): Step<LowerState> {
  const [queued, more] = flushUpward(state.side, 'upstream', state.queued, news);
  return [{ ...state, queued }, [...effects, ...more]];
}

function step(state: LowerState, event: StageEvent): Step<LowerState> {
  const still: Turn = { state, news: NO_NEWS, effects: [] };
  if (event.type === 'timerFired') {
    const [, what, uid] = event.timer.split('/') as [string, string, Uid];
    return finish(prompted(still, what, uid));
  }
  if (event.type !== 'broken' && event.type !== 'received' && event.type !== 'leaseRead') return [state, []];
  const [side, outputs] = stepDownstreamSide(state.side, event);
  const turn = outputs.reduce(compose, { ...still, state: { ...state, side } });
  if (event.type !== 'leaseRead') return finish(turn);
  const accept = event.incarnation === side.context.hello?.session.upstream;
  const [judged, more] = stepDownstreamSide(turn.state.side, {
    type: 'verified',
    token: event.token,
    accept,
  });
  return finish(more.reduce(compose, { ...turn, state: { ...turn.state, side: judged } }));
}

const stage: Stage<LowerState> = {
  name: 'scheduler',
  start: ({ incarnation, mutants = new Set() }) => {
    const [fresh] = startDownstreamSide({
      self: 'scheduler',
      upstreamStage: 'replicaset',
      link: 'upstream',
      incarnation,
      mutants,
    });
    const [side] = stepDownstreamSide(fresh, { type: 'barrierPassed' });
    const records = new Map<Uid, PodRecord>();
    return [{ incarnation, side, records, changes: 0, found: 0, full: false, queued: NO_NEWS, mutants }, []];
  },
  step,
};

/** The stub, with what the explorer needs. */
export const stubLower: StageUnderTest = {
  stage,
  view: ({ mutants: _, incarnation: __, side, ...rest }: LowerState) => ({
    side: viewOfDownstreamSide(side),
    ...rest,
  }),
  observe: ({ side, records }: LowerState): Observation => ({
    records: [...records.values()].map((record) => ({ ...record, owned: true })),
    wants: [],
    preemptions: new Map(),
    links: [downEndOf('replicaset', side)],
  }),
  prompts: ({ records, full }: LowerState) => [
    'find',
    ...(full ? [] : ['full']),
    ...[...records.values()].flatMap(({ uid, phase }) =>
      phase === 'terminating' ? [] : [`change/${uid}`, `die/${uid}`],
    ),
  ],
  dues: ({ records }: LowerState) =>
    [...records.values()].flatMap(({ uid, phase }) => (phase === 'terminating' ? [`ended/${uid}`] : [])),
};
