/** Writes that the fence of leaders judges (`impl/deploy/fence.ts`): denied once this life is superseded, or while an API server lags. */
import { holds } from '../../../machines/ownership/lease.ts';
import { readPeerIncarnation } from '../incarnation.ts';
import { pause } from '../kubernetes/backoff.ts';
import { denyingPolicy } from '../kubernetes/errors.ts';
import { FENCE_POLICIES } from '../names.ts';
import type { Life } from './runner.ts';

/** Until an API server that does not show our own incarnation yet is asked again, and for how long in all, ms. */
const LAG = { again: 100, within: 5_000 };

const isFenced = (error: unknown) =>
  (FENCE_POLICIES as readonly string[]).includes(denyingPolicy(error) ?? '');

/**
 * Runs such a write. A denial is no answer at first: our Lease tells whether this life is over, or the API server is late to know it. One that
 * goes on while we hold the Lease is a refusal as any other, and the machine's to answer.
 */
export async function fenced<T>(
  life: Pick<Life, 'self' | 'client' | 'namespace' | 'incarnation' | 'signal' | 'stop'>,
  write: () => Promise<T>,
  lag = LAG,
): Promise<T> {
  const end = performance.now() + lag.within;
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!isFenced(error) || life.signal.aborted) throw error;
      const { incarnation } = await readPeerIncarnation(life.client, life.self, life.namespace);
      if (!holds(life.incarnation, incarnation)) {
        life.stop('a write was denied: the Lease is held by another');
        throw error;
      }
      if (performance.now() >= end) throw error;
      await pause(lag.again, life.signal);
    }
  }
}
