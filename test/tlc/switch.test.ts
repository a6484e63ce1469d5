/** `Switch.tla` and the machines with the stock controllers: the same states, the same steps. */
import { describe, expect, it } from 'vitest';
import { compared } from './support/compared.ts';
import { TOOLCHAIN } from './support/toolchain.ts';

describe.skipIf(TOOLCHAIN === null)('equality', () => {
  it('switch-release: the same states and the same edges', async () => {
    const same = { states: [136, 136], edges: [318, 318], difference: null };
    expect(await compared('switch-release', {})).toEqual(same);
  }, 300_000);

  it('no-room-exact: what finds no room is handed over, the same states and the same edges', async () => {
    const same = { states: [248, 248], edges: [558, 558], difference: null };
    expect(await compared('no-room-exact', {})).toEqual(same);
  }, 300_000);

  it('a rule that only the machines lack is told by the shortest path to what it lets in', async () => {
    const { difference } = await compared('switch-no-room', { machines: 'stock-keeps-unbound' });
    expect(difference?.actions.at(-1)).toBe('WatchS');
  }, 300_000);
});
