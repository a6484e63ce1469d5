/**
 * Figure 8 (growth): the cost of one step and the memory of one record, as records go from 100 to 100,000.
 *
 * All sizes of a stage are alive at once and their steps take turns, so that what disturbs the machine disturbs all of them.
 * Each step is timed alone, from the same state each time, of another Pod each time; the figure is the median. Memory is what
 * the heap holds more after a collection, with the state and without what built it.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { growKubelet } from './growth/kubelet.ts';
import { growReplicaSet } from './growth/replicaset.ts';
import { growQueue, growScheduler } from './growth/scheduler.ts';
import { growAutoscaler, growDeployment } from './growth/wants.ts';
import type { Case, GrownStage } from './growth/world.ts';
import { spreadOf } from './statistics.ts';

/** What can be grown: by Pods, or for D and A by Deployments. */
export const SUBJECTS = {
  R: { what: 'R, one ReplicaSet', grow: growReplicaSet },
  S: { what: 'S, 100 nodes', grow: (records: number) => growScheduler(records, 100) },
  'S waiting': { what: 'S, ten full nodes', grow: growQueue },
  'S nodes': {
    what: 'S, a node per 100 Pods',
    grow: (records: number) => growScheduler(records, Math.max(1, Math.ceil(records / 100))),
  },
  K: { what: 'K, publish', grow: (records: number) => growKubelet(records, 'publish') },
  'K runs': { what: 'K, runs', grow: (records: number) => growKubelet(records, 'runs') },
  D: { what: 'D, by Deployments', grow: growDeployment },
  A: { what: 'A, by Deployments', grow: growAutoscaler },
} as const;
/** One of {@link SUBJECTS}. */
export type Subject = keyof typeof SUBJECTS;

/** A kind of step at each size. */
export interface StepRow {
  readonly step: string;
  /** Median in microseconds, by size. */
  readonly microseconds: readonly number[];
  /** Of the median at each size to that at the first. */
  readonly ratios: readonly number[];
}
/** A stage at each size. */
export interface GrowthRow {
  readonly subject: Subject;
  readonly what: string;
  readonly sizes: readonly number[];
  /** Heap per record, by size. */
  readonly bytes: readonly number[];
  readonly steps: readonly StepRow[];
  /** Of a link that opens again and differs in ten Pods, by size; empty where that is not looked at. */
  readonly reconnectBytes: readonly number[];
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
function heap(): number {
  for (let i = 0; i < 3; i++) collect();
  return process.memoryUsage().heapUsed;
}

/** The state alone: what built it, and the events of its cases, are let go. */
function bytesPerRecord(subject: Subject, records: number): number {
  const before = heap();
  const { state } = (() => ({ state: SUBJECTS[subject].grow(records).state }))();
  const after = heap();
  return state === null ? 0 : Math.round((after - before) / records);
}

const ROUND = 50;

function time(stage: GrownStage['stage'], { state, events }: Case, from: number, into: number[]): void {
  for (let i = 0; i < Math.min(ROUND, events.length); i++) {
    const event = events[(from + i) % events.length] as Case['events'][number];
    const begin = process.hrtime.bigint();
    stage.step(state, event);
    into.push(Number(process.hrtime.bigint() - begin) / 1000);
  }
}

function timeCase(grown: readonly GrownStage[], index: number, rounds: number): StepRow {
  const samples: number[][] = grown.map(() => []);
  for (let round = -2; round < rounds; round++)
    for (const [size, { stage, cases }] of grown.entries())
      time(stage, cases[index] as Case, (round + 2) * ROUND, round < 0 ? [] : (samples[size] as number[]));
  const microseconds = samples.map((each) => spreadOf(each).median);
  const { name } = (grown[0] as GrownStage).cases[index] as Case;
  const ratios = microseconds.map((each) => each / (microseconds[0] as number));
  return { step: name, microseconds, ratios };
}

/**
 * Measures one stage.
 *
 * @param sizes - numbers of records; ratios are to the first
 * @param rounds - of 50 steps each
 */
export function measureGrowth(subject: Subject, sizes: readonly number[], rounds: number): GrowthRow {
  bytesPerRecord(subject, 100); // compiles what is compiled once
  const bytes = sizes.map((records) => bytesPerRecord(subject, records));
  const grown = sizes.map((records) => SUBJECTS[subject].grow(records));
  const cases = (grown[0] as GrownStage).cases;
  const steps = cases.map((_, i) => timeCase(grown, i, rounds));
  const reconnectBytes = grown.flatMap(({ reconnectBytes: each }) => each ?? []);
  return { subject, what: SUBJECTS[subject].what, sizes, bytes, steps, reconnectBytes };
}
