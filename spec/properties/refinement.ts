/**
 * Refinement (protocol 10): the chain as one table of Pods, and the steps that a cluster manager with one source of
 * truth could have taken. The mapping and the steps are those of `proofs-tla/Chain.tla` and `ClusterManager.tla`.
 */
import { PHASES, type Phase, type Uid } from '../vocabulary.ts';
import type { StepProperty } from './property.ts';
import type { RecordView, StageView, WorldView } from './view.ts';

interface Row {
  readonly node: string | null;
  readonly phase: Phase;
}

/** What the abstract manager consists of. */
interface Manager {
  /** Replicas ever asked for. */
  readonly asked: readonly number[];
  /** The one source of truth. */
  readonly table: ReadonlyMap<Uid, Row>;
  readonly over: ReadonlySet<Uid>;
  readonly running: ReadonlySet<Uid>;
  /** What the API Server shows. */
  readonly objects: ReadonlyMap<Uid, 'live' | 'deleting'>;
}

const order = (phase: Phase) => PHASES.indexOf(phase);
const managers = new WeakMap<WorldView, Manager>();

/** The stages from the tail up: the furthest downstream that holds a Pod says how it is. */
const LAYERS: readonly ((stage: StageView) => boolean)[] = [
  ({ peer }) => peer.startsWith('kubelet/'),
  ({ peer }) => peer === 'scheduler',
  ({ peer }) => peer === 'replicaset',
];

function tableOf(view: WorldView, over: ReadonlySet<Uid>): ReadonlyMap<Uid, Row> {
  const table = new Map<Uid, Row>();
  for (const isOf of LAYERS) {
    const layer = new Map<Uid, RecordView>();
    for (const { records } of view.stages.filter(isOf))
      for (const [uid, record] of records) {
        const other = layer.get(uid);
        if (other === undefined || order(record.phase) > order(other.phase)) layer.set(uid, record);
      }
    for (const [uid, { node, phase }] of layer)
      if (!table.has(uid) && !over.has(uid)) table.set(uid, { node, phase });
  }
  return table;
}

/** The mapping. */
function managerOf(view: WorldView): Manager {
  const known = managers.get(view);
  if (known !== undefined) return known;
  const over = new Set(view.nodes.flatMap((node) => [...(node.ended ?? [])]));
  const manager: Manager = {
    asked: view.history.everAsked,
    table: tableOf(view, over),
    over,
    running: new Set(view.nodes.flatMap(({ running }) => [...running.keys()])),
    objects: new Map(
      view.objects.flatMap(({ uid, deleting }) =>
        uid === null ? [] : [[uid, deleting ? 'deleting' : 'live'] as const],
      ),
    ),
  };
  managers.set(view, manager);
  return manager;
}

const liveIn = (table: Manager['table']) =>
  [...table].filter(([, { phase }]) => phase !== 'terminating').map(([uid]) => uid);
const isLive = (table: Manager['table'], uid: Uid) =>
  (table.get(uid)?.phase ?? 'terminating') !== 'terminating';

function lifeForward(was: Manager, is: Manager): string | null {
  for (const uid of was.over) if (!is.over.has(uid)) return `${uid} is over no more`;
  for (const uid of is.over) {
    if (is.table.has(uid)) return `${uid} is over and in the table`;
    if (!was.over.has(uid) && !was.table.has(uid)) return `${uid} is over and never was`;
  }
  for (const [uid, row] of was.table) {
    const now = is.table.get(uid);
    if (now === undefined) {
      if (!is.over.has(uid) && (row.phase === 'accepted' || row.phase === 'running'))
        return `${uid} was ${row.phase} and is lost`;
      continue;
    }
    if (order(now.phase) < order(row.phase)) return `${uid} goes back from ${row.phase} to ${now.phase}`;
    if (row.node !== null && row.node !== now.node) return `${uid} moves from ${row.node} to ${now.node}`;
  }
  return null;
}

function countsKept(was: Manager, is: Manager): string | null {
  const live = liveIn(is.table).length;
  const most = Math.max(...was.asked);
  if ([...is.table.keys()].some((uid) => !was.table.has(uid)) && live > most)
    return `${live} Pods are live, ${most} were asked for at most`;
  const ending = liveIn(was.table).filter(
    (uid) => is.over.has(uid) || (is.table.has(uid) && !isLive(is.table, uid)),
  );
  const byPeople = ending.every((uid) => was.objects.get(uid) === 'deleting');
  if (!byPeople && live < Math.min(...was.asked))
    return `${ending.join(', ')} ends, and nobody asked for that`;
  return null;
}

function shownTruly(was: Manager, is: Manager): string | null {
  for (const uid of is.objects.keys())
    if (!was.objects.has(uid) && !was.table.has(uid)) return `${uid} appears at the API Server from nowhere`;
  for (const [uid, state] of was.objects) {
    const now = is.objects.get(uid);
    if (now === undefined && (state !== 'deleting' || was.running.has(uid)))
      return `${uid} goes from the API Server while it ${state === 'deleting' ? 'runs' : 'is live'}`;
    if (state === 'deleting' && now === 'live') return `${uid} is deleted no more`;
  }
  const live = [...is.objects.values()].filter((state) => state === 'live').length;
  const most = Math.max(...was.asked);
  return live > most ? `${live} live Pods are shown, ${most} were asked for at most` : null;
}

/** @see spec/protocol.md 10 @public */
export const Refines: StepProperty = {
  kind: 'step',
  statement: 'each step is one that a cluster manager with one source of truth could have taken, or none',
  check: ({ before, after }) => {
    const [was, is] = [managerOf(before), managerOf(after)];
    // People asked for another number: nothing else happens in that step.
    if (is.asked.length > was.asked.length) return null;
    for (const uid of is.running) if (!is.table.has(uid)) return `${uid} runs, and is in no table`;
    return lifeForward(was, is) ?? countsKept(was, is) ?? shownTruly(was, is);
  },
};
