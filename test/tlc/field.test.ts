/** `Field.tla` and the machines: the same states, the same steps; a difference of one rule is told by a path; mutants. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkWorld, DEFAULT_EFFORT } from '../../impl/explorer/check.ts';
import { settingOf } from '../../impl/explorer/stages.ts';
import { checkByTlc } from '../../impl/tlc/check.ts';
import { changed, compared, named } from './support/compared.ts';
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

describe.skipIf(TOOLCHAIN === null)('a rule switched off', () => {
  it.each([
    ['write-back-unconditional', 'field-external', 'ScaleNotLost'],
    ['environment/no-precondition', 'field-external', 'ScaleNotLost'],
    ['external-by-value', 'field-back', 'ScaleNotLost'],
    ['external-owner-ignored', 'field-back', 'ScaleNotLost'],
    ['template-edit-external', 'field-back', 'Converges'],
    ['base-by-memory', 'field-back', 'Converges'],
    ['own-write-by-reply', 'field', 'Converges'],
    ['lost-reply-forgotten', 'field-external', 'Converges'],
  ])('%s: both engines name the same property, after as many steps', async (mutant, world, property) => {
    const setting = settingOf(named(world), new Set([mutant]));
    const explored = checkWorld(setting, DEFAULT_EFFORT).violation;
    const found = (await checkByTlc(TOOLCHAIN!, setting, { workers: 1 })).violation;
    expect(explored?.property).toBe(property);
    expect(found?.property).toBe(property);
    expect(found?.moves).toHaveLength(explored!.moves.length);
  });
});
