/** Random walks through the wide worlds: every fault, then healing and convergence. A failure prints its seed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settingOf } from '../../impl/explorer/stages.ts';
import { walk } from '../../impl/explorer/walk.ts';
import { WORLDS } from '../../spec/worlds/index.ts';

const RUNS = Number(process.env.KUBEDIRECT_WALKS ?? 3);

describe('walks', () => {
  it.each(WORLDS.filter(({ walkOnly }) => walkOnly).map((world) => [world.name, world] as const))(
    '%s holds under faults and converges after them',
    (_, world) => {
      const setting = settingOf(world);
      fc.assert(
        fc.property(fc.nat(), (seed) => {
          expect(walk(setting, { seed, steps: 200 }).violation).toBeNull();
        }),
        { numRuns: RUNS, endOnFailure: true },
      );
    },
  );

  it('follow from their seed alone', () => {
    const world = WORLDS.find(({ name }) => name === 'wide-runs')!;
    const moves = (seed: number) => walk(settingOf(world), { seed, steps: 60 }).edges.map(({ move }) => move);
    expect(moves(7)).toEqual(moves(7));
    expect(moves(7)).not.toEqual(moves(8));
  });
});
