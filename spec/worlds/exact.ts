/**
 * Worlds of R, S and the K of each node, with nothing left out of their links: no reduction, every read and every watch
 * a step of its own. Their ReplicaSet has no Deployment, so that R follows its replicas and nobody need stand in for D.
 * Each is also a TLA+ world (`proofs-tla/Chain.tla`), state for state and step for step.
 */
import type { FaultBudget, StageChoice, UserAct, WorldDescription } from './description.ts';
import { replicaSet, room } from './objects.ts';
import { SECOND_REPLICASET, SECOND_SCHEDULER, SECOND_SCHEDULER_OPENS } from './openings.ts';

/** Where R was told of one Pod, K has started it and asked for its object, and all above has heard. @internal */
export const CREATED = [
  'user',
  'watch replicaset~1',
  'watch scheduler~1',
  'deliver replicaset~1:downstream#1 down',
  'deliver scheduler~1:node/n1#1 down',
  'container',
  'answer kubelet/n1~1',
  'answer kubelet/n1~1',
  'deliver scheduler~1:node/n1#1 up',
  'deliver scheduler~1:node/n1#1 up',
  'deliver replicaset~1:downstream#1 up',
  'deliver replicaset~1:downstream#1 up',
];

/** What must hold in every world of the chain. @internal */
export const CHAIN_SAFETY = [
  'UniquePlacement',
  'TerminationIrreversible',
  'NoFalseConfirm',
  'SingleOwner',
  'CacheCoherent',
  'TailPublishes',
  'NodeCapacity',
  'PhaseMonotonic',
  'SessionFenced',
] as const;

const NODE_UNWATCHED = ['synced', 'switchObserved', 'nodeObserved'] as const;

const ABOVE: readonly StageChoice[] = [
  { peer: 'replicaset', use: 'replicaset', deaf: ['podObserved'] },
  { peer: 'scheduler', use: 'scheduler', deaf: ['switchObserved', 'nodeObserved', 'synced'] },
];

interface ExactOptions {
  readonly name: string;
  readonly title: string;
  readonly faults: FaultBudget;
  /** Pods that run at first. */
  readonly pods?: number;
  readonly nodes?: number;
  readonly script?: readonly UserAct[];
  readonly change?: Partial<WorldDescription>;
}

/** People scale a ReplicaSet. @public */
export const scaleTo = (replicas: number, set = 'rs-t1'): UserAct => ({
  act: 'scaleReplicaSet',
  replicaSet: set,
  replicas,
});
/** People delete a Pod of it. @public */
export const DELETE = { act: 'deletePod', replicaSet: 'rs-t1' } as const satisfies UserAct;

/** And the ReplicaSet, with its Pods. */
const REMOVE: UserAct = { act: 'deleteReplicaSet', uid: 'rs-t1' };

/** A world of R, S and the K of each node, nodes of room for two Pods each. @public */
export function exactWorld(options: ExactOptions): WorldDescription {
  const { name, title, faults, pods = 1, nodes = 1, script = [scaleTo(0)] } = options;
  const names = Array.from({ length: nodes }, (_, at) => `n${at + 1}`);
  const tail = (node: string): StageChoice => ({
    peer: `kubelet/${node}`,
    use: 'kubelet',
    deaf: NODE_UNWATCHED,
  });
  return {
    name,
    title,
    faults: { misdial: 0, ...faults },
    script,
    stages: [...ABOVE, ...names.map(tail)],
    nodes: names.map((node) => ({ name: node, capacity: room(2), known: true })),
    runtime: 'runs',
    replicaSets: [replicaSet(pods, { deployment: null })],
    reduce: false,
    renews: true,
    settled: true,
    spec: 'MCChain',
    always: [...CHAIN_SAFETY, 'Refines', ...(script.includes(REMOVE) ? (['NoneForDeleted'] as const) : [])],
    eventually: ['Converges', 'TombstonesCollected', 'NoLeak'],
    sometimes: ['linkOpens', 'podRuns', 'podPublished'],
    ...options.change,
  };
}

