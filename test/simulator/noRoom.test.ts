/** *No room* (protocol 7) in the simulator: seeds of that theme hold, and its rules have teeth there. */
import { describe, expect, it } from 'vitest';
import { drawPlan, themeOf } from '../../impl/simulator/draw.ts';
import { runPlan } from '../../impl/simulator/run.ts';

const SEEDS = Array.from({ length: 1200 }, (_, at) => at + 1).filter((seed) => themeOf(seed) === 'noRoom');

describe('what finds no room', () => {
  it('goes the stock way and comes back, under faults', () => {
    expect(SEEDS.length).toBeGreaterThan(40);
    const broken = SEEDS.flatMap((seed) => {
      const { finding } = runPlan(drawPlan(seed));
      return finding === null ? [] : [`${seed}: ${finding.property}: ${finding.text}`];
    });
    expect(broken).toEqual([]);
  });

  it.each([
    ['unplaced-confirmed-early', 'NoFalseConfirm'],
    ['bare-unanswered', 'UnplacedShown'],
    ['unplaced-unready', 'Converges'],
  ])('%s is caught', (mutant, property) => {
    const found = [...SEEDS, 1749, 2693].map(
      (seed) => runPlan(drawPlan(seed, { mutants: [mutant] })).finding?.property,
    );
    expect(found).toContain(property);
  });
});
