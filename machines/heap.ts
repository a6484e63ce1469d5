/** A binary heap, for one pass of placement or ranking: local to a step, never kept in a state. */

/** The least first, by `before`. */
export class Heap<T> {
  readonly #items: T[];
  readonly #before: (a: T, b: T) => boolean;

  constructor(items: readonly T[], before: (a: T, b: T) => boolean) {
    this.#items = [...items];
    this.#before = before;
    for (let i = (this.#items.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  /** The least, not taken out. */
  peek(): T | undefined {
    return this.#items[0];
  }

  /** Puts one in. */
  push(item: T): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(items[at] as T, items[parent] as T)) return;
      [items[at], items[parent]] = [items[parent] as T, items[at] as T];
      at = parent;
    }
  }

  /** Takes the least out. */
  pop(): T | undefined {
    const top = this.#items[0];
    const last = this.#items.pop();
    if (this.#items.length > 0 && last !== undefined) {
      this.#items[0] = last;
      this.#sink(0);
    }
    return top;
  }

  /** The least has grown: puts it where it belongs. */
  settle(): void {
    this.#sink(0);
  }

  #sink(from: number): void {
    const items = this.#items;
    let at = from;
    for (;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < items.length && this.#before(items[child] as T, items[least] as T)) least = child;
      if (least === at) return;
      [items[at], items[least]] = [items[least] as T, items[at] as T];
      at = least;
    }
  }
}
