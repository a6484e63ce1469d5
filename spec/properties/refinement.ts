/**
 * Refinement (protocol 10): the chain as one table of Pods, and the steps that a cluster manager with one source of
 * truth could have taken. The mapping and the steps are those of `proofs-tla/Chain.tla` and `ClusterManager.tla`.
 */
import type { Uid } from '../vocabulary.ts';
import { undrainedMark } from './pods.ts';
import type { StepProperty } from './property.ts';
import type { WorldView } from './view.ts';

interface Row {
  readonly replicaSet: string;
  readonly priority: number;
  /** Null while it waits. */
  readonly node: string | null;
  readonly phase: 'waiting' | 'placed' | 'terminating';
}

/** What the abstract manager consists of. */
interface Manager {
  /** ReplicaSet → replicas ever asked for. */
  readonly asked: Readonly<Record<string, readonly number[]>>;
  /** The one source of truth. */
  readonly table: ReadonlyMap<Uid, Row>;
  /** Those whose end is decided. */
  readonly leaving: ReadonlySet<Uid>;
  /** Nodes that were given up, and have not answered. */
  readonly lost: ReadonlySet<string>;
  /** Nodes whose agent has begun anew. */
  readonly renewed: ReadonlySet<string>;
  readonly over: ReadonlySet<Uid>;
  readonly running: ReadonlySet<Uid>;
  /** What the API Server shows. */
  readonly objects: ReadonlyMap<Uid, 'live' | 'deleting'>;
}

const ORDER = { waiting: 0, placed: 1, terminating: 2 } as const;
const managers = new WeakMap<WorldView, Manager>();

/** What a node's journal has is placed there; the rest waits, as the R and the S say that hold their Leases. */
function tableOf(view: WorldView, over: ReadonlySet<Uid>): ReadonlyMap<Uid, Row> {
  const table = new Map<Uid, Row>();
  for (const { name, placed = new Map() } of view.nodes)
    for (const [uid, { replicaSet, priority, terminating }] of placed) {
      if (over.has(uid)) continue;
      table.set(uid, {
        replicaSet,
        priority,
        node: name,
        phase: terminating ? 'terminating' : 'placed',
      });
    }
  for (const { peer, holdsLease, records } of view.stages) {
    if (!holdsLease || peer.startsWith('kubelet/')) continue;
    for (const [uid, { replicaSet, priority }] of records)
      if (!table.has(uid) && !over.has(uid))
        table.set(uid, { replicaSet, priority, node: null, phase: 'waiting' });
  }
  return table;
}

function leavingOf(view: WorldView, table: Manager['table'], lost: ReadonlySet<string>): ReadonlySet<Uid> {
  const marked = view.stages.flatMap(({ peer, records }) =>
    peer.startsWith('kubelet/')
      ? []
      : [...records.values()].filter(({ phase }) => phase === 'terminating').map(({ uid }) => uid),
  );
  const onLost = [...table].filter(([, { node }]) => node !== null && lost.has(node)).map(([uid]) => uid);
  return new Set([...marked, ...onLost].filter((uid) => isLive(table, uid)));
}

