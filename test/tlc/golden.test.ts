/** Golden scenarios, followed by TLC: the same actions lead it through the same states; a spec that lacks a rule is told apart. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { follow } from '../../impl/tlc/follow.ts';
import { playFile, scenarios } from '../explorer/support/golden.ts';
import { changed } from './support/compared.ts';
import { TOOLCHAIN } from './support/toolchain.ts';

const played = scenarios.map((file) => ({ file, ...playFile(file) }));
const specified = Map.groupBy(
  played.filter(({ setting }) => setting.description.spec !== undefined),
  ({ setting }) => setting.description.name,
);

describe.skipIf(TOOLCHAIN === null)('golden scenarios', () => {
  it.each([...specified])('of %s go in TLC as they go in the machines', async (_, all) => {
    const runs = all.map(({ moves }) => moves);
    const followed = await follow(TOOLCHAIN!, all[0]!.setting, runs);
    const byFile = (rows: readonly unknown[]) => rows.map((row, at) => [all[at]?.file, row]);
    expect(byFile(followed)).toEqual(byFile(runs.map(({ length }) => ({ moves: length, missing: null }))));
  });

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
