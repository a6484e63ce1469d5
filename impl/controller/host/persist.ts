/** Asking again what is safe to ask again, until it is answered or the life is over. */
import { Backoff, pause } from '../kubernetes/backoff.ts';
import { KubernetesError } from '../kubernetes/errors.ts';
import { errorFields } from './errorFields.ts';
import type { Life } from './runner.ts';

const TRANSIENT: ReadonlySet<number> = new Set([0, 401, 408, 429, 500, 502, 503, 504]);

/** Whether the API Server may answer otherwise if asked again: it was away, busy, or broken. */
export function isTransient(error: unknown): error is KubernetesError {
  return error instanceof KubernetesError && TRANSIENT.has(error.status);
}

/**
 * Runs an idempotent request until it succeeds or fails for good; transient failures are retried with growing waits.
 * Resolves to undefined if the life is over first. `then` is not called after the end of the life.
 */
export function persist<T>(
  life: Life,
  what: string,
  request: () => Promise<T>,
  then: (answer: T) => void,
  failed: (error: unknown) => void,
): void {
  const backoff = new Backoff({ baseMs: 50, maxMs: 2_000 });
  const attempt = async (): Promise<void> => {
    while (!life.signal.aborted) {
      try {
        const answer = await request();
        if (!life.signal.aborted) then(answer);
        return;
      } catch (error) {
        if (life.signal.aborted) return;
        if (!isTransient(error)) return failed(error);
        const waitMs = backoff.next(error);
        life.log(`${what}: trying again`, { waitMs, ...errorFields(error) });
        await pause(waitMs, life.signal);
      }
    }
  };
  attempt().catch((error: unknown) => life.stop(`${what}: ${String(error)}`));
}

/** A failure that nothing can be done about by asking again is told to people; the machine goes on without the answer. */
export function tell(life: Life, what: string): (error: unknown) => void {
  return (error) => life.log(`${what} failed`, { ...errorFields(error) });
}
