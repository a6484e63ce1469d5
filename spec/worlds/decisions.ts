/** What worlds of D's and R's decisions alone have in common: beside them are the stock Deployment controller and people. */
import type { WorldDescription } from './description.ts';
import { deployment, replicaSet } from './objects.ts';

/** They begin with the first ReplicaSet at rest. */
export const DECISIONS = {
  stages: [
    { peer: 'deployment', use: 'stub/decider', deaf: ['switchObserved', 'synced'] },
    { peer: 'replicaset', use: 'stub/follower', deaf: ['podObserved', 'switchObserved', 'synced'] },
  ],
  nodes: [],
  runtime: 'runs',
  reduce: false,
  settled: true,
} as const satisfies Partial<WorldDescription>;

/** One Deployment, and its ReplicaSet. */
export const ONE_DEPLOYMENT = {
  deployments: [deployment(1)],
  replicaSets: [replicaSet(1)],
} as const satisfies Partial<WorldDescription>;
