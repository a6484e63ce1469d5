/** Worlds too large to search: only walked at random, with many faults. */
import { chainWorld, SAFETY } from './chain.ts';
import type { FaultBudget, StageChoice, UserAct, WorldDescription } from './description.ts';
import { deployment, replicaSet, room } from './objects.ts';

const MANY: FaultBudget = {
  crash: { replicaset: 2, scheduler: 2, 'kubelet/n1': 2, 'kubelet/n2': 2 },
  nodeCrash: { n1: 1, n2: 1 },
  usurp: { replicaset: 1, scheduler: 1 },
  break: 5,
  linger: 4,
  duplicate: 2,
  timers: { unreachable: 2, coolDown: 2, noRoom: 1, retry: 3, ambiguous: 0 },
  exit: 1,
  lostReply: 2,
};
const SCRIPT: readonly UserAct[] = [
  { act: 'scale', deployment: 'd', replicas: 3 },
  { act: 'scale', deployment: 'd', replicas: 1 },
  { act: 'deletePod', replicaSet: 'rs-t1' },
  { act: 'scale', deployment: 'd', replicas: 2 },
];
const change = {
  reduce: false,
  settled: false,
  walkOnly: true,
  sometimes: ['linkOpens', 'podRuns', 'twoPodsRun', 'tombstoneHeld', 'tombstoneCollected', 'podPublished'],
} as const;

/** All five stages; D and A are real. */
const FULL: readonly StageChoice[] = [
  { peer: 'autoscaler', use: 'autoscaler' },
  { peer: 'deployment', use: 'deployment' },
  { peer: 'replicaset', use: 'replicaset' },
  { peer: 'scheduler', use: 'scheduler' },
  { peer: 'kubelet/n1', use: 'kubelet' },
  { peer: 'kubelet/n2', use: 'kubelet' },
];

/** A low Deployment `d` fills two nodes; a high one, `e`, comes later. */
const PREEMPTION: Partial<WorldDescription> = {
  deployments: [deployment(3), deployment(0, 'e')],
  replicaSets: [
    replicaSet(3),
    replicaSet(0, { uid: 'rs-e', name: 'e-t1', deployment: 'e', priority: 10, requests: room(2) }),
  ],
  script: [
    { act: 'scale', deployment: 'e', replicas: 1 },
    { act: 'scale', deployment: 'd', replicas: 2 },
    { act: 'scale', deployment: 'e', replicas: 0 },
    { act: 'scale', deployment: 'e', replicas: 1 },
  ],
};

/** Worlds for the random walker. @public */
export const WIDE_WORLDS: readonly WorldDescription[] = [
  chainWorld({
    name: 'wide-preemption',
    title: 'R, S and two K; a Pod of high priority needs the room of two others',
    nodes: 2,
    faults: MANY,
    change: {
      ...change,
      ...PREEMPTION,
      eventually: ['Converges', 'TombstonesCollected', 'NoLeak', 'PreemptorRuns'],
      sometimes: [...change.sometimes, 'preemptionWaits'],
    },
  }),
  chainWorld({
    name: 'wide-full',
    title: 'all five stages, two K; scaling from outside and by A; every fault',
    nodes: 2,
    runtime: 'publish',
    faults: {
      ...MANY,
      crash: { ...MANY.crash, autoscaler: 1, deployment: 2 },
      usurp: { deployment: 1, replicaset: 1 },
    },
    script: [
      { act: 'request', deployment: 'd', replicas: 2 },
      { act: 'scale', deployment: 'd', replicas: 3 },
      { act: 'request', deployment: 'd', replicas: 1 },
      { act: 'scale', deployment: 'd', replicas: 2 },
    ],
    change: {
      ...change,
      stages: FULL,
      quiet: [],
      always: [...SAFETY, 'ScaleNotLost'],
    },
  }),
  chainWorld({
    name: 'wide-runs',
    title: 'R, S and two K that run containers; every fault',
    pods: 2,
    nodes: 2,
    script: SCRIPT,
    faults: MANY,
    change: {
      ...change,
      sometimes: [...change.sometimes, 'nodeMarked', 'nodeDrained', 'twoLeaders', 'leaderStopped'],
    },
  }),
  chainWorld({
    name: 'wide-publish',
    title: "R, S and two K that publish to the nodes' own kubelets; every fault",
    pods: 2,
    nodes: 2,
    runtime: 'publish',
    script: SCRIPT,
    faults: MANY,
    change,
  }),
];
