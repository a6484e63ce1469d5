/** The link's invariant: kept by each step from each state of a shape; and not without its rules, nor without its parts. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { configOf } from '../../impl/tlc/config.ts';
import { shapeConfig } from '../../impl/tlc/link/shape.ts';
import { PROOFS, runTlc } from '../../impl/tlc/run.ts';
import { checkShape } from '../../impl/tlc/shape.ts';
import { WORLDS, type WorldDescription } from '../../spec/worlds/index.ts';
import { SHAPES, type Shape } from '../../spec/worlds/shapes.ts';
import { changed } from './support/compared.ts';
import { TOOLCHAIN } from './support/toolchain.ts';

describe('configurations', () => {
  it.each(SHAPES.map((shape) => [shape.name, shape] as const))(
    '%s is written as its shape says',
    (name, shape) =>
      expect(shapeConfig(shape)).toMatchFileSnapshot(path.join(PROOFS, `MCLinkInductive-${name}.cfg`)),
  );
});

const open = SHAPES.find(({ name }) => name === 'link-step-open') as Shape;

describe.skipIf(TOOLCHAIN === null)('one step', () => {
  it('the invariant holds at the beginning, and on from there', async () => {
    const world = WORLDS.find(({ name }) => name === 'ends') as WorldDescription;
    const config = configOf(world)
      .replace(/^(INVARIANT|PROPERTY).*\n/gm, '')
      .replace('FairSpec', 'Spec');
    const run = { module: 'LinkInvariant', config: `${config}INVARIANT Inv\n` };
    expect(await runTlc(TOOLCHAIN!, run)).toMatchObject({ breach: null, distinct: 45 });
  }, 300_000);

  it('keeps the invariant, wherever it begins', async () => {
    const { breach, distinct } = await checkShape(TOOLCHAIN!, { ...open, messages: [1, 1] });
    expect(breach).toBeNull();
    expect(distinct).toBe(21_325);
  }, 300_000);

  it.each([['unmark-tombstone'], ['collect-tombstone-early']])(
    '%s: one step breaks it',
    async (mutant) => {
      const { breach, behaviour } = await checkShape(TOOLCHAIN!, open, [mutant]);
      expect(breach).not.toBeNull();
      expect(behaviour.map(({ action }) => action)).toEqual([null, 'Chosen', 'OneStep']);
    },
    300_000,
  );

  it('and so it does if the invariant says less', async () => {
    const folder = changed('LinkInvariant.tla', '  /\\ AssignsAreNew\n', '');
    try {
      const { breach } = await checkShape(TOOLCHAIN!, open, [], { folder });
      expect(breach).not.toBeNull();
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  }, 300_000);
});