/** A world that begins where a script leads. */
const voidMark = exactWorld({
  name: 'exact-void-mark',
  title:
    'the first S marks a node that works for the second one: the mark is void. The second one is gone, a third one begins',
  faults: { usurp: { scheduler: 1 }, crash: { scheduler: 1 }, timers: { unreachable: 1 } },
  change: {
    begins: [
      'usurp scheduler',
      'answer scheduler~2',
      ...SECOND_SCHEDULER_OPENS,
      'told scheduler~1:node/n1#1 up',
      'early scheduler~1',
      'answer scheduler~1',
      'land',
      'user',
      'watch replicaset~1',
      'lapse scheduler~1',
      'crash scheduler~2 false',
      'start scheduler',
    ],
    sometimes: ['nodeMarked', 'tombstoneCollected'],
  },
});

/** Two Pods on two nodes, scaled to 1, and two leaders of R and of S at once: it begins when the second ones have begun. */
const allLeaders = (name: string, title: string, begins: readonly string[]) =>
  exactWorld({
    name,
    title,
    pods: 2,
    nodes: 2,
    script: [scaleTo(1)],
    faults: { usurp: { scheduler: 1, replicaset: 1 } },
    change: {
      deep: true,
      begins,
      sometimes: ['podRuns', 'twoLeaders', 'leaderStopped', 'tombstoneHeld', 'tombstoneCollected'],
    },
  });

const ENDS_ONE = ['user', 'watch replicaset~1'];
const TAKEN = [
  ...ENDS_ONE,
  'deliver replicaset~1:downstream#1 down',
  ...SECOND_SCHEDULER,
  'usurp replicaset',
];
const ALL_LEADERS: readonly WorldDescription[] = [
  allLeaders(
    'exact-leaders-all',
    'two Pods, two nodes, two R and two S: the first R has told the first S to end a Pod when the second S takes both nodes',
    TAKEN,
  ),
  allLeaders('exact-leaders-all-offered', 'the same, from where the second S has answered the second R', [
    ...TAKEN,
    'connect replicaset~2',
    'deliver replicaset~2:downstream#1 down',
    'answer scheduler~2',
  ]),
  allLeaders(
    'exact-leaders-all-above',
    'the same, but the second R opens its link to the first S, which has yet to hear of the first R, before the second S takes both nodes',
    [...ENDS_ONE, ...SECOND_REPLICASET, ...SECOND_SCHEDULER],
  ),
];

