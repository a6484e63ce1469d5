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
  quiet: ['deployment'],
  always: ['CacheCoherent', 'SessionFenced', 'PhaseMonotonic', 'SingleOwner', 'NoNeedlessEnd'],
  eventually: ['Converges', 'TombstonesCollected'],
  sometimes: ['linkOpens', 'tombstoneHeld', 'tombstoneCollected'],
} as const satisfies Omit<WorldDescription, 'name' | 'title' | 'faults'>;

/** Worlds of one link. @public */
export const LINK_WORLDS: readonly WorldDescription[] = [
  { ...base, name: 'link', title: 'R and a stub below: scale 1 to 0, no faults', faults: {} },
  {
    ...base,
    name: 'link-lossy',
    title: 'the same over a network that breaks once, delays beyond a session, and duplicates a Hello',
    faults: { break: 1, linger: 1, duplicate: 1 },
    sometimes: [...base.sometimes],
  },
  {
    ...base,
    name: 'link-crash',
    title: 'the same with a crash of R between any two effects and a broken link',
    faults: { crash: { replicaset: 1 }, break: 1, linger: 1 },
    sometimes: [...base.sometimes, 'secondIncarnation'],
  },
  {
    ...base,
    name: 'link-leaders',
    title: 'a second R takes over while the first still runs',
    faults: { usurp: { replicaset: 1 }, break: 1 },
    sometimes: [...base.sometimes, 'twoLeaders', 'leaderStopped'],
  },
];
