/**
 * What is kept of each state: from which state it was found, and which of its successors it was. Six bytes, shared by
 * threads: each finds a state again by going the way to it.
 */

/** The tree of first ways, for at most `capacity` states. */
export class Tree {
  readonly buffer: SharedArrayBuffer;
  readonly capacity: number;
  readonly #parents: Int32Array;
  readonly #ordinals: Uint16Array;

  constructor(capacity: number, buffer = new SharedArrayBuffer(capacity * 6)) {
    this.capacity = capacity;
    this.buffer = buffer;
    this.#parents = new Int32Array(buffer, 0, capacity);
    this.#ordinals = new Uint16Array(buffer, capacity * 4, capacity);
  }

  add(state: number, parent: number, ordinal: number): void {
    this.#parents[state] = parent;
    this.#ordinals[state] = ordinal;
  }

  /** -1 for the first. */
  parentOf(state: number): number {
    return this.#parents[state] as number;
  }

  ordinalOf(state: number): number {
    return this.#ordinals[state] as number;
  }

  /** States from the first to this one. */
  wayTo(state: number): readonly number[] {
    const way: number[] = [];
    for (let at = state; at >= 0; at = this.parentOf(at)) way.push(at);
    return way.reverse();
  }
}
