/** All mutants in their worlds, by as many workers as there are cores; each as soon as it is known. */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Tooth } from '../../spec/worlds/teeth.ts';
import type { Bite } from './bite.ts';

/** What each mutant broke, in the order in which they are given. */
export async function bites(
  teeth: readonly Tooth[],
  onBite: (bite: Bite) => void = () => {},
  workers = availableParallelism(),
): Promise<readonly Bite[]> {
  const found: Bite[] = [];
  let next = 0;
  const work = async () => {
    const worker = new Worker(new URL('./biteWorker.ts', import.meta.url));
    try {
      while (next < teeth.length) {
        const at = next;
        next += 1;
        worker.postMessage(teeth[at]);
        const [bite] = (await once(worker, 'message')) as [Bite];
        found[at] = bite;
        onBite(bite);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, teeth.length) }, work));
  return found;
}
