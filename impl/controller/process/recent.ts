/** The last steps of a process, kept for whoever looks on (`/steps`): so many, fewer where they speak of many Pods, and no more. Nothing is written down before somebody asks. */
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
/** So many Pods, wants or facts in a step weigh as much as another step. */
const ITEMS = 10;

/** Items of the lists within something that is told or asked. */
function itemsOf(told: object): number {
  let items = 0;
  for (const value of Object.values(told)) if (Array.isArray(value)) items += value.length;
  return items;
}

/** What it takes to keep a step: one that speaks of thousands of Pods takes as much as many that speak of one. */
function weightOf({ event, effects }: StepRecord): number {
  let items = itemsOf(event);
  if (event.type === 'received') items += itemsOf(event.message);
  for (const effect of effects) {
    items += itemsOf(effect);
    if (effect.type === 'send') items += itemsOf(effect.message);
  }
  return 1 + items / ITEMS;
}

/** Keeps them. @public */
export class Recent implements StepRecorder {
  readonly #process = randomUUID();
  readonly #kept: number;
  #steps: { readonly step: RecentStep; readonly weight: number }[] = [];
  #weight = 0;
  /** Number of the first that is kept. */
  #first = 0;

  constructor(kept = KEPT) {
    this.#kept = kept;
  }

  record(step: StepRecord): void {
    const weight = weightOf(step);
    this.#steps.push({ step: { at: performance.timeOrigin + performance.now(), ...step }, weight });
    this.#weight += weight;
    if (this.#weight > this.#kept * 1.25) this.#drop();
  }

  /** The oldest go, a fifth at once; the last one is always kept. */
  #drop(): void {
    let gone = 0;
    while (this.#weight > this.#kept && gone < this.#steps.length - 1) {
      this.#weight -= this.#steps[gone]?.weight ?? 0;
      gone += 1;
    }
    this.#first += gone;
    this.#steps = this.#steps.slice(gone);
  }

  flush(): void {}

  /** Steps from a number on. */
  after(number: number): RecentSteps {
    const last = this.#first + this.#steps.length;
    const first = Math.min(Math.max(number, this.#first), last);
    const some = this.#steps.slice(first - this.#first, first - this.#first + AT_ONCE);
    return {
      process: this.#process,
      first,
      next: first + some.length,
      steps: some.map(({ step }) => step),
    };
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
