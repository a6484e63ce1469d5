/** Virtual time: what is due, in order; at one moment in the order in which it was asked for. */
interface Due {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
  readonly cause: number | null;
}

const isBefore = (a: Due, b: Due) => a.at < b.at || (a.at === b.at && a.order < b.order);

/** The clock of a simulated world, in milliseconds since its beginning. */
export class Clock {
  /** A heap of its own: what comes before what is known here, and asked for a dozen times a step. */
  readonly #heap: Due[] = [];
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
    const at = time > this.now ? time : this.now;
    this.#rise({ at, order: this.#order, act, cause: this.cause });
  }

  /** When the next thing is due; null if nothing is. */
  get next(): number | null {
    return this.#heap[0]?.at ?? null;
  }

  /** Does what is due next. */
  tick(): void {
    const due = this.#heap[0];
    if (due === undefined) return;
    const last = this.#heap.pop() as Due;
    if (last !== due) this.#sink(last);
    this.now = due.at;
    this.cause = due.cause;
    due.act();
  }

  /** Puts it in, from the end up to its place. */
  #rise(due: Due): void {
    const heap = this.#heap;
    let place = heap.push(due) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const other = heap[above] as Due;
      if (!isBefore(due, other)) break;
      heap[place] = other;
      place = above;
    }
    heap[place] = due;
  }

  /** Puts it in the place of the first, down to its place. */
  #sink(due: Due): void {
    const heap = this.#heap;
    const { length } = heap;
    let place = 0;
    for (let below = 1; below < length; below = 2 * place + 1) {
      if (below + 1 < length && isBefore(heap[below + 1] as Due, heap[below] as Due)) below += 1;
      const other = heap[below] as Due;
      if (!isBefore(other, due)) break;
      heap[place] = other;
      place = below;
    }
    heap[place] = due;
  }
}
