/** What the next larger bound adds: kinds of steps of a world that the smaller ones have not shown (`proofs-tla/BOUNDS.md` has the figures). */
import { describe, expect, it } from 'vitest';
import { kindsOf } from '../../impl/explorer/kinds.ts';
import { settingOf } from '../../impl/explorer/stages.ts';
import { WORLDS, type WorldDescription } from '../../spec/worlds/index.ts';

const shown = (name: string, ...mutants: readonly string[]) =>
  kindsOf(settingOf(WORLDS.find((one) => one.name === name) as WorldDescription, new Set(mutants)), 50_000);

/** Kinds that the larger one shows and none of the smaller ones. */
function added(larger: ReadonlySet<string>, smaller: readonly string[]): readonly string[] {
  const known = new Set(smaller.flatMap((name) => [...shown(name).kinds]));
  return [...larger].filter((kind) => !known.has(kind));
}

describe('the next larger bound', () => {
  it.each([
    ['a second Pod on the link', 'ends-two-pods', 43, ['ends-break', 'ends-crash']],
    ['a second node, and a second Pod', 'exact-nodes', 13, ['exact']],
  ] as const)('%s (%s): no new kind of step', (_, larger, size, smaller) => {
    const { complete, kinds } = shown(larger);
    expect({ complete, kinds: kinds.size }).toEqual({ complete: true, kinds: size });
    expect(added(kinds, smaller)).toEqual([]);
  });

  it('a rule switched off is a new kind: the comparison sees it', () => {
    const { kinds } = shown('exact', 'confirm-what-was-sent');
    expect(added(kinds, ['exact'])).not.toEqual([]);
  });
});
