/** The simulator's own exponential and logarithm: the bits of Node's, so that seeds mean what they meant; the browser's are looked at in `test/browser`. */
import { describe, expect, it } from 'vitest';
import { randomOf } from '../../impl/explorer/mulberry.ts';
import { exp, log } from '../../impl/simulator/arithmetic.ts';

describe('arithmetic', () => {
  const next = randomOf(7);
  const some = Array.from({ length: 200_000 }, next);

  it('is that of Node to the last bit, where the simulator draws', () => {
    const wrong = some.flatMap((one) => {
      const [x, y] = [10 ** (one * 16 - 8), (one - 0.5) * 60];
      return log(x) === Math.log(x) && exp(y) === Math.exp(y) ? [] : [one];
    });
    expect(wrong).toEqual([]);
  });

  it('knows the values that are exact, and those about which a case ends', () => {
    for (const x of [1, 2, 0.5, 4, Math.SQRT2, Math.E, 1 + 2 ** -30, 1 - 2 ** -30, 1e-9, 1e9])
      expect([x, log(x)]).toEqual([x, Math.log(x)]);
    for (const x of [0, 1, -1, 1e-10, Math.LN2, -Math.LN2, 0.34, 0.35, 1.03, 1.04, -1.04, 690, -690])
      expect([x, exp(x)]).toEqual([x, Math.exp(x)]);
  });
});
