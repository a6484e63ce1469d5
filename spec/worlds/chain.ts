/** Worlds of the chain R–S–K under a stub of D that gives the want. */
import type { FaultBudget, StageChoice, UserAct, WorldDescription } from './description.ts';
import { deployment, ONE, replicaSet, room } from './objects.ts';

/** Safety properties of a chain with K. @public */
export const SAFETY = [
  'UniquePlacement',
  'TerminationIrreversible',
  'NoFalseConfirm',
  'NoNeedlessEnd',
  'PhaseMonotonic',
  'SingleOwner',
  'CacheCoherent',
  'SessionFenced',
  'TailPublishes',
  'NodeCapacity',
  'PreemptionOrdered',
  'CancelledStaysOut',
] as const;
const LIVENESS = ['Converges', 'TombstonesCollected', 'NoLeak'] as const;

const CHAIN: readonly StageChoice[] = [
  { peer: 'deployment', use: 'stub/deployment', deaf: ['synced', 'switchObserved'] },
  { peer: 'replicaset', use: 'replicaset', deaf: ['podObserved'] },
  { peer: 'scheduler', use: 'scheduler' },
];

interface ChainOptions {
  readonly name: string;
  readonly title: string;
  readonly faults: FaultBudget;
  readonly pods?: number;
  readonly nodes?: number;
  readonly runtime?: 'runs' | 'publish';
  readonly script?: readonly UserAct[];
  readonly change?: Partial<WorldDescription>;
}

/** A world of R–S–K: `pods` wanted at first, nodes of room for two each. @public */
export function chainWorld(options: ChainOptions): WorldDescription {
  const { name, title, faults, pods = 1, nodes = 1, runtime = 'runs' } = options;
  const names = Array.from({ length: nodes }, (_, at) => `n${at + 1}`);
  return {
    name,
    title,
    faults,
    runtime,
    stages: [...CHAIN, ...names.map((node): StageChoice => ({ peer: `kubelet/${node}`, use: 'kubelet' }))],
    nodes: names.map((node) => ({ name: node, capacity: room(2), known: true })),
    deployments: [deployment(pods)],
    replicaSets: [replicaSet(pods)],
    script: options.script ?? [{ act: 'scale', deployment: 'd', replicas: 0 }],
    reduce: true,
    settled: true,
    quiet: ['deployment'],
    always: SAFETY,
    eventually: LIVENESS,
    sometimes: ['linkOpens', 'podRuns', 'tombstoneHeld', 'tombstoneCollected', 'podPublished'],
    ...options.change,
  };
}

/** Room for one Pod; `d` has it, and `e` is of higher priority. */
const RIVALS: Partial<WorldDescription> = {
  nodes: [{ name: 'n1', capacity: ONE, known: true }],
  deployments: [deployment(1), deployment(0, 'e')],
  replicaSets: [replicaSet(1), replicaSet(0, { uid: 'rs-e', name: 'e-t1', deployment: 'e', priority: 10 })],
};

/** Faults of one kind each. */
const FAULTS: readonly (readonly [string, string, FaultBudget])[] = [
  ['crash-replicaset', 'R crashes once, between any two effects', { crash: { replicaset: 1 } }],
  ['crash-scheduler', 'S crashes once, between any two effects', { crash: { scheduler: 1 } }],
  [
    'crash-kubelet',
    'K crashes once, between any two effects; its containers live',
    { crash: { 'kubelet/n1': 1 } },
  ],
  ['break', 'links break twice, and what was under way arrives late', { break: 2, linger: 2, duplicate: 1 }],
  ['leaders', 'a second S takes over while the first runs', { usurp: { scheduler: 1 } }],
];

/** With nothing else going on, in seconds; while the want changes, in minutes. */
const FAULTY = FAULTS.flatMap(([name, title, faults]) => [
  chainWorld({
    name: `chain-${name}`,
    title,
    faults,
    script: [],
    change: { sometimes: ['podRuns', 'podPublished'] },
  }),
  chainWorld({
    name: `chain-${name}-scaling`,
    title: `${title}; meanwhile 1 is scaled to 0`,
    faults,
    change: { deep: true },
  }),
]);

/** Worlds of the chain. @public */
export const CHAIN_WORLDS: readonly WorldDescription[] = [
  chainWorld({ name: 'chain', title: 'one Pod, one node, scale 1 to 0, no faults', faults: {} }),
  chainWorld({
    name: 'chain-publish',
    title: "the same where the node's own kubelet runs the containers",
    runtime: 'publish',
    faults: {},
  }),
  chainWorld({
    name: 'chain-two',
    title: 'one Pod scaled to two and to one',
    script: [
      { act: 'scale', deployment: 'd', replicas: 2 },
      { act: 'scale', deployment: 'd', replicas: 1 },
    ],
    faults: {},
    change: { deep: true, sometimes: ['twoPodsRun', 'tombstoneCollected'] },
  }),
  ...FAULTY,
  chainWorld({
    name: 'chain-crash-two',
    title: 'S and K crash once each, between any two effects',
    faults: { crash: { scheduler: 1, 'kubelet/n1': 1 } },
    script: [],
    change: { sometimes: ['podRuns', 'secondIncarnation'] },
  }),
  chainWorld({
    name: 'chain-node-crash',
    title: 'the node crashes: containers die with K',
    faults: { nodeCrash: { n1: 1 } },
    script: [],
    change: { deep: true, sometimes: ['podRuns', 'endedBeforeStart'] },
  }),
  chainWorld({
    name: 'chain-preemption',
    title: 'a Pod of high priority takes the room of the only other',
    faults: {},
    script: [{ act: 'scale', deployment: 'e', replicas: 1 }],
    change: {
      ...RIVALS,
      deep: true,
      eventually: ['TombstonesCollected', 'NoLeak', 'PreemptorRuns'],
      sometimes: ['preemptionWaits', 'tombstoneCollected'],
    },
  }),
  chainWorld({
    name: 'chain-preemption-break',
    title: 'the same, and links break: neither K nor R hears of the victim in time',
    faults: { break: 2 },
    script: [{ act: 'scale', deployment: 'e', replicas: 1 }],
    change: {
      ...RIVALS,
      deep: true,
      eventually: ['TombstonesCollected', 'NoLeak', 'PreemptorRuns'],
      sometimes: ['preemptionWaits', 'tombstoneCollected'],
    },
  }),
  chainWorld({
    name: 'chain-cancel',
    title: 'two nodes; one is given up while its K lives, and comes back',
    nodes: 2,
    faults: { break: 1, timers: { unreachable: 1 } },
    script: [],
    change: { deep: true, sometimes: ['nodeMarked', 'nodeDrained'] },
  }),
  chainWorld({
    name: 'chain-cancel-leaders',
    title: 'two nodes, two S, and one node is given up',
    nodes: 2,
    faults: { break: 1, timers: { unreachable: 1 }, usurp: { scheduler: 1 } },
    script: [],
    change: { deep: true, sometimes: ['nodeMarked', 'nodeDrained', 'twoLeaders'] },
  }),
];
