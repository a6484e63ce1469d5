/** Random numbers that follow from a seed alone, in named streams that do not disturb each other. */
import { randomOf } from '../explorer/mulberry.ts';
import { exp, log } from './arithmetic.ts';

const [LOG_HALF, LOG_TWO] = [log(0.5), log(2)];

/** A stream of random numbers. */
export class Random {
  readonly #next: () => number;

  constructor(seed: number, stream: string) {
    let mixed = seed >>> 0;
    for (const letter of stream) mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x01000193) >>> 0;
    this.#next = randomOf(mixed);
  }

  /** In [from, to). */
  between(from: number, to: number): number {
    return from + this.#next() * (to - from);
  }

  /** Whole, from 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor(this.#next() * bound);
  }

  /** Whole, both ends included. */
  whole(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  /** One of them; they must not be empty. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** Between half and twice, on a logarithmic scale. */
  about(): number {
    return exp(this.between(LOG_HALF, LOG_TWO));
  }

  /** Each with the same chance on a logarithmic scale: 1 to 1000 is as often below 10 as above 100. */
  scale(from: number, to: number): number {
    return exp(this.between(log(from), log(to)));
  }
}
