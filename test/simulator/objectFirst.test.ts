/** Templates whose Pods need their object before they are started, in simulated worlds (protocol 5). */
import { describe, expect, it } from 'vitest';
import { Coverage } from '../../impl/simulator/coverage.ts';
import { drawPlan } from '../../impl/simulator/draw.ts';
import { runPlan } from '../../impl/simulator/run.ts';

const small = { theme: 'objectFirst', nodes: 1, pods: 1 };

describe('templates that need their object first', () => {
  it('K hears so, publishes, and starts them then', () => {
    const coverage = new Coverage();
    for (const seed of [2, 3]) expect(runPlan(drawPlan(seed, small), null, coverage).finding).toBe(null);
    expect(coverage.rules).toContain('object-not-awaited');
  });

  it('a K that does not wait for the object is found', () => {
    const { finding } = runPlan(drawPlan(3, { ...small, mutants: ['object-not-awaited'] }));
    expect(finding?.property).toBe('Converges');
  });
});
