/** `Wants.tla` and the machines: the same states, the same steps; a difference of one rule is told by a path. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { changed, compared } from './support/compared.ts';
import { TOOLCHAIN } from './support/toolchain.ts';

describe.skipIf(TOOLCHAIN === null)('equality', () => {
  it.each([
    ['versions-external', 1221, 2676],
    ['versions-crash-deployment', 1784, 4718],
    ['versions-leaders-deployment', 1285, 3575],
    ['versions-break', 2610, 7157],
    ['versions-leave', 798, 1982],
    ['versions-deleted', 1764, 4837],
    ['versions-appears-gone', 395, 1051],
  ])(
    '%s: the same states and the same edges',
    async (name, states, edges) => {
      const same = { states: [states, states], edges: [edges, edges], difference: null };
      expect(await compared(name, {})).toEqual(same);
    },
    300_000,
  );

  it('a rule that only the machines lack is told by the shortest path', async () => {
    const { difference } = await compared('versions-external', { machines: 'want-autoscaler-untold' });
    expect(difference?.actions.at(-1)).toBe('AnswerDown');
  }, 300_000);

  it('one conjunct changed in the spec, too', async () => {
    const adopts = 'mine = <<>> \\/ IsLower(mine[1].version, wants[1].version)';
    const folder = changed('WantEnds.tla', adopts, 'mine = <<>>');
    try {
      const { difference } = await compared('versions-external', { folder });
      expect(difference?.actions.at(-1)).toBe('DeliverUp');
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  }, 300_000);
});
