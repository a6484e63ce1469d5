/**
 * A few requests begin in each turn of the event loop, in their order. A burst asks for hundreds at once, and to begin one costs a
 * good part of a millisecond: what has come in meanwhile (a message, a journal that is durable, the end of a start) goes between.
 */

/** @internal */
export class Turns {
  readonly #each: number;
  #left: number;
  #isPlanned = false;
  #waiting: (() => void)[] = [];
  #next = 0;

  /** @param each - how many begin in a turn */
  constructor(each: number) {
    this.#each = each;
    this.#left = each;
  }

  /** Null if the caller may go on at once, else when it may. */
  admit(): Promise<void> | null {
    this.#plan();
    if (this.#left > 0) {
      this.#left--;
      return null;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isPlanned = false;
    this.#left = this.#each;
    for (; this.#left > 0 && this.#next < this.#waiting.length; this.#left--) this.#waiting[this.#next++]?.();
    if (this.#left < this.#each) this.#plan();
    if (this.#next < this.#waiting.length) return;
    this.#waiting = [];
    this.#next = 0;
  }
}
