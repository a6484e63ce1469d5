/** The timers of one life of a stage. */
import type { TimerName } from '../../../spec/timers.ts';

/** Running timers by name. @public */
export class Timers {
  readonly #running = new Map<TimerName, NodeJS.Timeout>();
  readonly #fire: (timer: TimerName) => void;

  constructor(fire: (timer: TimerName) => void) {
    this.#fire = fire;
  }

  /** (Re)starts a timer. */
  set(timer: TimerName, milliseconds: number): void {
    this.cancel(timer);
    this.#running.set(
      timer,
      setTimeout(() => {
        this.#running.delete(timer);
        this.#fire(timer);
      }, milliseconds),
    );
  }

  /** Stops a timer, if it runs. */
  cancel(timer: TimerName): void {
    clearTimeout(this.#running.get(timer));
    this.#running.delete(timer);
  }

  /** Stops all. */
  clear(): void {
    for (const timeout of this.#running.values()) clearTimeout(timeout);
    this.#running.clear();
  }
}
