/**
 * The bounded worlds, searched to the end: every property holds, every witness is seen, and the size is the pinned one. The larger ones
 * are searched by `npm run check` alone, which asks the same of each, and is a step of CI.
 * A size that changes without a change of the protocol is a state that was lost or made: look before pinning anew.
 */
import { describe, expect, it } from 'vitest';
import { checkWorld, DEFAULT_EFFORT } from '../../impl/explorer/check.ts';
import { settingOf } from '../../impl/explorer/stages.ts';
import { WORLDS } from '../../spec/worlds/index.ts';
import { SIZES } from '../../spec/worlds/sizes.ts';

const LARGE = 10_000;
const searched = WORLDS.filter(({ walkOnly, deep }) => !walkOnly && !deep);
const small = searched.filter(({ name }) => (SIZES[name] ?? 0) < LARGE);

describe('worlds', () => {
  it.each(small.map((world) => [world.name, world] as const))('%s holds in every state', (name, world) => {
    const { violation, unseen, complete, states } = checkWorld(settingOf(world), DEFAULT_EFFORT);
    expect({ violation, unseen, complete, states }).toEqual({
      violation: null,
      unseen: [],
      complete: true,
      states: SIZES[name],
    });
  });

  it('that are searched are all of a pinned size', () =>
    expect(searched.filter(({ name }) => SIZES[name] === undefined)).toEqual([]));

  it('bear different names', () => {
    expect(new Set(WORLDS.map(({ name }) => name)).size).toBe(WORLDS.length);
  });
});
