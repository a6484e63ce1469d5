/** Golden scenarios as they are written: `#` a comment, `>` a command, the rest what it changed. */
import fs from 'node:fs';
import path from 'node:path';
import type { Move } from '../../../impl/explorer/moves.ts';
import { difference, judge, play } from '../../../impl/explorer/script.ts';
import { settingOf } from '../../../impl/explorer/stages.ts';
import { firstWorld } from '../../../impl/explorer/system.ts';
import type { Setting, World } from '../../../impl/explorer/world.ts';
import { WORLDS } from '../../../spec/worlds/index.ts';

export const FOLDER = path.join(import.meta.dirname, '../golden');

/** A scenario that was played. */
export interface Scenario {
  /** The script, with the output of each command as it is now. */
  readonly text: string;
  readonly setting: Setting;
  readonly moves: readonly Move[];
  /** The world before the first move, and after each. */
  readonly worlds: readonly World[];
}

export const scenarios = fs.readdirSync(FOLDER).filter((file) => file.endsWith('.txt'));

/** Plays a scenario. */
export function playFile(file: string): Scenario {
  const lines = fs
    .readFileSync(path.join(FOLDER, file), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('#') || line.startsWith('>'));
  const name = /^> world (\S+)$/.exec(lines.find((line) => line.startsWith('> world')) ?? '')?.[1];
  const description = WORLDS.find((one) => one.name === name);
  if (description === undefined) throw new Error(`${file} names no world`);
  const setting = settingOf(description);
  let world = firstWorld(setting);
  const worlds = [world];
  const moves: Move[] = [];
  const out: string[] = [];
  for (const line of lines) {
    out.push(line);
    if (line.startsWith('#') || line.startsWith('> world')) continue;
    if (line === '> check') {
      out.push(...judge(setting, world).map((each) => `  ${each}`));
      continue;
    }
    const before = world;
    for (const played of play(setting, world, line.slice(2))) {
      world = played.world;
      moves.push(played.move);
      worlds.push(world);
    }
    out.push(...difference(setting, before, world).map((each) => `  ${each}`));
  }
  return { text: `${out.join('\n')}\n`, setting, moves, worlds };
}
