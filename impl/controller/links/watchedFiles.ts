/**
 * A certificate with its key, and what goes with them, in files that may be replaced while the process runs. Looked at while somebody listens.
 * Files that can not be read (they are being replaced) leave the last ones in force, and are told.
 */
import tls from 'node:tls';
import type { Rotating } from './rotation.ts';

/** Told of each replacement, and of files that can not be read. @public */
export type ToldOfFiles = (what: 'rotated' | 'unreadable', error?: unknown) => void;

/** How often is looked, ms. */
const LOOK_MS = 10_000;

/** What is read from them. @public */
export class WatchedFiles<T extends { readonly cert: string; readonly key: string }> implements Rotating<T> {
  readonly #read: () => T;
  readonly #told: ToldOfFiles;
  readonly #listeners = new Set<(now: T) => void>();
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | null = null;
  #current: T;

  /** @throws what `read` throws */
  constructor(read: () => T, told: ToldOfFiles = () => {}, everyMs: number = LOOK_MS) {
    this.#read = read;
    this.#told = told;
    this.#everyMs = everyMs;
    this.#current = read();
  }

  get current(): T {
    return this.#current;
  }

  onRotated(listener: (now: T) => void): () => void {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => this.look(), this.#everyMs).unref();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0 || this.#timer === null) return;
      clearInterval(this.#timer);
      this.#timer = null;
    };
  }

  /** Looks now. A certificate that does not fit its key, as in the midst of a replacement, is not taken. */
  look(): void {
    try {
      const next = this.#read();
      if (JSON.stringify(next) === JSON.stringify(this.#current)) return;
      tls.createSecureContext({ ...next });
      this.#current = next;
    } catch (error) {
      return this.#told('unreadable', error);
    }
    for (const listener of this.#listeners) listener(this.#current);
    this.#told('rotated');
  }
}
