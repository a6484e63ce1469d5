/** Waiting between attempts: exponential, jittered, and never less than the server asked for. */
import { KubernetesError } from './errors.ts';

/** Bounds of a {@link Backoff}. @public */
export interface BackoffOptions {
  /** First wait, ms. */
  readonly baseMs: number;
  /** Longest wait, ms. */
  readonly maxMs: number;
  /** In [0, 1); default `Math.random`. */
  readonly random?: () => number;
}

/** Counts failures in a row and says how long to wait after each. @public */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Failures since the last {@link reset}. */
  get failures(): number {
    return this.#failures;
  }

  /** To be called when an attempt succeeded. */
  reset(): void {
    this.#failures = 0;
  }

  /** Milliseconds to wait after this failure: between half and all of the exponential step, or what `Retry-After` says if that is more. */
  next(error?: unknown): number {
    const { baseMs, maxMs, random = Math.random } = this.#options;
    const step = Math.min(maxMs, baseMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    const asked = error instanceof KubernetesError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const jittered = step * (0.5 + random() / 2);
    return asked > 0 ? Math.max(asked * (1 + random() / 10), jittered) : jittered;
  }
}

/** Wait so many milliseconds; returns at once, without an error, when the signal is aborted. @public */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
