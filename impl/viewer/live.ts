/** Looks on at a running cluster: asks the processes of the stages for their last steps, and keeps so many. Read only. */
import type { RecentSteps } from '../controller/process/recent.ts';

/** What the page asks for. */
export interface LiveSteps {
  /** Number of the first that is here. */
  readonly first: number;
  readonly next: number;
  readonly steps: RecentSteps['steps'];
  /** What could not be read, and why. */
  readonly notes: readonly string[];
}

const EVERY = 500;
const KEPT = 50_000;
const AT_ONCE = 10_000;
const PATIENCE = 5_000;

interface Source {
  readonly address: string;
  process: string;
  next: number;
  note: string | null;
}

/** Follows some processes. */
export class Live {
  readonly #sources: readonly Source[];
  readonly #token: string | undefined;
  #steps: RecentSteps['steps'][number][] = [];
  #first = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isOver = false;

  /** @param addresses - `host:port`, as `--status` of each process */
  constructor(addresses: readonly string[], token: string | undefined) {
    this.#sources = addresses.map((address) => ({ address, process: '', next: 0, note: null }));
    this.#token = token;
  }

  /** Begins. */
  async follow(): Promise<void> {
    await Promise.all(this.#sources.map((source) => this.#ask(source)));
    if (!this.#isOver) this.#timer = setTimeout(() => void this.follow(), EVERY);
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer ?? undefined);
  }

  async #ask(source: Source): Promise<void> {
    const headers = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
    try {
      const answer = await fetch(`http://${source.address}/steps?after=${source.next}`, {
        headers,
        signal: AbortSignal.timeout(PATIENCE),
      });
      const text = await answer.text();
      const told = (text.startsWith('{') ? JSON.parse(text) : null) as
        | (RecentSteps & { readonly code?: string; readonly message?: string })
        | null;
      if (told === null)
        throw new Error(`expected the steps of a process of ours (its --status), got ${text.slice(0, 40)}`);
      if (!answer.ok) throw new Error(`${told.code}: ${told.message}`);
      // Another process has the address: its steps count anew.
      const isNew = source.process !== '' && told.process !== source.process;
      [source.process, source.next] = [told.process, isNew ? 0 : told.next];
      source.note = null;
      if (!isNew) this.#keep(told.steps);
    } catch (error) {
      const { message, cause, name } = error as Error;
      const why = name === 'TimeoutError' ? `no answer within ${PATIENCE / 1000} s` : message;
      source.note = `${source.address}: ${cause instanceof Error && cause.message !== '' ? cause.message : why}`;
    }
  }

  #keep(steps: RecentSteps['steps']): void {
    this.#steps.push(...steps);
    const over = this.#steps.length - KEPT;
    if (over <= 0) return;
    this.#first += over;
    this.#steps = this.#steps.slice(over);
  }

  /** Steps from a number on. */
  after(number: number): LiveSteps {
    const first = Math.min(Math.max(number, this.#first), this.#first + this.#steps.length);
    const steps = this.#steps.slice(first - this.#first, first - this.#first + AT_ONCE);
    const notes = this.#sources.flatMap(({ note }) => note ?? []);
    return { first, next: first + steps.length, steps, notes };
  }
}