/** Worlds of the chain that are TLA+ worlds too. @public */
export const EXACT_WORLDS: readonly WorldDescription[] = [
  exactWorld({
    name: 'exact',
    title: 'one Pod, one node, scaled to 0; no faults',
    faults: {},
    change: { sometimes: ['podRuns', 'tombstoneHeld', 'tombstoneCollected'] },
  }),
  exactWorld({
    name: 'exact-break',
    title: 'a link breaks, and what was under way arrives at any later time',
    faults: { break: 1, linger: 1 },
    change: { deep: true },
  }),
  exactWorld({
    name: 'exact-deleted',
    title: 'people delete the Pod; it is replaced under a new uid',
    faults: {},
    script: [DELETE],
    change: { deep: true },
  }),
  exactWorld({
    name: 'exact-removed',
    title: 'people delete the ReplicaSet; garbage collection ends its Pod',
    faults: {},
    script: [REMOVE],
    change: { sometimes: ['podRuns', 'tombstoneHeld', 'tombstoneCollected'] },
  }),
  exactWorld({
    name: 'exact-crash-replicaset',
    title: 'R crashes between any two effects',
    faults: { crash: { replicaset: 1 } },
  }),
  exactWorld({
    name: 'exact-crash-scheduler',
    title: 'S crashes between any two effects',
    faults: { crash: { scheduler: 1 } },
  }),
  exactWorld({
    name: 'exact-crash-kubelet',
    title: 'K crashes between any two effects; its containers live',
    faults: { crash: { 'kubelet/n1': 1 } },
    change: { deep: true },
  }),
  exactWorld({
    name: 'exact-nodes',
    title: 'two Pods on two nodes, scaled to 1',
    pods: 2,
    nodes: 2,
    script: [scaleTo(1)],
    faults: {},
  }),
  exactWorld({
    name: 'exact-up',
    title: 'no Pod at first, scaled to 1',
    pods: 0,
    script: [scaleTo(1)],
    faults: {},
  }),
  exactWorld({
    name: 'exact-up-crash',
    title: 'no Pod at first, scaled to 1, while K crashes between any two effects',
    pods: 0,
    script: [scaleTo(1)],
    faults: { crash: { 'kubelet/n1': 1 } },
    change: { deep: true },
  }),
  exactWorld({
    name: 'exact-up-lost',
    title: 'no Pod at first, scaled to 1; the reply to the create is lost',
    pods: 0,
    script: [scaleTo(1)],
    faults: { lostReply: 1 },
    change: { deep: true },
  }),
  exactWorld({
    name: 'exact-up-lost-down',
    title: 'the same, and scaled to 0 again at any moment',
    pods: 0,
    script: [scaleTo(1), scaleTo(0)],
    faults: { lostReply: 1 },
    change: { deep: true, sometimes: ['podRuns', 'tombstoneHeld', 'tombstoneCollected'] },
  }),
  exactWorld({
    name: 'exact-up-refused',
    title:
      'no Pod at first, scaled to 1; the create is refused: the quota, a name that is taken, by somebody or by the Pod itself',
    pods: 0,
    script: [scaleTo(1)],
    faults: { refused: 1 },
    change: { deep: true, begins: CREATED },
  }),
  exactWorld({
    name: 'exact-up-gap',
    title:
      'K lists its Pods, twice at once: its Pod was created meanwhile, and is deleted by force while its watch has a gap',
    pods: 0,
    script: [scaleTo(1), { ...DELETE, force: true }],
    faults: { gap: { n1: 2 } },
    change: {
      begins: [...CREATED, 'gap kubelet/n1~1', 'land', 'answer kubelet/n1~1 1', 'user', 'gap kubelet/n1~1'],
      eventually: ['RunningShown', 'Converges', 'TombstonesCollected', 'NoLeak'],
      sometimes: ['podRuns', 'tombstoneHeld'],
    },
  }),
  exactWorld({
    name: 'exact-delete-lost',
    title: 'one Pod, scaled to 0; the reply to a delete is lost, whether it is done now, later or never',
    faults: { lostReply: 1, loses: ['deletePod'] },
    change: { sometimes: ['podRuns', 'tombstoneHeld', 'tombstoneCollected'] },
  }),
  exactWorld({
    name: 'exact-leaders-scheduler',
    title: 'a second S begins while the first still runs',
    faults: { usurp: { scheduler: 1 } },
    change: { deep: true, sometimes: ['podRuns', 'twoLeaders', 'leaderStopped'] },
  }),
  exactWorld({
    name: 'exact-leaders-replicaset',
    title: 'a second R begins while the first still runs; nothing is scaled',
    script: [],
    faults: { usurp: { replicaset: 1 } },
    change: { deep: true, sometimes: ['podRuns', 'twoLeaders', 'leaderStopped'] },
  }),
  exactWorld({
    name: 'exact-cancel',
    title: 'two nodes; one is given up while its K lives, and comes back',
    nodes: 2,
    script: [],
    faults: { break: 1, timers: { unreachable: 1 } },
    change: { deep: true, sometimes: ['podRuns', 'nodeMarked', 'nodeDrained'] },
  }),
  exactWorld({
    name: 'exact-cancel-leaders',
    title: 'one node, two S, and the node is given up',
    script: [],
    faults: { usurp: { scheduler: 1 }, timers: { unreachable: 1 } },
    change: { deep: true, sometimes: ['podRuns', 'nodeMarked', 'nodeDrained', 'twoLeaders'] },
  }),
  exactWorld({
    name: 'exact-two-crash',
    title: 'two Pods on two nodes, scaled to 1, and S crashes',
    pods: 2,
    nodes: 2,
    script: [scaleTo(1)],
    faults: { crash: { scheduler: 1 } },
    change: { deep: true },
  }),
  exactWorld({
    name: 'exact-two-break',
    title: 'two Pods on two nodes, scaled to 1, and a link breaks',
    pods: 2,
    nodes: 2,
    script: [scaleTo(1)],
    faults: { break: 1 },
    change: { deep: true },
  }),
  voidMark,
  ...ALL_LEADERS,
];
