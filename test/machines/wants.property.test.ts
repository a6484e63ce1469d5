/** Protocol 8 under random interleavings: A's requests, others' writes, edits, crashes, breaks, lost replies, lagging watches. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyRun, crashingRun, raisingRun, run } from './support/wantsRuns.ts';

const RUNS = { numRuns: Number(process.env.KUBEDIRECT_RUNS ?? 60) };
const LIMIT = 120_000;

describe('wants under any interleaving', () => {
  test(
    'ScaleNotLost, and Converges to the highest want',
    () => {
      fc.assert(
        fc.property(anyRun, (actions) => {
          expect(run(actions)).toEqual([]);
        }),
        RUNS,
      );
    },
    LIMIT,
  );

  test(
    'NoNeedlessEnd: while replicas are only raised, neither an edit nor a crash ends what was wanted',
    () => {
      fc.assert(
        fc.property(raisingRun, (actions) => {
          expect(run(actions)).toEqual([]);
        }),
        RUNS,
      );
    },
    LIMIT,
  );

  test(
    'a want that R holds outlives A and D crashing together',
    () => {
      fc.assert(
        fc.property(crashingRun, (actions) => {
          expect(run(actions)).toEqual([]);
        }),
        RUNS,
      );
    },
    LIMIT,
  );
});
