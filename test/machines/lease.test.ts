/** machines/ownership/lease.ts: one holder at a time goes by the counter, and by nobody else's clock (protocol 1). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds, observe, waitToTake } from '../../machines/ownership/lease.ts';

const DURATION_MS = 15_000;
const clock = fc.integer({ min: 0, max: 10_000_000 });

describe('a Lease', () => {
  it('is held by the life whose counter stands on it, and by nobody once it is gone', () => {
    fc.assert(
      fc.property(fc.nat(), fc.option(fc.nat()), (own, found) => {
        expect(holds(own, found)).toBe(found !== null && found === own);
      }),
    );
  });

  it('is taken only when its record was seen unchanged for the whole duration', () => {
    fc.assert(
      fc.property(clock, fc.array(fc.tuple(fc.nat({ max: 20_000 }), fc.boolean())), (startMs, looks) => {
        let nowMs = startMs;
        let renewals = 0;
        let lastChangeMs = nowMs;
        let seen = observe(undefined, 'renewal 0', nowMs);
        for (const [afterMs, isRenewed] of looks) {
          nowMs += afterMs;
          if (isRenewed) {
            renewals += 1;
            lastChangeMs = nowMs;
          }
          seen = observe(seen, `renewal ${renewals}`, nowMs);
          const waitMs = waitToTake(seen, DURATION_MS, nowMs);
          expect(waitMs === 0).toBe(nowMs - lastChangeMs >= DURATION_MS);
          expect(nowMs + waitMs).toBe(Math.max(nowMs, lastChangeMs + DURATION_MS));
        }
      }),
    );
  });

  it('is watched from the first look on: how old a record says that it is does not count', () => {
    expect(waitToTake(observe(undefined, 'renewed in 1970', 5_000), DURATION_MS, 5_000)).toBe(DURATION_MS);
  });
});
