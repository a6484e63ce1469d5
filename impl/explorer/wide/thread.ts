/** A thread of a wide search: told which states to look at, and which of those it told of are new. */
import { parentPort, workerData } from 'node:worker_threads';
import { settingOf } from '../stages.ts';
import { type Beginning, Expander } from './expand.ts';

/** What a thread is told. */
export interface Order {
  readonly from: number;
  readonly to: number;
  /** Of what it told before: the first state, and which successors were new. */
  readonly fresh: readonly (readonly [number, Uint8Array])[];
}

const { description, mutants, ...rest } = workerData as Beginning;
const expander = new Expander(settingOf(description, new Set(mutants)), rest);

parentPort?.on('message', ({ from, to, fresh }: Order) => {
  for (const [first, isNew] of fresh) expander.keep(first, isNew);
  parentPort?.postMessage({ expansion: expander.expand(from, to), remade: expander.remade });
});
