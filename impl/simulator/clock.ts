/** Virtual time: what is due, in order; at one moment in the order in which it was asked for. */
import { Heap } from '../../machines/heap.ts';

interface Due {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
  readonly cause: number | null;
}

/** The clock of a simulated world, in milliseconds since its beginning. */
export class Clock {
  readonly #heap = new Heap<Due>([], (a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));
  #order = 0;
  now = 0;
  /** What is under way: the number of the step, or of the doing of the world, that asked for it. */
  cause: number | null = null;

  /** Does something after a while. */
  after(milliseconds: number, act: () => void): void {
    this.at(this.now + milliseconds, act);
  }

  /** Does something at a time, or now if that is past. */
  at(time: number, act: () => void): void {
    this.#order += 1;
    this.#heap.push({ at: Math.max(time, this.now), order: this.#order, act, cause: this.cause });
  }

  /** When the next thing is due; null if nothing is. */
  get next(): number | null {
    return this.#heap.peek()?.at ?? null;
  }

  /** Does what is due next. */
  tick(): void {
    const due = this.#heap.pop();
    if (due === undefined) return;
    this.now = due.at;
    this.cause = due.cause;
    due.act();
  }
}
