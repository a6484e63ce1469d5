/** The steps that must happen, between states by number: eight bytes an edge, for liveness. */
import type { Obligations } from '../liveness.ts';

/** Grows as states are expanded, in their order. */
export class CompactGraph implements Obligations {
  readonly #starts: Int32Array;
  #edges = new Int32Array(1 << 16);
  #used = 0;
  size = 0;

  constructor(capacity: number) {
    this.#starts = new Int32Array(capacity + 1);
  }

  /** Opens the next state: its edges follow. */
  open(): void {
    this.size += 1;
    this.#starts[this.size] = this.#used;
  }

  add(to: number, action: number): void {
    if (this.#used * 2 === this.#edges.length) {
      const wider = new Int32Array(this.#edges.length * 2);
      wider.set(this.#edges);
      this.#edges = wider;
    }
    this.#edges[this.#used * 2] = to;
    this.#edges[this.#used * 2 + 1] = action;
    this.#used += 1;
    this.#starts[this.size] = this.#used;
  }

  degreeOf(state: number): number {
    return (this.#starts[state + 1] as number) - (this.#starts[state] as number);
  }

  targetOf(state: number, at: number): number {
    return this.#edges[((this.#starts[state] as number) + at) * 2] as number;
  }

  actionOf(state: number, at: number): number {
    return this.#edges[((this.#starts[state] as number) + at) * 2 + 1] as number;
  }
}
