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
  attempt().catch(life.fail);
}

/** A failure that nothing can be done about by asking again is told to people; the machine goes on without the answer. */
export function tell(life: Life, what: string): (error: unknown) => void {
  return (error) => life.log(`${what} failed`, { ...errorFields(error) });
}

/** Between two questions that the API Server refused to answer, ms. */
const REFUSED_WAIT_MS = 2_000;

/**
 * Asks a question whose answer a machine waits for: until it is answered, whatever the failure. A failure is no answer; to
 * take it for one ("there is no Lease") would be a decision, and to drop it would leave the machine waiting for ever.
 */
export function ask<T>(life: Life, what: string, request: () => Promise<T>, then: (answer: T) => void): void {
  persist(life, what, request, then, (error) => {
    tell(life, what)(error);
    void pause(REFUSED_WAIT_MS, life.signal).then(() => {
      if (!life.signal.aborted) ask(life, what, request, then);
    });
  });
}
