/**
 * Group commit: the journal entries of all steps of one turn of the event loop, and then those that came while the disk was busy,
 * become durable by one `fdatasync`, and the effects after them start then, in their order. Steps go on meanwhile. A crash before that
 * loses entries and effects alike, as if it had come before those steps.
 */
import type { JournalEntry } from '../../../spec/journal.ts';
import type { Journal } from './journal.ts';

/** In the order of the steps: entries to make durable, and effects that need those before them. */
type Item = { readonly entries: readonly JournalEntry[] } | { readonly effect: () => void };

/** The journal of one life, and what waits for it. @public */
export class GroupCommit {
  readonly #journal: Journal | null;
  readonly #fail: (error: unknown) => void;
  readonly #before: () => void;
  #queue: Item[] = [];
  #waiting = false;
  #over = false;

  /**
   * @param journal - null for a stage without one: then nothing waits
   * @param fail - the journal can not be written: nothing that waits is carried out
   * @param before - done before entries are written: a trace must know of no less than the journal
   */
  constructor(journal: Journal | null, fail: (error: unknown) => void, before: () => void = () => {}) {
    this.#journal = journal;
    this.#fail = fail;
    this.#before = before;
  }

  /** Whether an entry is not durable yet, or an effect before it has not started. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** Takes entries; they are made durable from the end of this turn on. */
  journal(entries: readonly JournalEntry[]): void {
    if (this.#journal === null || this.#over) return;
    this.#queue.push({ entries });
    if (this.#waiting) return;
    this.#waiting = true;
    setImmediate(() => void this.#commit(this.#journal as Journal));
  }

  /** Starts an effect once all entries taken so far are durable. */
  after(effect: () => void): void {
    this.#queue.push({ effect });
  }

  /** The life is over: what is not durable is forgotten, and what waits never starts. */
  drop(): void {
    this.#over = true;
    this.#queue = [];
  }

  #start(items: readonly Item[]): void {
    for (const item of items) if ('effect' in item && !this.#over) item.effect();
  }

  async #commit(journal: Journal): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const batch = this.#queue;
        this.#queue = [];
        const entries = batch.flatMap((item) => ('entries' in item ? item.entries : []));
        // What came before the first of these entries needs only what is durable already.
        const first = batch.findIndex((item) => 'entries' in item);
        this.#start(batch.slice(0, first === -1 ? batch.length : first));
        if (entries.length > 0 && !this.#over) {
          this.#before();
          await journal.append(entries);
        }
        if (first !== -1) this.#start(batch.slice(first));
      }
    } catch (error) {
      if (this.#over) return;
      this.drop();
      this.#fail(error);
    } finally {
      this.#waiting = false;
    }
  }
}
