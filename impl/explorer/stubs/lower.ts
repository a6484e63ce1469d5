/**
 * The lower end of a link and no more: a stub in S's place, with all that is below it folded in. It runs what it is
 * assigned; a Pod that is to end ends in its own time. When it is prompted a Pod changes, dies, or turns up, or it
 * refuses what comes next. It forgets all at a restart, as if all nodes had gone.
 */
import { type LinkOutput, stepDownstreamSide } from '../../../machines/ownership/link/index.ts';
import { NO_NEWS } from '../../../machines/ownership/upward.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { Message } from '../../../spec/messages.ts';
import type { Stage, Step } from '../../../spec/stage.ts';
import type { PodRecord, SessionId, Uid } from '../../../spec/vocabulary.ts';
import type { StageUnderTest } from '../world.ts';
import {
  act,
  answerFetch,
  change,
  drop,
  finish,
  heldOf,
  type LowerPods,
  observeLower,
  post,
  put,
  startLower,
  type Turn,
  take,
  tell,
  terminate,
  verified,
  viewOfLower,
} from './lowerPods.ts';

interface LowerState extends LowerPods {
  /** Pods found so far. */
  readonly found: number;
  /** The next `Assign` is refused. */
  readonly full: boolean;
}
type LowerTurn = Turn<LowerState>;

function deliver(turn: LowerTurn, message: Message): LowerTurn {
  if (message.kind === 'Terminate') return message.uids.reduce(terminate<LowerState>, turn);
  if (message.kind !== 'Assign') return turn;
  if (!turn.state.full) return message.records.reduce(take<LowerState>, turn);
  const refused = message.records.map(({ uid }) => ({ uid, reason: 'Full' }));
  return tell({ ...turn, state: { ...turn.state, full: false } }, { refused });
}

function offer(turn: LowerTurn, session: SessionId): LowerTurn {
  const { incarnation, records } = turn.state;
  const held = heldOf(records);
  const fresh = { ...turn, state: { ...turn.state, queued: NO_NEWS } };
  return post(fresh, { kind: 'Offer', session, incarnation, held, wants: [], drained: null });
}

function compose(turn: LowerTurn, output: LinkOutput): LowerTurn {
  switch (output.type) {
    case 'effect':
      return act(turn, output.effect);
    case 'verify':
      return act(turn, { type: 'readLease', subject: 'replicaset', token: output.token });
    case 'offer':
      return offer(turn, output.session);
    case 'state':
      return answerFetch(turn, output.session, output.fetch, terminate);
    case 'delivered':
      return deliver(turn, output.message);
    case 'closed':
      return { ...turn, state: { ...turn.state, queued: NO_NEWS } };
    default:
      return turn;
  }
}

function prompted(turn: LowerTurn, what: string, uid: Uid): LowerTurn {
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

function find(turn: LowerTurn): LowerTurn {
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

function step(state: LowerState, event: StageEvent): Step<LowerState> {
  const still: LowerTurn = { state, news: NO_NEWS, effects: [] };
  if (event.type === 'timerFired') {
    const [, what, uid] = event.timer.split('/') as [string, string, Uid];
    return finish(prompted(still, what, uid));
  }
  if (event.type !== 'broken' && event.type !== 'received' && event.type !== 'leaseRead') return [state, []];
  const [side, outputs] = stepDownstreamSide(state.side, event);
  const turn = outputs.reduce(compose, { ...still, state: { ...state, side } });
  if (event.type !== 'leaseRead') return finish(turn);
  const accept = event.incarnation === side.context.hello?.session.upstream;
  const [judged, more] = verified(turn, event.token, accept);
  return finish(more.reduce(compose, judged));
}

const stage: Stage<LowerState> = {
  name: 'scheduler',
  start: (config) => [{ ...startLower('scheduler', 'replicaset', config), found: 0, full: false }, []],
  step,
};

/** The stub, with what the explorer needs. */
export const stubLower: StageUnderTest = {
  stage,
  view: viewOfLower<LowerState>,
  observe: observeLower('replicaset'),
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
