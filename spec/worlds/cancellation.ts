/**
 * Worlds of one node that is cancelled, and nothing else: S's machines of the link and of the cancellation, K's link
 * and drain, the Node at the API Server. Each is also a TLA+ world (`proofs-tla/Cancellation.tla`), state for state
 * and step for step. They begin with the link open and one Pod running.
 */
import type { WorldDescription } from './description.ts';
import { ONE } from './objects.ts';
import { SECOND_SCHEDULER_OPENS } from './openings.ts';

const base = {
  stages: [
    {
      peer: 'scheduler',
      use: 'stub/canceller',
      deaf: ['nodeObserved', 'replicaSetObserved', 'podObserved', 'switchObserved', 'synced'],
    },
    {
      peer: 'kubelet/n1',
      use: 'stub/drainer',
      deaf: ['nodeObserved', 'podObserved', 'switchObserved', 'synced'],
    },
  ],
  nodes: [{ name: 'n1', capacity: ONE }],
  runtime: 'runs',
  reduce: false,
  renews: true,
  settled: true,
  spec: 'MCCancellation',
  always: ['NoFalseConfirm', 'TerminationIrreversible', 'CancelledStaysOut', 'PhaseMonotonic'],
  eventually: ['TombstonesCollected', 'HoldersMeet'],
  sometimes: ['linkOpens', 'nodeMarked', 'nodeDrained', 'podRuns', 'tombstoneCollected'],
} as const satisfies Omit<WorldDescription, 'name' | 'title' | 'faults'>;

/** The same, by the machines alone: the module dials only who holds its Lease. */
const { spec: _, ...alone } = base;

/** The same, and K watches its Node: a mark is heeded between two reads. */
const watching = {
  ...base,
  stages: [base.stages[0], { ...base.stages[1], deaf: ['podObserved', 'switchObserved', 'synced'] }],
} as const;

/** Worlds of one node's cancellation. @public */
export const CANCELLATION_WORLDS: readonly WorldDescription[] = [
  {
    ...base,
    name: 'cancel',
    title: 'the link breaks, and the timer runs out before it is open again; a Pod is ended',
    faults: { misdial: 0, break: 1, timers: { unreachable: 1 }, prompts: { end: 1 } },
  },
  {
    ...watching,
    name: 'cancel-watch',
    title: 'the same, and K sees the mark on its Node by its watch too',
    deep: true,
    faults: { misdial: 0, break: 1, timers: { unreachable: 1 }, prompts: { end: 1 } },
  },
  {
    ...base,
    name: 'cancel-lost',
    title:
      'the link has broken and the timer has run out: the reply to the mark is lost, whether it is written now, later or never',
    deep: true,
    faults: { misdial: 0, break: 1, timers: { unreachable: 1 }, lostReply: 1, loses: ['mark'] },
    begins: [
      'break scheduler~1:node/n1#1',
      'told scheduler~1:node/n1#1 up',
      'early scheduler~1',
      'answer scheduler~1',
    ],
    sometimes: ['linkOpens', 'nodeMarked', 'nodeDrained', 'podRuns'],
  },
  {
    ...base,
    name: 'cancel-leaders',
    title: 'a second S begins, and the first one, which it cuts off, cancels the node',
    faults: { misdial: 0, usurp: { scheduler: 1 }, timers: { unreachable: 1 } },
    sometimes: ['linkOpens', 'nodeMarked', 'nodeDrained', 'podRuns', 'twoLeaders', 'leaderStopped'],
  },
  {
    ...alone,
    name: 'cancel-leaders-misdial',
    title: 'the same, and the first S is dialled once more, with a Pod to be ended',
    deep: true,
    faults: { misdial: 1, usurp: { scheduler: 1 }, timers: { unreachable: 1 }, prompts: { end: 1 } },
    sometimes: ['linkOpens', 'nodeMarked', 'nodeDrained', 'podRuns', 'twoLeaders', 'leaderStopped'],
  },
  {
    ...base,
    name: 'cancel-both',
    title:
      'two S cancel the node: the second one has tried to end its Pod, and reads the Node; the first one may yet mark it',
    deep: true,
    faults: {
      misdial: 0,
      break: 1,
      usurp: { scheduler: 1 },
      timers: { unreachable: 2 },
      prompts: { end: 1 },
    },
    begins: [
      'usurp scheduler',
      ...SECOND_SCHEDULER_OPENS,
      'prompt scheduler~2 end/r1-1',
      'break scheduler~2:node/n1#1',
      'told scheduler~2:node/n1#1 up',
      'told scheduler~1',
      'early scheduler~2',
    ],
    always: [...base.always, 'NoNeedlessEnd'],
    sometimes: ['nodeMarked', 'nodeDrained', 'twoLeaders', 'leaderStopped', 'tombstoneCollected'],
  },
];
