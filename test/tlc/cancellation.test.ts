/** `Cancellation.tla` and the machines: a difference of one rule is told by a path. That there is none, `npm run check` says. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { changed, compared } from './support/compared.ts';
import { TOOLCHAIN } from './support/toolchain.ts';

describe.skipIf(TOOLCHAIN === null)('equality', () => {
  it('a guard that only the machines lack is told by the shortest path to what it lets in', async () => {
    const { difference } = await compared('cancel', { machines: 'drain-keeps-session' });
    expect(difference).toMatchObject({ side: 0, what: 'state' });
    expect(difference?.actions.at(-1)).toBe('AnswerDown');
  }, 300_000);

  it('one conjunct changed in the spec, too', async () => {
    const rule = 'holder = me THEN Cancelled(me, Result(life, <<>>))';
    const folder = changed('CancellingEnd.tla', rule, 'holder >= me THEN Cancelled(me, Result(life, <<>>))');
    try {
      const { difference } = await compared('cancel-leaders', { folder });
      expect(difference).toMatchObject({ side: 1, what: 'state' });
      expect(difference?.actions.at(-1)).toBe('AnswerUp');
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  }, 300_000);
});
