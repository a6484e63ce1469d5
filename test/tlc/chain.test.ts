/** `Chain.tla` and the machines of R, S and K: the same states, the same steps; a difference of one rule is told by a path. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { changed, compared } from './support/compared.ts';
import { TOOLCHAIN } from './support/toolchain.ts';

describe.skipIf(TOOLCHAIN === null)('equality', () => {
  it('exact-up: the same states and the same edges', async () => {
    const same = { states: [975, 975], edges: [3588, 3588], difference: null };
    expect(await compared('exact-up', {})).toEqual(same);
  }, 300_000);

  it('a guard that only the machines lack is told by the shortest path to what it lets in', async () => {
    const { difference } = await compared('exact', { machines: 'terminated-before-stop' });
    expect(difference?.actions.at(-1)).toBe('AnswerK');
  }, 300_000);

  it('one conjunct changed in the spec, too', async () => {
    const rule = 'pod.object = "deleting" -> IF k.runtime = "runs" /\\ IsQuiet(pod, k) THEN';
    const folder = changed('TailPod.tla', rule, 'pod.object = "deleting" -> IF TRUE THEN');
    try {
      const { difference } = await compared('exact', { folder });
      expect(difference).toMatchObject({ side: 0, what: 'state' });
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  }, 300_000);
});
