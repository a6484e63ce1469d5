/**
 * Golden scenarios: each is a counterexample that led to a fix, as a short script with what every command changed.
 * Lines that begin with `>` are commands; what follows is compared. `UPDATE_GOLDEN=1` writes it anew.
 */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { apply } from '../../impl/explorer/apply.ts';
import { changes, describeMove } from '../../impl/explorer/describe.ts';
import { idleMoves, type Move, movesOf, plainMoves } from '../../impl/explorer/moves.ts';
import { snapshot } from '../../impl/explorer/snapshot.ts';
import { settingOf } from '../../impl/explorer/stages.ts';
import { firstWorld, worldChecks } from '../../impl/explorer/system.ts';
import type { Setting, World } from '../../impl/explorer/world.ts';
import { PROPERTIES } from '../../spec/properties/index.ts';
import { WORLDS } from '../../spec/worlds/index.ts';

const FOLDER = path.join(import.meta.dirname, 'golden');
const MOST = 3000;

/** Plain moves, the first possible each time, until none is left. */
function rest(setting: Setting, world: World): World {
  let at = world;
  for (let moves = 0; moves < MOST; moves += 1) {
    const move = plainMoves(setting, at).next().value;
    if (move === undefined) return at;
    at = apply(setting, at, move)[0];
  }
  throw new Error(`no rest within ${MOST} moves`);
}

function named(setting: Setting, world: World, name: string): Move {
  const moves = [...movesOf(setting, world), ...idleMoves(world)];
  const names = moves.map((move) => describeMove({ move, steps: [] }));
  const found = moves[names.findIndex((each) => each.startsWith(name))];
  if (found === undefined) throw new Error(`"${name}" is not possible; possible: ${names.join('; ')}`);
  return found;
}

function judge(setting: Setting, world: World): readonly string[] {
  const view = snapshot(setting, world);
  const safety = Object.entries(worldChecks(setting).states).map(
    ([name, check]) => [name, check(world)] as const,
  );
  const liveness = setting.description.eventually.map(
    (name) => [name, PROPERTIES[name].check(view as never)] as const,
  );
  const broken = [...safety, ...liveness].filter(([, text]) => text !== null);
  return broken.length === 0 ? ['all properties hold'] : broken.map(([name, text]) => `${name}: ${text}`);
}

/** Runs a scenario: its text, with the output of each command as it is now. */
function play(text: string): string {
  const lines = text.split('\n').filter((line) => line.startsWith('#') || line.startsWith('>'));
  const name = /^> world (\S+)$/.exec(lines.find((line) => line.startsWith('> world')) ?? '')?.[1];
  const description = WORLDS.find((one) => one.name === name);
  if (description === undefined) throw new Error(`the scenario names no world`);
  const setting = settingOf(description);
  let world = firstWorld(setting);
  const out: string[] = [];
  for (const line of lines) {
    out.push(line);
    if (line.startsWith('#') || line.startsWith('> world')) continue;
    const before = world;
    const command = line.slice(2);
    if (command === 'check') {
      out.push(...judge(setting, world).map((each) => `  ${each}`));
      continue;
    }
    world =
      command === 'rest' ? rest(setting, world) : apply(setting, world, named(setting, world, command))[0];
    out.push(...changes(snapshot(setting, before), snapshot(setting, world)).map((each) => `  ${each}`));
  }
  return `${out.join('\n')}\n`;
}

const scenarios = fs.readdirSync(FOLDER).filter((file) => file.endsWith('.txt'));

describe('golden scenarios', () => {
  it.each(scenarios)('%s goes as it is written', (file) => {
    const written = fs.readFileSync(path.join(FOLDER, file), 'utf8');
    const played = play(written);
    if (process.env.UPDATE_GOLDEN !== undefined) fs.writeFileSync(path.join(FOLDER, file), played);
    else expect(played).toBe(written);
  });
});
