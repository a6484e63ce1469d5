/** `Field.tla` and the machines: the same states, the same steps; a difference of one rule is told by a path. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { changed, compared } from './support/compared.ts';
import { TOOLCHAIN } from './support/toolchain.ts';

describe.skipIf(TOOLCHAIN === null)('equality', () => {
  it.each([
    ['field', 668, 1312],
    ['field-hurry', 4118, 9913],
  ])('%s: the same states and the same edges', async (name, states, edges) => {
    const same = { states: [states, states], edges: [edges, edges], difference: null };
    expect(await compared(name, {})).toEqual(same);
  });

  it('a guard that only the machines lack is told by the shortest path to what it lets in', async () => {
    const { difference } = await compared('field-hurry', { machines: 'environment/no-precondition' });
    expect(difference).toMatchObject({ side: 0, what: 'state' });
    expect(difference?.actions.at(-1)).toBe('Land');
  });

  it('a rule that only the spec lacks, too', async () => {
    const { difference } = await compared('field-hurry', { spec: 'own-write-by-reply' });
    expect(difference?.actions.at(-1)).toBe('Watch');
  });

  it('one conjunct changed in the spec, too', async () => {
    const waits = '~in.hurry /\\ ~in.marked';
    const folder = changed('ReplicasField.tla', waits, '~in.marked');
    try {
      const { difference } = await compared('field-hurry', { folder });
      expect(difference?.actions.at(-1)).toMatch(/^(Ask|Hurry)$/);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
