/** The last steps of a process, kept for whoever looks on (`/steps`): so many, and no more. Nothing is written down before somebody asks. */
import { randomUUID } from 'node:crypto';
import type { StepRecord } from '../../../spec/trace.ts';
import type { StepRecorder } from '../host/stageProcess.ts';

/** A step, with the time for people. */
interface RecentStep extends StepRecord {
  readonly at: number;
}

/** Some of them. @public */
export interface RecentSteps {
  /** This process: another counts anew. */
  readonly process: string;
  /** The number of the first that is here; more than was asked for, if some are no longer kept. */
  readonly first: number;
  /** To ask for next. */
  readonly next: number;
  readonly steps: readonly RecentStep[];
}

const KEPT = 20_000;
const AT_ONCE = 2_000;

/** Keeps them. @public */
export class Recent implements StepRecorder {
  readonly #process = randomUUID();
  readonly #kept: number;
  #steps: RecentStep[] = [];
  /** Number of the first that is kept. */
  #first = 0;

  constructor(kept = KEPT) {
    this.#kept = kept;
  }

  record(step: StepRecord): void {
    this.#steps.push({ at: performance.timeOrigin + performance.now(), ...step });
    if (this.#steps.length < 2 * this.#kept) return;
    this.#first += this.#steps.length - this.#kept;
    this.#steps = this.#steps.slice(-this.#kept);
  }

  flush(): void {}

  /** Steps from a number on. */
  after(number: number): RecentSteps {
    const last = this.#first + this.#steps.length;
    const oldest = Math.max(this.#first, last - this.#kept);
    const first = Math.min(Math.max(number, oldest), last);
    const steps = this.#steps.slice(first - this.#first, first - this.#first + AT_ONCE);
    return { process: this.#process, first, next: first + steps.length, steps };
  }
}

/** Both of them. @internal */
export const bothOf = (...recorders: readonly StepRecorder[]): StepRecorder => ({
  record: (step) => {
    for (const recorder of recorders) recorder.record(step);
  },
  flush: () => {
    for (const recorder of recorders) recorder.flush();
  },
});
