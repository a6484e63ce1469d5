/**
 * Group commit: the journal entries of all steps of one turn of the event loop become durable by one `fdatasync`, and the effects
 * after them start then, in their order. A crash before that loses entries and effects alike, as if it had come before those steps.
 */
import type { JournalEntry } from '../../../spec/journal.ts';
import type { Journal } from './journal.ts';

/** The journal of one life, and what waits for it. @public */
export class GroupCommit {
  readonly #journal: Journal | null;
  readonly #fail: (error: unknown) => void;
  #entries: JournalEntry[] = [];
  #after: (() => void)[] = [];
  #waiting = false;
  #over = false;

  /**
   * @param journal - null for a stage without one: then nothing waits
   * @param fail - the journal can not be written: nothing that waits is carried out
   */
  constructor(journal: Journal | null, fail: (error: unknown) => void) {
    this.#journal = journal;
    this.#fail = fail;
  }

  /** Whether an entry is not durable yet. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** Takes entries; they are durable at the end of this turn. */
  journal(entries: readonly JournalEntry[]): void {
    if (this.#journal === null) return;
    this.#entries.push(...entries);
    if (this.#waiting) return;
    this.#waiting = true;
    setImmediate(() => this.#commit());
  }

  /** Starts an effect once all entries taken so far are durable. */
  after(effect: () => void): void {
    this.#after.push(effect);
  }

  /** The life is over: what is not durable is forgotten, and what waits never starts. */
  drop(): void {
    this.#over = true;
    this.#entries = [];
    this.#after = [];
  }

  #commit(): void {
    const entries = this.#entries;
    const effects = this.#after;
    this.#entries = [];
    this.#after = [];
    try {
      if (entries.length > 0) this.#journal?.append(entries);
      for (const effect of effects) {
        if (this.#over) return;
        effect();
      }
    } catch (error) {
      this.drop();
      this.#fail(error);
    }
    // What came meanwhile stays behind what was before it.
    this.#waiting = this.#entries.length + this.#after.length > 0;
    if (this.#waiting) setImmediate(() => this.#commit());
  }
}
