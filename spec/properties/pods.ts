/** Properties of the life of a Pod (protocol 2, 4, 5, 7). */
import { compareFences, type Fence, PHASES, type Resources, type Uid } from '../vocabulary.ts';
import type { StateProperty, StepProperty } from './property.ts';
import type { NodeView, StageView, StepView, WorldView } from './view.ts';

/** A mark that its node has not answered and that is not void: older than what the node has accepted since. */
export function undrainedMark(node: NodeView): boolean {
  if (node.mark === null) return false;
  if (node.drained !== null && compareFences(node.drained, node.mark) >= 0) return false;
  return node.mark.incarnation >= node.fence.incarnation;
}

/** @see spec/protocol.md 10 @public */
export const UniquePlacement: StateProperty = {
  kind: 'state',
  statement: 'a uid is accepted by at most one node, ever',
  check: (view) => {
    for (const [uid, nodes] of Object.entries(view.history.accepted))
      if (nodes.length > 1) return `${uid} was accepted by ${nodes.join(' and ')}`;
    return null;
  },
};

/** @see spec/protocol.md 4.5 @public */
export const TerminationIrreversible: StateProperty = {
  kind: 'state',
  statement: 'a Pod that was shown terminating or gone, or was confirmed, never runs again',
  check: (view) => {
    const [uid] = view.history.revived;
    return uid === undefined ? null : `${uid} runs again after ${view.history.ended[uid]?.join(', ')}`;
  },
};

/** Where a world leaves the nodes out, the owner of a record runs it. */
function heldByOwner(view: WorldView): string | null {
  for (const { process, holdsLease, records } of view.stages)
    for (const { uid, owned } of holdsLease ? records.values() : [])
      if (owned && view.history.collected[uid] !== undefined)
        return `${process} holds ${uid}; its tombstone was collected by ${view.history.collected[uid].join(', ')}`;
  return null;
}

/** @see spec/protocol.md 10 @public */
export const NoFalseConfirm: StateProperty = {
  kind: 'state',
  statement: 'a Pod whose tombstone was collected runs on no node, unless under an undrained mark',
  check: (view) => {
    const { collected } = view.history;
    for (const node of view.nodes) {
      if (undrainedMark(node)) continue;
      for (const uid of node.running.keys()) {
        const by = collected[uid];
        if (by !== undefined)
          return `${uid} runs on ${node.name}; its tombstone was collected by ${by.join(', ')}`;
      }
    }
    return view.withoutNodes ? heldByOwner(view) : null;
  },
};

const rank = (phase: string) => PHASES.indexOf(phase as (typeof PHASES)[number]);

/** @see spec/protocol.md 10 @public */
export const PhaseMonotonic: StepProperty = {
  kind: 'step',
  statement: 'within one incarnation of a stage, its view of a uid never goes back',
  check: ({ process, before, after }) => {
    if (process === null) return null;
    const was = before.stages.find((stage) => stage.process === process);
    const is = after.stages.find((stage) => stage.process === process);
    if (was === undefined || is === undefined) return null;
    for (const [uid, record] of is.records) {
      const old = was.records.get(uid);
      if (old !== undefined && rank(record.phase) < rank(old.phase))
        return `${is.peer} took ${uid} from ${old.phase} back to ${record.phase}`;
    }
    return null;
  },
};

/** @see spec/protocol.md 10 @public */
export const SingleOwner: StateProperty = {
  kind: 'state',
  statement: 'at most one stage says of a uid that it may start, refuse or end it',
  check: (view) => {
    const owners = new Map<Uid, StageView>();
    for (const stage of view.stages) {
      for (const record of stage.records.values()) {
        if (!record.owned) continue;
        const other = owners.get(record.uid);
        if (other !== undefined) return `${record.uid} is owned by ${other.process} and ${stage.process}`;
        owners.set(record.uid, stage);
      }
    }
    return null;
  },
};

/** @see spec/protocol.md 10 @public */
export const TailPublishes: StateProperty = {
  kind: 'state',
  statement: 'a stamped Pod at the API Server was accepted by the K that published it',
  check: (view) => {
    for (const pod of view.objects) {
      if (pod.uid === null) continue;
      const nodes = view.history.accepted[pod.uid] ?? [];
      if (!nodes.includes(pod.node ?? '')) return `${pod.name} on ${pod.node} was never accepted there`;
    }
    return null;
  },
};

const add = (a: Resources, b: Resources): Resources => ({
  cpu: a.cpu + b.cpu,
  memory: a.memory + b.memory,
  pods: a.pods + b.pods,
});

const exceeds = (used: Resources, capacity: Resources): boolean =>
  used.cpu > capacity.cpu || used.memory > capacity.memory || used.pods > capacity.pods;

