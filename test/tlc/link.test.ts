/** `Link.tla` and the machines: the same states, the same steps; and a difference of one rule is told by a path. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { configOf } from '../../impl/tlc/config.ts';
import { PROOFS } from '../../impl/tlc/run.ts';
import { WORLDS } from '../../spec/worlds/index.ts';
import { changed, compared } from './support/compared.ts';
import { TOOLCHAIN } from './support/toolchain.ts';

// One that begins where a script leads is given the state in which it begins with its run.
const specified = WORLDS.filter(({ spec, begins }) => spec !== undefined && begins === undefined);
describe('configurations', () => {
  it.each(specified.map((world) => [world.name, world] as const))(
    '%s is written as its world says',
    (name, world) =>
      expect(configOf(world)).toMatchFileSnapshot(path.join(PROOFS, `${world.spec}-${name}.cfg`)),
  );
});

describe.skipIf(TOOLCHAIN === null)('equality', () => {
  it('ends-break: the same states and the same edges', async () => {
    expect(await compared('ends-break', {})).toEqual({
      states: [2455, 2455],
      edges: [6030, 6030],
      difference: null,
    });
  });

  it('a guard that only the machines lack is told by the shortest path to what it lets in', async () => {
    const { difference } = await compared('ends-break', { machines: 'old-session-messages' });
    expect(difference).toMatchObject({ side: 0, what: 'state' });
    expect(difference?.actions).toHaveLength(13);
    expect(difference?.actions.at(-1)).toBe('DeliverDown');
  });

  it('a rule that only the spec lacks, too', async () => {
    const { difference } = await compared('ends-break', { spec: 'no-terminate-on-opening' });
    expect(difference?.actions.at(-1)).toBe('DeliverUp');
  });

  it('one conjunct changed in the spec, too', async () => {
    const conjunct =
      'UpIsThisAttempt(me, life, message) == message.session[1] = me /\\ message.session[3] = life.n';
    const weaker = 'UpIsThisAttempt(me, life, message) == message.session[1] = me';
    const folder = changed('UpperEnd.tla', conjunct, weaker);
    try {
      const { difference } = await compared('ends-break', { folder });
      expect(difference).toMatchObject({ side: 1, what: 'state' });
      expect(difference?.actions.at(-1)).toBe('DeliverUp');
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