/** The mapping. */
function managerOf(view: WorldView): Manager {
  const known = managers.get(view);
  if (known !== undefined) return known;
  const over = new Set(view.nodes.flatMap((node) => [...(node.ended ?? [])]));
  const table = tableOf(view, over);
  const lost = new Set(view.nodes.filter(undrainedMark).map(({ name }) => name));
  const manager: Manager = {
    asked: view.history.asked,
    table,
    leaving: leavingOf(view, table, lost),
    lost,
    renewed: new Set(view.nodes.filter((node) => node.isRenewed).map(({ name }) => name)),
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

const isLive = (table: Manager['table'], uid: Uid) =>
  (table.get(uid)?.phase ?? 'terminating') !== 'terminating';
const least = ({ asked }: Manager, set: string) => Math.min(...(asked[set] ?? [0]));
const most = ({ asked }: Manager, set: string) => Math.max(...(asked[set] ?? [0]));

/** Those of a ReplicaSet that are to stay. */
const staying = ({ table, leaving }: Manager, set: string): readonly Uid[] =>
  [...table].flatMap(([uid, { replicaSet, phase }]) =>
    replicaSet === set && phase !== 'terminating' && !leaving.has(uid) ? [uid] : [],
  );

function lifeForward(was: Manager, is: Manager): string | null {
  for (const uid of was.over) if (!is.over.has(uid)) return `${uid} is over no more`;
  for (const uid of is.over) {
    if (is.table.has(uid)) return `${uid} is over and in the table`;
    if (!was.over.has(uid) && !was.table.has(uid)) return `${uid} is over and never was`;
  }
  for (const [uid, row] of was.table) {
    const now = is.table.get(uid);
    if (now === undefined) {
      if (!is.over.has(uid) && row.phase !== 'waiting') return `${uid} was ${row.phase} and is lost`;
      continue;
    }
    if (ORDER[now.phase] < ORDER[row.phase]) return `${uid} goes back from ${row.phase} to ${now.phase}`;
    if (row.node !== null && row.node !== now.node) return `${uid} moves from ${row.node} to ${now.node}`;
  }
  return null;
}

/** Whether one that was to stay may leave: fewer are wanted, one of higher priority waits, or its node was given up. */
function mayLeave(was: Manager, is: Manager, uid: Uid, { replicaSet, priority, node }: Row): boolean {
  if (staying(is, replicaSet).length >= least(was, replicaSet)) return true;
  if (node !== null && is.lost.has(node)) return true;
  const rows = [...was.table, ...[...is.table].filter(([other]) => !was.table.has(other))];
  return rows.some(([other, row]) => other !== uid && row.phase === 'waiting' && row.priority > priority);
}

/** Whether a node may end one. */
function mayEnd(was: Manager, is: Manager, uid: Uid, row: Row): boolean {
  if (was.leaving.has(uid) || mayLeave(was, is, uid, row)) return true;
  const shown = was.objects.get(uid);
  return shown === 'deleting' || (shown === undefined && row.node !== null && was.renewed.has(row.node));
}

function countsKept(was: Manager, is: Manager): string | null {
  for (const [uid, { replicaSet }] of is.table) {
    if (was.table.has(uid)) continue;
    const there = staying(is, replicaSet).length;
    if (there > most(was, replicaSet))
      return `${uid} comes, and ${there} are to stay of ${replicaSet}: ${most(was, replicaSet)} were asked for at most`;
  }
  for (const [uid, row] of was.table) {
    if (row.phase === 'terminating') continue;
    const leaves = isLive(is.table, uid) && is.leaving.has(uid) && !was.leaving.has(uid);
    if (leaves && !mayLeave(was, is, uid, row)) return `${uid} is to leave, and nobody asked for that`;
    const ends = !isLive(is.table, uid) && row.phase !== 'waiting';
    if (ends && !mayEnd(was, is, uid, row)) return `${uid} ends, and nobody asked for that`;
  }
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
  for (const set of Object.keys(was.asked)) {
    const live = staying(is, set).filter((uid) => is.objects.get(uid) === 'live').length;
    if (live > most(was, set))
      return `${live} live Pods of ${set} are shown, ${most(was, set)} were asked for at most`;
  }
  return null;
}

const count = ({ asked }: Manager) => Object.values(asked).reduce((sum, values) => sum + values.length, 0);

/** @see spec/protocol.md 10 @public */
export const Refines: StepProperty = {
  kind: 'step',
  statement: 'each step is one that a cluster manager with one source of truth could have taken, or none',
  check: ({ before, after }) => {
    const [was, is] = [managerOf(before), managerOf(after)];
    // People asked for another number: nothing else happens in that step.
    if (count(is) > count(was)) return null;
    for (const uid of is.running) if (!is.table.has(uid)) return `${uid} runs, and is in no table`;
    return lifeForward(was, is) ?? countsKept(was, is) ?? shownTruly(was, is);
  },
};
