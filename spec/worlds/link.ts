/** Worlds of one link: R above, a stub of all below it; a stub of D gives the want. */
import type { WorldDescription } from './description.ts';
import { deployment, replicaSet } from './objects.ts';

const base = {
  stages: [
    { peer: 'deployment', use: 'stub/deployment', deaf: ['synced', 'switchObserved'] },
    { peer: 'replicaset', use: 'replicaset', deaf: ['podObserved'] },
    {
      peer: 'scheduler',
      use: 'stub/scheduler',
      deaf: ['nodeObserved', 'replicaSetObserved', 'podObserved', 'switchObserved', 'synced'],
    },
  ],
  nodes: [],
  runtime: 'runs',
  deployments: [deployment(1)],
  replicaSets: [replicaSet(1)],
  script: [{ act: 'scale', deployment: 'd', replicas: 0 }],
  reduce: true,
  settled: true,
  quiet: ['deployment'],
  always: ['CacheCoherent', 'SessionFenced', 'PhaseMonotonic', 'SingleOwner', 'NoNeedlessEnd'],
  eventually: ['Converges', 'TombstonesCollected'],
  sometimes: ['linkOpens', 'tombstoneHeld', 'tombstoneCollected'],
} as const satisfies Omit<WorldDescription, 'name' | 'title' | 'faults'>;

/** Worlds of one link. @public */
export const LINK_WORLDS: readonly WorldDescription[] = [
  {
    ...base,
    name: 'link',
    title: 'R and a stub below open a link; scale 1 to 0, no faults',
    settled: false,
    faults: {},
  },
  {
    ...base,
    name: 'link-late',
    title: 'the link breaks, and what was under way arrives at any later time',
    faults: { break: 1, linger: 1 },
  },
  {
    ...base,
    name: 'link-duplicate',
    title: 'a Hello is duplicated, and the link breaks',
    faults: { break: 1, duplicate: 1 },
  },
  {
    ...base,
    name: 'link-crash',
    title: 'R crashes between any two effects',
    faults: { crash: { replicaset: 1 }, linger: 1 },
    sometimes: [...base.sometimes, 'secondIncarnation'],
  },
  {
    ...base,
    name: 'link-leaders',
    title: 'a second R takes over while the first still runs',
    faults: { usurp: { replicaset: 1 } },
    sometimes: [...base.sometimes, 'twoLeaders', 'leaderStopped'],
  },
  {
    ...base,
    name: 'link-leaders-break',
    title: 'the same with a broken link whose messages arrive late',
    deep: true,
    faults: { usurp: { replicaset: 1 }, break: 1, linger: 1 },
    sometimes: [...base.sometimes, 'twoLeaders', 'leaderStopped'],
  },
];