/** @see spec/protocol.md 10 @public */
export const NodeCapacity: StateProperty = {
  kind: 'state',
  statement: 'what K runs, with terminating and unmanaged Pods, fits the node',
  check: (view) => {
    for (const node of view.nodes) {
      const used = [...node.running.values(), ...(node.unlabelled ? [node.unlabelled] : [])].reduce(
        add,
        node.foreign,
      );
      const { capacity } = node;
      if (exceeds(used, capacity))
        return `${node.name} holds cpu ${used.cpu} of ${capacity.cpu}, Pods ${used.pods} of ${capacity.pods}`;
    }
    return null;
  },
};

/** @see spec/protocol.md 7 @public */
export const BoundFits: StateProperty = {
  kind: 'state',
  statement: 'what is bound to a node at the API Server, and has not failed, fits it',
  check: ({ nodes, objects }) => {
    for (const { name, capacity, foreign } of nodes) {
      const bound = objects.filter(
        ({ node, phase, managed }) => managed && node === name && phase !== 'Failed',
      );
      const used = bound.map(({ requests }) => requests).reduce(add, foreign);
      if (exceeds(used, capacity))
        return `${bound.map((pod) => pod.name).join(', ')} are bound to ${name}, which has room for ${capacity.pods}`;
    }
    return null;
  },
};

/** @see spec/protocol.md 7 @public */
export const PreemptionOrdered: StateProperty = {
  kind: 'state',
  statement: 'a preemptor starts only after the victims of its current uid are gone',
  check: (view) => {
    const [uid] = view.history.overtook;
    return uid === undefined ? null : `${uid} was started while a victim of it ran`;
  },
};

/** @see spec/protocol.md 7 @public */
export const RoomKept: StateProperty = {
  kind: 'state',
  statement:
    'what S has placed on a node, without what ends, leaves the room that it keeps there for preemptors',
  check: (view) => {
    for (const { peer, process, records, preemptions } of view.stages) {
      if (peer !== 'scheduler') continue;
      for (const { name, capacity, foreign } of view.nodes) {
        const kept = [...preemptions].filter(([, awaited]) =>
          awaited.some((uid) => records.get(uid)?.node === name),
        );
        if (kept.length === 0) continue;
        const live = [...records.values()].filter(
          ({ node, phase }) => node === name && phase !== 'terminating',
        );
        const comers = kept.flatMap(([uid]) => records.get(uid) ?? []);
        const used = [...live, ...comers].map(({ requests }) => requests).reduce(add, foreign);
        if (used.cpu > capacity.cpu || used.memory > capacity.memory || used.pods > capacity.pods)
          return `${process} placed ${live.length} Pods on ${name} in the room of ${kept.map(([uid]) => uid).join(', ')}`;
      }
    }
    return null;
  },
};

/** Whether the node took a newer leader without answering this mark. */
function isVoid(node: NodeView, mark: Fence): boolean {
  const answered = node.drained !== null && compareFences(node.drained, mark) >= 0;
  return !answered && mark.incarnation < node.fence.incarnation;
}

/** Whether R, which has just taken it, will hear from the S at the other end that it is gone, or reset with it. */
function isRetracted(view: WorldView, { process, links }: StageView, uid: Uid): boolean {
  const session = links.find(({ side }) => side === 'up')?.session;
  const one = view.traffic.find(
    (traffic) =>
      traffic.up === process &&
      traffic.session.upstream === session?.upstream &&
      traffic.session.n === session.n,
  );
  if (one === undefined || one.broken || one.gone.includes(uid)) return true;
  return view.stages.some((stage) => stage.process === one.down && stage.records.has(uid));
}

/** Who took a Pod that had been given up: an S of the mark or a later one, or an R that nobody will correct. */
function adopterOf({ before, after }: StepView, uid: Uid, mark: Fence): StageView | undefined {
  const takers = after.stages.filter((stage) => {
    const was = before.stages.find(({ process }) => process === stage.process);
    return stage.records.has(uid) && was?.records.has(uid) !== true;
  });
  return takers.find(
    (stage) =>
      (stage.peer === 'scheduler' && stage.incarnation >= mark.incarnation) ||
      (stage.peer === 'replicaset' && !isRetracted(after, stage, uid)),
  );
}

/** @see spec/protocol.md 6 @public */
export const CancelledStaysOut: StepProperty = {
  kind: 'step',
  statement: "no Pod from before a node's cancellation by a mark not voided is adopted after it",
  check: (step) => {
    for (const node of step.after.nodes) {
      const cancelled = step.before.history.cancelled[node.name];
      if (cancelled === undefined || isVoid(node, cancelled.mark)) continue;
      for (const uid of cancelled.uids) {
        const holder = adopterOf(step, uid, cancelled.mark);
        if (holder !== undefined) return `${holder.peer} adopted ${uid} of ${node.name}, which was cancelled`;
      }
    }
    return null;
  },
};
