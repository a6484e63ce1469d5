/** Worlds too large to search: only walked at random, with many faults. */
import { chainWorld } from './chain.ts';
import type { FaultBudget, UserAct, WorldDescription } from './description.ts';

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
  walkOnly: true,
  sometimes: ['linkOpens', 'podRuns', 'twoPodsRun', 'tombstoneHeld', 'tombstoneCollected', 'podPublished'],
} as const;

/** Worlds for the random walker. @public */
export const WIDE_WORLDS: readonly WorldDescription[] = [
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
