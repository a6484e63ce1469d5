/**
 * Worlds of the two ends of one link and nothing else: the link's machines and the handshake in stubs that only mint,
 * end and run Pods. Each is also a TLA+ world (`proofs-tla/Link.tla`), state for state and step for step.
 */
import type { WorldDescription } from './description.ts';

const base = {
  stages: [
    {
      peer: 'replicaset',
      use: 'stub/upper',
      deaf: ['replicaSetObserved', 'podObserved', 'switchObserved', 'synced'],
    },
    {
      peer: 'scheduler',
      use: 'stub/lower',
      deaf: ['nodeObserved', 'replicaSetObserved', 'podObserved', 'switchObserved', 'synced'],
    },
  ],
  nodes: [],
  runtime: 'runs',
  reduce: false,
  renews: true,
  spec: 'MCLink',
  always: ['NoFalseConfirm', 'CacheCoherent', 'SessionFenced', 'PhaseMonotonic'],
  eventually: ['TombstonesCollected', 'HoldersMeet'],
  sometimes: ['linkOpens', 'tombstoneHeld', 'tombstoneCollected'],
} as const satisfies Omit<WorldDescription, 'name' | 'title' | 'faults'>;

/** Worlds of two ends. @public */
export const ENDS_WORLDS: readonly WorldDescription[] = [
  {
    ...base,
    name: 'ends',
    title: 'two ends open a link; one Pod is minted and ended',
    faults: { misdial: 0, prompts: { mint: 1, end: 1 } },
  },
  {
    ...base,
    name: 'ends-break',
    title: 'the link breaks, and what was under way arrives at any later time',
    faults: { misdial: 0, break: 1, linger: 1, prompts: { mint: 1, end: 1 } },
  },
  {
    ...base,
    name: 'ends-news',
    title: 'a Pod changes, dies, turns up or is refused while the link breaks',
    faults: { misdial: 0, break: 1, linger: 1, prompts: { mint: 1, end: 1, change: 1, die: 1, full: 1 } },
  },
  {
    ...base,
    name: 'ends-crash',
    title: 'either end crashes between any two effects',
    faults: { misdial: 0, crash: { replicaset: 1, scheduler: 1 }, linger: 1, prompts: { mint: 1, end: 1 } },
  },
  {
    ...base,
    name: 'ends-leaders',
    title: 'a second life of the upper end begins while the first still runs',
    faults: { misdial: 0, usurp: { replicaset: 1 }, prompts: { mint: 1, end: 1 } },
    sometimes: [...base.sometimes, 'twoLeaders', 'leaderStopped'],
  },
  {
    ...base,
    name: 'ends-leaders-below',
    title: 'a second life of the lower end begins while the first still runs, and is dialled',
    faults: { misdial: 1, usurp: { scheduler: 1 }, prompts: { mint: 1, end: 1 } },
    sometimes: [...base.sometimes, 'twoLeaders', 'leaderStopped'],
  },
  {
    ...base,
    name: 'ends-leaders-below-break',
    title: 'the same, and the link breaks: the first life is dialled when the second already runs Pods',
    deep: true,
    faults: { misdial: 1, usurp: { scheduler: 1 }, break: 1, prompts: { mint: 1, end: 1 } },
    sometimes: [...base.sometimes, 'twoLeaders', 'leaderStopped'],
  },
  {
    ...base,
    name: 'ends-duplicate',
    title: 'a Hello is duplicated, and the link breaks',
    faults: { misdial: 0, break: 1, linger: 1, duplicate: 1, prompts: { mint: 1, end: 1 } },
  },
  {
    ...base,
    name: 'ends-found',
    title: 'the lower end finds a Pod, which changes and is ended, while the link breaks',
    faults: { misdial: 0, break: 1, linger: 1, prompts: { find: 1, end: 1, change: 1 } },
  },
  {
    ...base,
    name: 'ends-crash-news',
    title: 'either end crashes while a Pod changes',
    faults: {
      misdial: 0,
      crash: { replicaset: 1, scheduler: 1 },
      linger: 1,
      prompts: { mint: 1, end: 1, change: 1 },
    },
  },
  {
    ...base,
    name: 'ends-two-pods',
    title: 'two Pods, one of them ended, while the link breaks',
    faults: { misdial: 0, break: 1, prompts: { mint: 2, end: 1 } },
  },
  {
    ...base,
    name: 'ends-two-pods-late',
    title: 'two Pods, both ended, and what was under way arrives at any later time',
    deep: true,
    faults: { misdial: 0, break: 1, linger: 1, prompts: { mint: 2, end: 2 } },
  },
  {
    ...base,
    name: 'ends-break-twice',
    title: 'the link breaks twice, and what was under way each time arrives at any later time',
    deep: true,
    faults: { misdial: 0, break: 2, linger: 2, prompts: { mint: 1, end: 1 } },
  },
  {
    ...base,
    name: 'ends-leaders-break',
    title: 'a second life of the upper end begins, and links break',
    deep: true,
    faults: { misdial: 0, usurp: { replicaset: 1 }, break: 1, prompts: { mint: 1, end: 1 } },
    sometimes: [...base.sometimes, 'twoLeaders', 'leaderStopped'],
  },
];
