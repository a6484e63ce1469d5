/** Golden scenarios, followed by TLC: the same actions lead it through the same states; a spec that lacks a rule is told apart. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Move } from '../../impl/explorer/moves.ts';
import { play } from '../../impl/explorer/script.ts';
import { settingOf } from '../../impl/explorer/stages.ts';
import { firstWorld } from '../../impl/explorer/system.ts';
import type { Setting } from '../../impl/explorer/world.ts';
import { follow } from '../../impl/tlc/follow.ts';
import { translationOf } from '../../impl/tlc/modules.ts';
import { WORLDS } from '../../spec/worlds/index.ts';
import { playFile, scenarios } from '../explorer/support/golden.ts';
import { changed } from './support/compared.ts';
import { TOOLCHAIN } from './support/toolchain.ts';

const played = scenarios.map((file) => ({ file, ...playFile(file) }));
const specified = Map.groupBy(
  played.filter(({ setting }) => setting.description.spec !== undefined),
  ({ setting }) => setting.description.name,
);

// Worlds that differ in their beginnings alone are followed in one run of TLC.
const scripted = Map.groupBy(
  WORLDS.flatMap(({ begins, ...world }) =>
    world.spec === undefined || begins === undefined ? [] : [{ world, begins }],
  ),
  ({ world }) => `${world.spec} ${JSON.stringify(translationOf(world).constants(world))}`,
).values();

function movesOf(setting: Setting, begins: readonly string[]): readonly Move[] {
  let at = firstWorld(setting);
  return begins.flatMap((command) => {
    const played = play(setting, at, command);
    at = played.at(-1)?.world ?? at;
    return played.map(({ move }) => move);
  });
}

describe.skipIf(TOOLCHAIN === null)('golden scenarios', () => {
  it.each([...specified])('of %s go in TLC as they go in the machines', async (_, all) => {
    const runs = all.map(({ moves }) => moves);
    const followed = await follow(TOOLCHAIN!, all[0]!.setting, runs);
    const byFile = (rows: readonly unknown[]) => rows.map((row, at) => [all[at]?.file, row]);
    expect(byFile(followed)).toEqual(byFile(runs.map(({ length }) => ({ moves: length, missing: null }))));
  });

  it.each([...scripted].map((all) => [all.map(({ world }) => world.name).join(', '), all] as const))(
    'TLC comes where %s begins, by the same steps',
    async (_, all) => {
      const setting = settingOf(all[0]!.world);
      const runs = all.map(({ begins }) => movesOf(setting, begins));
      const whole = runs.map(({ length }) => ({ moves: length, missing: null }));
      expect(await follow(TOOLCHAIN!, setting, runs)).toEqual(whole);
    },
  );

  it('a spec that lacks a rule does not follow', async () => {
    const rule = 'holder = me THEN Cancelled(me, Result(life, <<>>))';
    const folder = changed('CancellingEnd.tla', rule, 'FALSE THEN Cancelled(me, Result(life, <<>>))');
    try {
      const { setting, moves } = playFile('adopt-undrained.txt');
      const [followed] = await follow(TOOLCHAIN!, setting, [moves], folder);
      expect(followed?.moves).toBeLessThan(moves.length);
      expect(followed?.missing).not.toBeNull();
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
