/** What the lower end of a link does with its Pods and with what it has to tell: shared by the stubs that are one. */
import {
  type DownstreamSide,
  startDownstreamSide,
  stepDownstreamSide,
  viewOfDownstreamSide,
} from '../../../machines/ownership/link/index.ts';
import { addNews, flushUpward, NO_NEWS, type Upward } from '../../../machines/ownership/upward.ts';
import type { Effect } from '../../../spec/effects.ts';
import type { Fetch, Message } from '../../../spec/messages.ts';
import type { StageConfig } from '../../../spec/stage.ts';
import type { PeerName, PodRecord, SessionId, StageName, Uid } from '../../../spec/vocabulary.ts';
import { downEndOf } from '../observers.ts';
import type { Observation } from '../world.ts';

/** What each of them holds. */
export interface LowerPods {
  readonly self: PeerName;
  readonly incarnation: number;
  readonly side: DownstreamSide;
  readonly records: ReadonlyMap<Uid, PodRecord>;
  /** Changes made so far: versions are counted by it. */
  readonly changes: number;
  readonly queued: Upward;
  readonly mutants: ReadonlySet<string>;
}

/** A fresh one, which holds nothing and waits for nobody below. */
export function startLower(
  self: PeerName,
  upstreamStage: StageName,
  { incarnation, mutants = new Set() }: StageConfig,
): LowerPods {
  const [fresh] = startDownstreamSide({ self, upstreamStage, link: 'upstream', incarnation, mutants });
  const [side] = stepDownstreamSide(fresh, { type: 'barrierPassed' });
  return { self, incarnation, side, records: new Map(), changes: 0, queued: NO_NEWS, mutants };
}

/** What tells two states of one life apart. */
export function viewOfLower<S extends LowerPods>(state: S) {
  const { mutants: _, incarnation: __, self: ___, side, ...rest } = state;
  return { side: viewOfDownstreamSide(side), ...rest };
}

/** What the properties look at: it owns all that it holds. */
export const observeLower =
  (upstream: PeerName) =>
  ({ side, records }: LowerPods): Observation => ({
    records: [...records.values()].map((record) => ({ ...record, owned: true })),
    wants: [],
    preemptions: new Map(),
    links: [downEndOf(upstream, side)],
  });

/** A step under way: the state, the news for the upstream, what goes out. */
export interface Turn<S extends LowerPods> {
  readonly state: S;
  readonly news: Upward;
  readonly effects: readonly Effect[];
}

/** More news. */
export const tell = <S extends LowerPods>(turn: Turn<S>, more: Partial<Upward>): Turn<S> => ({
  ...turn,
  news: addNews(turn.news, more),
});

/** More that goes out. */
export const act = <S extends LowerPods>(turn: Turn<S>, ...effects: readonly Effect[]): Turn<S> => ({
  ...turn,
  effects: [...turn.effects, ...effects],
});

/** A message to the upstream. */
export const post = <S extends LowerPods>(turn: Turn<S>, message: Message): Turn<S> =>
  act(turn, { type: 'send', link: 'upstream', message });

/** The record as it is now, under a new version. */
export function put<S extends LowerPods>(turn: Turn<S>, record: PodRecord): readonly [Turn<S>, PodRecord] {
  const { state } = turn;
  const changes = state.changes + 1;
  const version = { stage: state.self, incarnation: state.incarnation, counter: changes };
  const changed = { ...record, version };
  const records = new Map(state.records).set(record.uid, changed);
  return [{ ...turn, state: { ...state, changes, records } }, changed];
}

/** Without it. */
export function drop<S extends LowerPods>(turn: Turn<S>, uid: Uid): Turn<S> {
  const records = new Map(turn.state.records);
  records.delete(uid);
  return { ...turn, state: { ...turn.state, records } };
}

/** A change that the upstream is told of. */
export function change<S extends LowerPods>(turn: Turn<S>, record: PodRecord): Turn<S> {
  const [next, changed] = put(turn, record);
  return tell(next, { changed: [changed] });
}

/** A `Terminate` of one Pod. */
export function terminate<S extends LowerPods>(turn: Turn<S>, uid: Uid): Turn<S> {
  const record = turn.state.records.get(uid);
  if (record === undefined)
    return turn.state.mutants.has('strangers-unconfirmed') ? turn : tell(turn, { terminated: [uid] });
  if (record.phase === 'terminating') return turn;
  return change(turn, { ...record, phase: 'terminating', ready: false });
}

/** An `Assign` of one Pod that is taken. */
export function take<S extends LowerPods>(turn: Turn<S>, record: PodRecord): Turn<S> {
  const [next, taken] = put(turn, { ...record, node: 'below', phase: 'running', ready: false });
  return tell(next, { assigned: [taken] });
}

/** uids and versions, in their order. */
export function heldOf(records: ReadonlyMap<Uid, PodRecord>) {
  return [...records.values()]
    .map(({ uid, version }) => ({ uid, version }))
    .sort((a, b) => (a.uid < b.uid ? -1 : 1));
}

/** The answer to a `Fetch`: the tombstones named are ended by `end`, then the records asked for are told. */
export function answerFetch<S extends LowerPods>(
  turn: Turn<S>,
  session: SessionId,
  { uids, tombstones }: Fetch,
  end: (turn: Turn<S>, uid: Uid) => Turn<S>,
): Turn<S> {
  const marked = tombstones.filter((uid) => turn.state.records.has(uid)).reduce(end, turn);
  const records = uids.flatMap((uid) => marked.state.records.get(uid) ?? []);
  return post(marked, { kind: 'State', session, records, wants: [], counts: [] });
}

/** The end of a step: news is sent, queued or dropped by the state of the link. */
export function finish<S extends LowerPods>({
  state,
  news,
  effects,
}: Turn<S>): readonly [S, readonly Effect[]] {
  const [queued, more] = flushUpward(state.side, 'upstream', state.queued, news);
  return [{ ...state, queued }, [...effects, ...more]];
}

/** Whether a `Hello` that was verified is accepted: what the link asks then. */
export function verified<S extends LowerPods>(turn: Turn<S>, token: string, accept: boolean) {
  const [side, outputs] = stepDownstreamSide(turn.state.side, { type: 'verified', token, accept });
  return [{ ...turn, state: { ...turn.state, side } }, outputs] as const;
}
