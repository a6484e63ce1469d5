/** States that were met, by 64 bits of a hash of their content: twelve bytes a place, open addressing. */
export class Visited {
  readonly #mask: number;
  readonly #keys: Uint32Array;
  readonly #numbers: Int32Array;

  /** Room for `capacity` states. */
  constructor(capacity: number) {
    const places = 2 ** Math.ceil(Math.log2(capacity * 1.5 + 1));
    this.#mask = places - 1;
    this.#keys = new Uint32Array(places * 2);
    this.#numbers = new Int32Array(places).fill(-1);
  }

  /** The number of a state; it becomes `next` if it is met for the first time. */
  meet(high: number, low: number, next: number): number {
    for (let place = low & this.#mask; ; place = (place + 1) & this.#mask) {
      const known = this.#numbers[place] as number;
      if (known < 0) {
        this.#keys[place * 2] = high;
        this.#keys[place * 2 + 1] = low;
        this.#numbers[place] = next;
        return next;
      }
      if (this.#keys[place * 2] === high && this.#keys[place * 2 + 1] === low) return known;
    }
  }
}
