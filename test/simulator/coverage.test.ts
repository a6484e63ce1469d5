/** Coverage: what runs reach, read off from outside. */
import { describe, expect, it } from 'vitest';
import { Coverage, coveragePage } from '../../impl/simulator/coverage.ts';
import { drawPlan, FAULTS } from '../../impl/simulator/draw.ts';
import { reach } from '../../impl/simulator/reach.ts';
import { runPlan } from '../../impl/simulator/run.ts';
import { checkTopology } from '../../impl/simulator/topology.ts';

describe('coverage', () => {
  it('changes nothing in a run', () => {
    for (const seed of [1, 2, 3]) {
      const coverage = new Coverage();
      expect(runPlan(drawPlan(seed), null, coverage)).toEqual(runPlan(drawPlan(seed)));
      expect(coverage.size).toBeGreaterThan(50);
    }
  });

  it('of each theme in turn: the same seed reaches the same, also what no seed draws', () => {
    const [one, again] = [1, 1].map((seed) => reach(seed, 16, {}, 'each theme in turn'));
    expect([...(again?.coverage.pairs ?? [])]).toEqual([...(one?.coverage.pairs ?? [])]);
    const drawn = reach(1, 16, {}, 'as drawn').coverage.rules;
    expect(drawn).not.toContain('want-left-behind');
    expect(one?.coverage.rules).toContain('want-left-behind');
  });

  it('of close worlds: what happens, happens within moments, and can be', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const plan = drawPlan(seed, { close: true });
      checkTopology(plan);
      const times = plan.acts.map(({ at }) => at).filter((at) => at < plan.healAt);
      const gaps = times.slice(1).filter((at, i) => at - (times[i] as number) > 500);
      expect(gaps.length).toBeLessThan(3);
    }
  });

  it('its table says what was never reached', () => {
    const page = coveragePage([reach(1, 3, {}, 'as drawn')], FAULTS);
    expect(page).toMatch(/Rules never come to: .*`want-recreate-deleted`/);
    for (const fault of FAULTS) expect(page).toContain(`| ${fault} |`);
  });
});
