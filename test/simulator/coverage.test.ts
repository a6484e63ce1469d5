/** Coverage: what runs reach, read off from outside; steering by it. */
import { describe, expect, it } from 'vitest';
import { Coverage, coveragePage } from '../../impl/simulator/coverage.ts';
import { drawPlan, FAULTS } from '../../impl/simulator/draw.ts';
import { Random } from '../../impl/simulator/random.ts';
import { runPlan } from '../../impl/simulator/run.ts';
import { changed, explore } from '../../impl/simulator/steer.ts';
import { checkTopology } from '../../impl/simulator/topology.ts';

describe('coverage', () => {
  it('changes nothing in a run', () => {
    for (const seed of [1, 2, 3]) {
      const coverage = new Coverage();
      expect(runPlan(drawPlan(seed), null, coverage)).toEqual(runPlan(drawPlan(seed)));
      expect(coverage.size).toBeGreaterThan(50);
    }
  });

  it('steered by it: the same seed reaches the same, and its plans are possible', () => {
    const [one, again] = [explore(7, 12, {}, true), explore(7, 12, {}, true)];
    expect(one.failed).toBeNull();
    expect([...again.coverage.pairs]).toEqual([...one.coverage.pairs]);
    const dice = new Random(7, 'test');
    for (let seed = 1; seed <= 50; seed += 1) checkTopology(changed(drawPlan(seed), dice));
  });

  it('its table says what was never reached', () => {
    const { coverage, runs } = explore(1, 3, {}, false);
    const page = coveragePage([{ how: 'as drawn', runs, coverage }], FAULTS);
    expect(page).toMatch(/Rules never come to: .*`want-recreate-deleted`/);
    for (const fault of FAULTS) expect(page).toContain(`| ${fault} |`);
  });
});
