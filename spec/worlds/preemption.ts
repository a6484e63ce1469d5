/**
 * Worlds of preemption on one node, with nothing left out: Pods of `rs-t1`, of the lowest priority, have the room, and those of other
 * ReplicaSets come. R mints a replacement for each victim, which waits for room too. Each is also a TLA+ world, of `proofs-tla/Chain.tla`
 * with what `proofs-tla/Preemption.tla` decides.
 */
import type { FaultBudget, UserAct, WorldDescription } from './description.ts';
import { CHAIN_SAFETY, DELETE, exactWorld, scaleTo } from './exact.ts';
import { ONE, replicaSet, room } from './objects.ts';

/** Another ReplicaSet, at 0. */
interface Comer {
  readonly set: 'e' | 'f';
  readonly priority: number;
  /** What one of its Pods takes; 1 by default. */
  readonly size?: number;
}

interface PreemptionOptions {
  readonly name: string;
  readonly title: string;
  /** What the node has room for. */
  readonly capacity: number;
  /** Pods of `rs-t1` at first. */
  readonly pods: number;
  readonly comers: readonly Comer[];
  readonly script: readonly UserAct[];
  readonly faults?: FaultBudget;
  readonly change?: Partial<WorldDescription>;
}

function preemptionWorld(options: PreemptionOptions): WorldDescription {
  const { name, title, capacity, pods, comers, script, faults = {}, change } = options;
  const others = comers.map(({ set, priority, size = 1 }) =>
    replicaSet(0, { uid: `rs-${set}`, name: set, deployment: null, priority, requests: room(size) }),
  );
  return exactWorld({
    name,
    title,
    pods,
    script,
    faults,
    change: {
      nodes: [{ name: 'n1', capacity: room(capacity), known: true }],
      replicaSets: [replicaSet(pods, { deployment: null }), ...others],
      always: [...CHAIN_SAFETY, 'Refines', 'PreemptionOrdered', 'RoomKept'],
      eventually: ['PreemptorRuns', 'Converges', 'TombstonesCollected', 'NoLeak'],
      sometimes: ['preemptionWaits', 'tombstoneCollected'],
      ...change,
    },
  });
}

const E: Comer = { set: 'e', priority: 10 };
const come = (set: 'e' | 'f') => scaleTo(1, `rs-${set}`);

/** Worlds of preemption. @public */
export const PREEMPTION_WORLDS: readonly WorldDescription[] = [
  preemptionWorld({
    name: 'preempt',
    title: 'a Pod of high priority takes the room of the only other, whose replacement waits',
    capacity: 1,
    pods: 1,
    comers: [E],
    script: [come('e')],
  }),
  preemptionWorld({
    name: 'preempt-break',
    title: 'the same, and a link breaks',
    capacity: 1,
    pods: 1,
    comers: [E],
    script: [come('e')],
    faults: { break: 1 },
    change: { deep: true },
  }),
  preemptionWorld({
    name: 'preempt-crash-scheduler',
    title: 'the same, and S crashes between any two effects',
    capacity: 1,
    pods: 1,
    comers: [E],
    script: [come('e')],
    faults: { crash: { scheduler: 1 } },
    change: { deep: true },
  }),
  preemptionWorld({
    name: 'preempt-deleted',
    title: 'people delete one of two Pods while room is made where the other is',
    capacity: 2,
    pods: 2,
    comers: [E],
    script: [DELETE, come('e')],
    change: { deep: true },
  }),
  preemptionWorld({
    name: 'preempt-ending',
    title: 'one of two Pods is ended already when a Pod of high priority comes: no other need go',
    capacity: 2,
    pods: 2,
    comers: [E],
    script: [scaleTo(1), come('e')],
    change: { deep: true },
  }),
  preemptionWorld({
    name: 'preempt-stranger',
    title: 'an unmanaged Pod has half of the node',
    capacity: 2,
    pods: 1,
    comers: [E],
    script: [come('e')],
    change: { deep: true, foreign: [{ name: 'foreign', node: 'n1', requests: ONE, priority: 0 }] },
  }),
  preemptionWorld({
    name: 'preempt-half',
    title:
      'half of the node is free, and the victim is replaced before the preemptor, which needs all of it, can come',
    capacity: 2,
    pods: 1,
    comers: [{ ...E, size: 2 }],
    script: [come('e')],
    change: { deep: true },
  }),
  preemptionWorld({
    name: 'preempt-twice',
    title: 'the preemptor is preempted in its turn',
    capacity: 1,
    pods: 1,
    comers: [E, { set: 'f', priority: 20 }],
    script: [come('e'), come('f')],
    change: { deep: true },
  }),
];
