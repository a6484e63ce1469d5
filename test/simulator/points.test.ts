/** A fault at every point of a small world that scales out, rolls out and preempts (the large one: `docs/fuzz.md`). */
import { describe, expect, it } from 'vitest';
import type { Pattern } from '../../impl/simulator/points.ts';
import { everythingOnce } from '../../impl/simulator/points.ts';
import { pointsPage, runPattern } from '../../impl/simulator/pointsRun.ts';
import { runPlan } from '../../impl/simulator/run.ts';

const PODS = 2;

async function failedOf(pattern: Pattern, runtime: 'runs' | 'publish') {
  const rows = await runPattern(pattern, { pods: PODS, runtime }, 1);
  const failed = rows.flatMap((row) => row.failed);
  return { rows, failed: failed.map(({ point, property }) => `${point.peer} ${point.text}: ${property}`) };
}

describe('the world without a fault', () => {
  it.each(['runs', 'publish'] as const)('scales out, rolls out and preempts (%s)', (runtime) => {
    const plan = everythingOnce(PODS, runtime);
    const kinds = new Set<string>();
    let preempts = false;
    const { finding } = runPlan(plan, (line) => {
      if (!('stage' in line)) return;
      for (const { type } of line.effects) kinds.add(`${line.stage.split('/')[0]} ${type}`);
      preempts ||= line.stage === 'scheduler' && JSON.stringify(line.effects).includes('"Terminate"');
    });
    expect(finding).toBeNull();
    expect([...kinds]).toEqual(
      expect.arrayContaining(['kubelet publish', 'kubelet deletePod', 'deployment writeReplicas']),
    );
    expect(preempts).toBe(true);
  });
});

describe('a fault at every point', () => {
  it('a stage ends after every effect of every step: each run ends as the one without', {
    timeout: 120_000,
  }, async () => {
    const { rows, failed } = await failedOf('intermediate', 'runs');
    expect(failed).toEqual([]);
    expect(rows.map(({ stage }) => stage).sort()).toEqual([
      'autoscaler',
      'deployment',
      'kubelet',
      'replicaset',
      'scheduler',
    ]);
    expect(pointsPage(rows, PODS)).toContain(
      `${rows.reduce((sum, { points }) => sum + points, 0)} runs, 0 of which`,
    );
  });

  it('a run in which the containers that are ready are told to nobody does not end as the one without', async () => {
    const world = { pods: PODS, runtime: 'runs', mutants: ['environment/readiness-untold'] } as const;
    const [row] = await runPattern('intermediate', world, 1, { stage: 'kubelet', from: 300, most: 30 });
    expect(row?.failed.map(({ property }) => property)).toContain('EndsTheSame');
  });

  it.each(['unobserved', 'stale', 'rolledBack'] as const)('%s', { timeout: 600_000 }, async (pattern) => {
    expect((await failedOf(pattern, 'publish')).failed).toEqual([]);
  });
});
