/** `Deletion.tla` and D's and R's decisions: a difference of one rule is told by a path. That there is none, `npm run check` says. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { changed, compared } from './support/compared.ts';
import { TOOLCHAIN } from './support/toolchain.ts';

describe.skipIf(TOOLCHAIN === null)('equality', () => {
  it('deletion: the same states and the same edges', async () => {
    expect(await compared('deletion', {})).toEqual({
      states: [737, 737],
      edges: [2086, 2086],
      difference: null,
    });
  }, 300_000);

  it('one conjunct changed in the spec is told by the shortest path', async () => {
    const folder = changed('Deletion.tla', 'ELSE IF set.of = "" THEN "none"', 'ELSE IF FALSE THEN "none"');
    try {
      const { difference } = await compared('deletion-orphan', { folder });
      expect(difference?.actions.at(-1)).toBe('CollectSet');
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  }, 300_000);
});
