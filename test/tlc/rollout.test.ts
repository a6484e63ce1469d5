/** `Rollout.tla` and D's and R's decisions: a difference of one rule is told by a path. That there is none, `npm run check` says. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { changed, compared } from './support/compared.ts';
import { TOOLCHAIN } from './support/toolchain.ts';

describe.skipIf(TOOLCHAIN === null)('equality', () => {
  it('a rule that only the machines lack is told by the shortest path', async () => {
    const { difference } = await compared('rollout', { machines: 'want-direct-unmatched' });
    expect(difference?.side).toBe(0);
    expect(difference?.actions.at(-1)).toBe('WatchSetR');
  }, 300_000);

  it('one conjunct changed in the spec, too', async () => {
    const folder = changed('Targets.tla', 'create |-> Less(meant[one], live[one])', 'create |-> 0');
    try {
      const { difference } = await compared('rollout', { folder });
      expect(difference?.actions.at(-1)).toBe('Deliver');
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  }, 300_000);
});
