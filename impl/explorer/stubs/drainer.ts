/**
 * K as far as cancellation goes (protocol 6): its link, its Node's mark, its drain; a stub in K's place, with the
 * judgement of K's own machine (`machines/ownership/mark.ts`) in K's order (`machines/kubelet/cancel.ts`). It is
 * registered for good, runs what it is assigned, and publishes nothing.
 */
import {
  type DownstreamSideEvent,
  fenceOf,
  type LinkOutput,
  stepDownstreamSide,
} from '../../../machines/ownership/link/index.ts';
import { mustDrain } from '../../../machines/ownership/mark.ts';
import { NO_NEWS } from '../../../machines/ownership/upward.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { NodeFact } from '../../../spec/facts.ts';
import type { Stage, Step } from '../../../spec/stage.ts';
import {
  compareFences,
  type Fence,
  type PodRecord,
  type SessionId,
  type Uid,
} from '../../../spec/vocabulary.ts';
import type { StageUnderTest } from '../world.ts';
import {
  act,
  answerFetch,
  drop,
  finish,
  heldOf,
  type LowerPods,
  observeLower,
  post,
  startLower,
  type Turn,
  take,
  tell,
  terminate,
  verified,
  viewOfLower,
} from './lowerPods.ts';

interface DrainerState extends LowerPods {
  readonly node: string;
  readonly registered: boolean;
  /** A `Hello` to be verified: its token, and the number of the read of the Node that it waits for; 0 if none. */
  readonly waiting: { readonly token: string; readonly read: number } | null;
  /** The highest `Hello` that was accepted. */
  readonly accepted: Fence;
  readonly draining: Fence | null;
  readonly drained: Fence | null;
  readonly reads: number;
}
type DrainerTurn = Turn<DrainerState>;

/** A Pod ends: journalled before its containers are stopped. */
function end(turn: DrainerTurn, uid: Uid): DrainerTurn {
  const was = turn.state.records.get(uid);
  const marked = terminate(turn, uid);
  if (was === undefined || was.phase === 'terminating') return marked;
  return act(
    marked,
    { type: 'journal', entries: [{ kind: 'terminating', uid, metadataUid: null, name: null }] },
    { type: 'stopPod', uid },
  );
}

function start(turn: DrainerTurn, record: PodRecord): DrainerTurn {
  return act(
    take(turn, record),
    { type: 'journal', entries: [{ kind: 'accepted', record, metadataUid: null, name: null }] },
    { type: 'startPod', record },
  );
}

function offer(turn: DrainerTurn, session: SessionId): DrainerTurn {
  const { incarnation, records, drained, accepted: before } = turn.state;
  const fence = { incarnation: session.upstream, n: session.n };
  const accepted = compareFences(fence, before) > 0 ? fence : before;
  const kept = act(
    { ...turn, state: { ...turn.state, accepted, queued: NO_NEWS } },
    { type: 'journal', entries: [{ kind: 'fence', fence }] },
  );
  return post(kept, { kind: 'Offer', session, incarnation, held: heldOf(records), wants: [], drained });
}

function compose(turn: DrainerTurn, output: LinkOutput): DrainerTurn {
  switch (output.type) {
    case 'effect':
      return act(turn, output.effect);
    case 'verify':
      return { ...turn, state: { ...turn.state, waiting: { token: output.token, read: 0 } } };
    case 'offer':
      return offer(turn, output.session);
    case 'state':
      return answerFetch(turn, output.session, output.fetch, end);
    case 'delivered':
      if (output.message.kind === 'Terminate') return output.message.uids.reduce(end, turn);
      return output.message.kind === 'Assign' ? output.message.records.reduce(start, turn) : turn;
    case 'closed':
      return { ...turn, state: { ...turn.state, queued: NO_NEWS } };
    default:
      return turn;
  }
}

function stepLink(turn: DrainerTurn, event: DownstreamSideEvent): DrainerTurn {
  const [side, outputs] = stepDownstreamSide(turn.state.side, event);
  return outputs.reduce(compose, { ...turn, state: { ...turn.state, side } });
}

