/**
 * A step's work does not grow with what a stage holds. Work is counted, not timed: how often V8 ran each block of the
 * machines' code and of the collections that they use, by its precise coverage.
 */
import { Session } from 'node:inspector/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Case, GrownStage } from '../../impl/bench/growth/world.ts';
import { SUBJECTS } from '../../impl/bench/growth.ts';

const FEW = 500;
const MANY = 6_000;
const STEPS = 10;

const session = new Session();
beforeAll(async () => {
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
});
afterAll(() => session.disconnect());

const isCounted = (url: string) => /\/(?:machines|spec|immutable|sorted-btree|xstate)\//.test(url);

/** Blocks run since the last call. */
async function takeCount(): Promise<number> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  let sum = 0;
  for (const { url, functions } of result)
    if (isCounted(url)) for (const { ranges } of functions) for (const { count } of ranges) sum += count;
  return sum;
}

/** Blocks run by one step of a case, in the mean. */
async function workOf(stage: GrownStage['stage'], { state, events }: Case): Promise<number> {
  const some = events.slice(0, STEPS);
  await takeCount();
  for (const event of some) stage.step(state as never, event);
  return (await takeCount()) / some.length;
}

/** Each case's work with many records, as a multiple of that with few. */
async function growthOf(grow: (records: number) => GrownStage): Promise<ReadonlyMap<string, number>> {
  const [few, many] = [grow(FEW), grow(MANY)];
  const ratios = new Map<string, number>();
  for (const [i, each] of few.cases.entries())
    ratios.set(
      each.name,
      (await workOf(many.stage, many.cases[i] as Case)) / (await workOf(few.stage, each)),
    );
  return ratios;
}

describe('the work of a step with 6,000 records and with 500', () => {
  for (const { what, grow } of Object.values(SUBJECTS))
    it(`${what}: less than twice as much`, async () => {
      const ratios = await growthOf(grow);
      expect(ratios.size).toBeGreaterThan(0);
      expect([...ratios].filter(([, ratio]) => !(ratio < 2))).toEqual([]);
    });

  it('has teeth: a stage that looks at each of its records is found', async () => {
    const { grow } = SUBJECTS.R;
    const ratios = await growthOf((records) => {
      const grown = grow(records);
      const step: typeof grown.stage.step = (state, event) => {
        for (const record of (state as { context: { records: Iterable<unknown> } }).context.records)
          if (record === undefined) break;
        return grown.stage.step(state, event);
      };
      return { ...grown, stage: { ...grown.stage, step } };
    });
    expect([...ratios.values()].every((ratio) => ratio > 2)).toBe(true);
  });
});
