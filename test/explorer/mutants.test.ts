/** Teeth: each mutant is caught by the explorer in the world named for it, and `docs/mutants.md` says so. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { pageOf } from '../../impl/cli/check/mutants.ts';
import { type Bite, bite } from '../../impl/explorer/bite.ts';
import { MUTANTS } from '../../spec/mutants.ts';
import { TEETH_OF_MACHINES, TOOTHLESS } from '../../spec/worlds/teeth.ts';

const PAGE = path.join(import.meta.dirname, '../../docs/mutants.md');

describe('mutants', () => {
  const found: Bite[] = [];

  it.each(TEETH_OF_MACHINES)(
    '$mutant is caught in $world',
    (tooth) => {
      const caught = bite(tooth);
      found.push(caught);
      expect(caught).toMatchObject({ isNamed: true });
    },
    300_000,
  );

  it('are each caught, or listed with what was tried', () => {
    const caught = new Set(TEETH_OF_MACHINES.map(({ mutant }) => mutant));
    const names = [...caught, ...TOOTHLESS.map(({ mutant }) => mutant)];
    expect(names.toSorted()).toEqual(MUTANTS.map(({ name }) => name).toSorted());
  });

  it('are in the docs as they were found', () => expect(pageOf(found)).toMatchFileSnapshot(PAGE));
});