function heedMark(turn: DrainerTurn, mark: Fence | null): DrainerTurn {
  if (mark === null) return turn;
  const keeps = turn.state.mutants.has('drain-keeps-session');
  const fenced = keeps ? turn : stepLink(turn, { type: 'fenced', fence: mark });
  if (!mustDrain(mark, fenced.state)) return fenced;
  const kept = act(fenced, { type: 'journal', entries: [{ kind: 'fence', fence: mark }] });
  const draining = { ...kept, state: { ...kept.state, draining: mark } };
  return [...draining.state.records.keys()].sort().reduce(end, draining);
}

/** The answer to the read that a `Hello` waits for: the mark first, then the `Hello`. */
function heedRead(turn: DrainerTurn, node: NodeFact, read: number): DrainerTurn {
  const { waiting } = turn.state;
  if (waiting === null || waiting.read !== read) return turn;
  const heeded = heedMark(turn, node.mark);
  const { draining } = heeded.state;
  const next = { ...heeded.state, waiting: draining === null ? null : { ...waiting, read: 0 } };
  if (draining !== null) return { ...heeded, state: next };
  const [judged, outputs] = verified({ ...heeded, state: next }, waiting.token, true);
  return outputs.reduce(compose, judged);
}

function completeDrain(turn: DrainerTurn): DrainerTurn {
  const { draining, records, mutants } = turn.state;
  if (draining === null || (records.size > 0 && !mutants.has('drain-not-awaited'))) return turn;
  return act(
    { ...turn, state: { ...turn.state, draining: null, drained: draining } },
    { type: 'journal', entries: [{ kind: 'drained', mark: draining }] },
    { type: 'reportDrain', mark: draining },
  );
}

/** A `Hello` that waits has the Node read as soon as nothing stands in the way. */
function verifyHello(turn: DrainerTurn): DrainerTurn {
  const { waiting, draining, registered, node } = turn.state;
  if (waiting === null || waiting.read > 0 || draining !== null || !registered) return turn;
  const reads = turn.state.reads + 1;
  const state = { ...turn.state, reads, waiting: { ...waiting, read: reads } };
  return act({ ...turn, state }, { type: 'readNode', node, token: `hello/${reads}` });
}

function gone(turn: DrainerTurn, uid: Uid): DrainerTurn {
  const dropped = act(drop(turn, uid), { type: 'journal', entries: [{ kind: 'ended', uid }] });
  return tell(dropped, { terminated: [uid] });
}

function hear(turn: DrainerTurn, event: StageEvent): DrainerTurn {
  switch (event.type) {
    case 'registered':
      return { ...turn, state: { ...turn.state, registered: true } };
    case 'received':
    case 'broken':
    case 'leaseRead':
      return stepLink(turn, event);
    case 'nodeObserved':
      return heedMark(turn, event.node.mark);
    case 'nodeRead':
      return heedRead(turn, event.node as NodeFact, Number(event.token.split('/')[1]));
    case 'podStopped':
      return gone(turn, event.uid);
    default:
      return turn;
  }
}

function step(state: DrainerState, event: StageEvent): Step<DrainerState> {
  const heard = hear({ state, news: NO_NEWS, effects: [] }, event);
  return finish(verifyHello(completeDrain(heard)));
}

const stage: Stage<DrainerState> = {
  name: 'kubelet',
  start: (config) => {
    const { node = '' } = config;
    const lower = startLower(`kubelet/${node}`, 'scheduler', config);
    const state: DrainerState = {
      ...lower,
      node,
      registered: false,
      waiting: null,
      accepted: fenceOf(lower.side),
      draining: null,
      drained: null,
      reads: 0,
    };
    return [state, [{ type: 'register' }]];
  },
  step,
};

/** The stub, with what the explorer needs. */
export const stubDrainer: StageUnderTest = {
  stage,
  view: viewOfLower<DrainerState>,
  observe: observeLower('scheduler'),
};
