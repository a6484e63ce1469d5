/** A world that lives long; and what is counted by what steps touch is what there is. */
import { describe, expect, it, vi } from 'vitest';
import { drawPlan } from '../../impl/simulator/draw.ts';
import { largePage, planOf, runLarge } from '../../impl/simulator/largeWorld.ts';
import type { Life } from '../../impl/simulator/life.ts';
import type * as Counts from '../../impl/simulator/liveCounts.ts';
import { runPlan } from '../../impl/simulator/run.ts';
import { recordOf, uidsIn } from '../../impl/simulator/touched.ts';
import { liveIn, type RecordView } from '../../spec/properties/index.ts';

const met = vi.hoisted(() => ({ looked: 0, differences: [] as string[] }));

vi.mock('../../impl/simulator/liveCounts.ts', async (load) => {
  const { LiveCounts } = await load<typeof Counts>();
  class Compared extends LiveCounts {
    override stepped(life: Life, before: unknown, uids: Iterable<string>): void {
      super.stepped(life, before, uids);
      const held = [...uidsIn(life.peer, life.state)].map(
        (uid) => recordOf(life.peer, life.state, uid) as unknown as RecordView,
      );
      const sorted = (counts: Iterable<[string, number]>) =>
        JSON.stringify([...counts].filter(([, many]) => many !== 0).sort());
      met.looked += 1;
      if (sorted(this.of(life)) !== sorted(liveIn(held))) met.differences.push(life.id);
    }
  }
  return { LiveCounts: Compared };
});

describe('what R holds live of each ReplicaSet', () => {
  it('is counted by what its steps touch, in worlds under faults', () => {
    for (let seed = 1; seed <= 40; seed += 1) runPlan(drawPlan(seed));
    expect(met.differences).toEqual([]);
    expect(met.looked).toBeGreaterThan(2000);
  });
});

describe('a large world', () => {
  const large = { seed: 1, nodes: 5, pods: 40, rounds: 3, mutants: [] };

  it('has faults and acts in each of its rounds, and heals after the last', () => {
    const { faults, acts, healAt } = planOf(large);
    for (const round of [0, 1, 2])
      for (const some of [faults, acts])
        expect(some.some(({ at }) => Math.floor(at / (healAt / 3)) === round)).toBe(true);
    expect(faults.every(({ at }) => at < healAt)).toBe(true);
  });

  it('holds, and its row says what it came to', () => {
    const { row, outcome } = runLarge(large);
    expect(outcome.finding).toBeNull();
    expect(row.steps).toBeGreaterThan(2000);
    expect(largePage([row])).toContain(`| ${row.steps} |`);
  });

  it('with a rule switched off, its row says what broke', () => {
    const { row } = runLarge({ ...large, seed: 2, mutants: ['terminated-before-stop'] });
    expect(row.broken).toMatch(/^NoFalseConfirm: /);
    expect(largePage([row])).toContain(row.broken as string);
  });
});
