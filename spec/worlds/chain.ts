/** Worlds of the chain R–S–K under a stub of D that gives the want. */
import type { FaultBudget, StageChoice, UserAct, WorldDescription } from './description.ts';
import { deployment, replicaSet, room } from './objects.ts';

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
    name: 'chain-crash-scheduler',
    title: 'S crashes once, between any two effects',
    faults: { crash: { scheduler: 1 } },
  }),
  chainWorld({
    name: 'chain-crash-kubelet',
    title: 'K crashes once, between any two effects; its containers live',
    faults: { crash: { 'kubelet/n1': 1 } },
  }),
  chainWorld({
    name: 'chain-node-crash',
    title: 'the node crashes: containers die with K',
    faults: { nodeCrash: { n1: 1 } },
  }),
  chainWorld({
    name: 'chain-crash-replicaset',
    title: 'R crashes once, between any two effects',
    faults: { crash: { replicaset: 1 } },
  }),
  chainWorld({
    name: 'chain-break',
    title: 'a link breaks, and what was under way arrives late',
    faults: { break: 1, linger: 1 },
  }),
  chainWorld({
    name: 'chain-leaders',
    title: 'a second S takes over while the first runs',
    faults: { usurp: { scheduler: 1 } },
  }),
  chainWorld({
    name: 'chain-cancel',
    title: 'two nodes; one is given up while its K lives, and comes back',
    nodes: 2,
    faults: { break: 1, timers: { unreachable: 1 } },
    script: [],
  }),
  chainWorld({
    name: 'chain-cancel-leaders',
    title: 'two nodes, two S, and one node is given up',
    nodes: 2,
    faults: { break: 1, timers: { unreachable: 1 }, usurp: { scheduler: 1 } },
    script: [],
  }),
];
