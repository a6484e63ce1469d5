/** `Registration.tla` and the machines: the same states, the same steps; a rule that only the machines lack is told by a path. */
import { describe, expect, it } from 'vitest';
import { compared } from './support/compared.ts';
import { TOOLCHAIN } from './support/toolchain.ts';

describe.skipIf(TOOLCHAIN === null)('equality', () => {
  it('register: the same states and the same edges', async () => {
    const same = { states: [1_443, 1_443], edges: [4_167, 4_167], difference: null };
    expect(await compared('register', {})).toEqual(same);
  }, 300_000);

  it('a guard that only the machines lack is told by the shortest path to what it lets in', async () => {
    const { difference } = await compared('register', { machines: 'minimum-of-nobody' });
    expect(difference?.side).toBe(0);
    expect(difference?.actions.at(-1)).toBe('AnswerK');
  }, 300_000);
});
