/** Pods that lose their label in simulated worlds (protocol 5): they run on, and nobody of ours holds them. */
import { describe, expect, it } from 'vitest';
import { drawPlan } from '../../impl/simulator/draw.ts';
import { runPlan } from '../../impl/simulator/run.ts';

const theme = 'unlabelled';

describe('Pods that lose their label', () => {
  it.each([1, 2, 72, 114])('seed %i holds', (seed) => {
    const plan = drawPlan(seed, { theme, nodes: 2, pods: 4 });
    expect(plan.acts.map(({ act }) => act)).toContain('scale');
    expect(runPlan(plan).finding).toBe(null);
  });

  it('whose containers have ended, and of which nobody says so, are found', () => {
    const { finding } = runPlan(drawPlan(27, { theme, nodes: 2, pods: 4, mutants: ['orphan-end-untold'] }));
    expect(finding?.property).toBe('ShownRuns');
  });
});
