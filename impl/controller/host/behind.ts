/**
 * The tail first, then the API Server (protocol 2, 8): where our agents run the containers, no Pod waits for a request of D's
 * write-back or of K's publish. Such requests begin a moment later, together, so that the machine is free for the chain until the
 * containers have started. To every rule this is a slow network: a request that is dropped by the end of a life was lost on its way.
 */
import { TIMERS } from '../../../spec/timers.ts';
import { type After, inRealTime } from './gather.ts';

/** Requests of one life that nobody waits for. @public */
export class Behind {
  readonly #after: After;
  #waiting: (() => void)[] = [];
  #forget: (() => void) | null = null;

  /** @param after - the clock: real time, or that of a test */
  constructor(after: After = inRealTime) {
    this.#after = after;
  }

  /** Begins a request `TIMERS.behind` after the first that waits with it, in their order. */
  begin(request: () => void): void {
    this.#waiting.push(request);
    this.#forget ??= this.#after(TIMERS.behind, () => {
      this.#forget = null;
      const due = this.#waiting;
      this.#waiting = [];
      for (const each of due) each();
    });
  }

  /** The life is over: what has not begun never does. */
  end(): void {
    this.#forget?.();
    this.#forget = null;
    this.#waiting = [];
  }
}
