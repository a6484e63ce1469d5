/**
 * How many questions about callers the API Server is asked in a time: each costs a request, and who shows a new token with every call could have us ask
 * without an end. One who asks much is held back alone, as long as there are few of them; all together are bounded too.
 */

/** Questions at once, and those a second after that. */
interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

const OF_ONE: Rate = { burst: 20, perSecond: 2 };
const OF_ALL: Rate = { burst: 100, perSecond: 20 };
/** Who was not heard of for so long has all of it again, and is forgotten. */
const MOST_SOURCES = 1_000;

interface Bucket {
  left: number;
  at: number;
}

/** A bucket of tokens for each source, and one for all. @public */
export class ReviewBudget {
  readonly #now: () => number;
  readonly #all: Bucket;
  readonly #sources = new Map<string, Bucket>();

  /** @param now - the clock, ms */
  constructor(now: () => number) {
    this.#now = now;
    this.#all = { left: OF_ALL.burst, at: now() };
  }

  /** Takes one, if there is one. */
  take(source: string): boolean {
    const own = this.#sources.get(source) ?? { left: OF_ONE.burst, at: this.#now() };
    this.#sources.delete(source);
    this.#sources.set(source, own);
    if (this.#sources.size > MOST_SOURCES) this.#sources.delete(this.#sources.keys().next().value as string);
    this.#refill(own, OF_ONE);
    this.#refill(this.#all, OF_ALL);
    if (own.left < 1 || this.#all.left < 1) return false;
    own.left -= 1;
    this.#all.left -= 1;
    return true;
  }

  #refill(bucket: Bucket, { burst, perSecond }: Rate): void {
    const now = this.#now();
    bucket.left = Math.min(burst, bucket.left + ((now - bucket.at) / 1_000) * perSecond);
    bucket.at = now;
  }
}
