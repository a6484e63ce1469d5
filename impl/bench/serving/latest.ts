/** Says the newest of what is to be said of each thing, one request at a time for each: what is said meanwhile replaces what waits. */
export class Latest<T> {
  readonly #send: (key: string, value: T) => Promise<void>;
  readonly #waiting = new Map<string, T>();
  readonly #busy = new Set<string>();
  /** Requests that failed. */
  failed = 0;

  constructor(send: (key: string, value: T) => Promise<void>) {
    this.#send = send;
  }

  say(key: string, value: T): void {
    this.#waiting.set(key, value);
    if (!this.#busy.has(key)) void this.#go(key);
  }

  async #go(key: string): Promise<void> {
    this.#busy.add(key);
    for (let value = this.#waiting.get(key); value !== undefined; value = this.#waiting.get(key)) {
      this.#waiting.delete(key);
      await this.#send(key, value).catch(() => {
        this.failed += 1;
      });
    }
    this.#busy.delete(key);
  }
}
