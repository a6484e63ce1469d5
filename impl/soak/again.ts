/** Requests of a soak, asked again where no answer came: a machine that sleeps for a while is no finding. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isKubernetesError, KubernetesError } from '../controller/kubernetes/errors.ts';

const TIMES = 20;

/** What was asked before, and may have been done, counts as done. @public */
export async function again<T>(ask: () => Promise<T>): Promise<T | undefined> {
  for (let time = 1; ; time += 1)
    try {
      return await ask();
    } catch (error) {
      if (time > 1 && isKubernetesError(error, 'AlreadyExists', 'NotFound', 'Conflict')) return undefined;
      if (!(error instanceof KubernetesError) || error.status !== 0 || time === TIMES) throw error;
      await sleep(1_000);
    }
}
