/** Scenarios as they are written: `#` a comment, `>` a command (`script.ts`), the rest what it changed. Runs in the page too. */
import type { WorldDescription } from '../../spec/worlds/description.ts';
import { describeMove } from './describe.ts';
import type { Move } from './moves.ts';
import { difference, judge, play } from './script.ts';
import { settingOf } from './stages.ts';
import { firstWorld } from './system.ts';
import type { Setting, World } from './world.ts';

const WORLD = '> world ';
const WITHOUT = '> without ';

/** A scenario that was played. */
export interface Scenario {
  /** The script, with the output of each command as it is now. */
  readonly text: string;
  readonly setting: Setting;
  readonly moves: readonly Move[];
  /** The world before the first move, and after each. */
  readonly worlds: readonly World[];
}

/**
 * Plays a scenario.
 * @throws Error if it names no world, or a command is not possible
 */
export function playScenario(text: string, worlds: readonly WorldDescription[]): Scenario {
  const lines = text.split('\n').filter((line) => line.startsWith('#') || line.startsWith('>'));
  const name = lines.find((line) => line.startsWith(WORLD))?.slice(WORLD.length);
  if (name === undefined)
    throw new Error(`expected a scenario, in which a line says "${WORLD}NAME"; none does`);
  const description = worlds.find((one) => one.name === name);
  if (description === undefined) throw new Error(`no world is named "${name}"`);
  const off = lines.flatMap((line) => (line.startsWith(WITHOUT) ? [line.slice(WITHOUT.length)] : []));
  const setting = settingOf(description, new Set(off));
  let world = firstWorld(setting);
  const seen = [world];
  const moves: Move[] = [];
  const out: string[] = [];
  for (const line of lines) {
    out.push(line);
    if (line.startsWith('#') || line.startsWith(WORLD) || line.startsWith(WITHOUT)) continue;
    if (line === '> check') {
      out.push(...judge(setting, world).map((each) => `  ${each}`));
      continue;
    }
    const before = world;
    for (const played of play(setting, world, line.slice(2))) {
      world = played.world;
      moves.push(played.move);
      seen.push(world);
    }
    out.push(...difference(setting, before, world).map((each) => `  ${each}`));
  }
  return { text: `${out.join('\n')}\n`, setting, moves, worlds: seen };
}

/** The scenario of a run, judged at its end. */
export function scenarioOf({ description, mutants }: Setting, moves: readonly Move[]): string {
  const commands = [
    `${WORLD}${description.name}`,
    ...[...mutants].map((name) => `${WITHOUT}${name}`),
    ...moves.map((move) => `> ${describeMove({ move, steps: [] })}`),
    '> check',
  ];
  return playScenario(commands.join('\n'), [description]).text;
}
