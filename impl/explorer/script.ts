/**
 * Scripts: runs written for people. A command is the beginning of what a move is called, `rest` (all that happens of itself, the
 * first possible move each time), `wait` (timers run out too, until all is as it must be), or `check`. Golden scenarios are such scripts, and
 * a world may begin where one ends.
 */
import { PROPERTIES } from '../../spec/properties/index.ts';
import { apply } from './apply.ts';
import { changes, describeMove } from './describe.ts';
import { idleMoves, type Move, movesOf, plainMoves } from './moves.ts';
import { snapshot } from './snapshot.ts';
import { outcomes, worldChecks } from './system.ts';
import type { Setting, World } from './world.ts';

const MOST = 3000;
const MOST_TIMERS = 20;

/** A move of a command, and the world after it. */
export interface Played {
  readonly world: World;
  readonly move: Move;
}

/** Plain moves, the first possible each time, until none is left. */
function* rest(setting: Setting, world: World): Generator<Played> {
  let at = world;
  for (let moves = 0; moves < MOST; moves += 1) {
    const move = plainMoves(setting, at).next().value;
    if (move === undefined) return;
    at = apply(setting, at, move)[0];
    yield { move, world: at };
  }
  throw new Error(`no rest within ${MOST} moves`);
}

/** Rest, and timers as long as something is not yet as it must be in the end. */
function* wait(setting: Setting, world: World): Generator<Played> {
  let at = world;
  for (let timers = 0; timers <= MOST_TIMERS; timers += 1) {
    for (const played of rest(setting, at)) {
      at = played.world;
      yield played;
    }
    const move = isAsItMust(setting, at) ? undefined : idleMoves(at).next().value;
    if (move === undefined) return;
    at = apply(setting, at, move)[0];
    yield { move, world: at };
  }
}

function isAsItMust(setting: Setting, world: World): boolean {
  const view = snapshot(setting, world) as never;
  return setting.description.eventually.every((name) => PROPERTIES[name].check(view) === null);
}

/** All that is possible, each move by its name in scripts, also with crashes in the middle of it. */
export function possible(setting: Setting, world: World): readonly (readonly [string, Move])[] {
  const moves = [...movesOf(setting, world), ...idleMoves(world)];
  const bare = moves.map((move) => [describeMove({ move, steps: [] }), move] as const);
  const crashing = moves.flatMap((move) =>
    [...outcomes(setting, world, move)]
      .slice(1)
      .map(({ label }) => [describeMove({ move: label.move, steps: [] }), label.move] as const),
  );
  return [...bare, ...crashing];
}

/** Does what a command says: `rest`, `wait`, or the beginning of the name of a move. */
export function play(setting: Setting, world: World, command: string): readonly Played[] {
  if (command === 'rest') return [...rest(setting, world)];
  if (command === 'wait') return [...wait(setting, world)];
  const all = possible(setting, world);
  const move = (all.find(([name]) => name === command) ??
    all.find(([name]) => name.startsWith(command)))?.[1];
  if (move === undefined)
    throw new Error(`"${command}" is not possible; possible: ${all.map(([name]) => name).join('; ')}`);
  return [{ move, world: apply(setting, world, move)[0] }];
}

/** Which properties do not hold here, those of the end included. */
export function judge(setting: Setting, world: World): readonly string[] {
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

/** What is different, for people. */
export function difference(setting: Setting, before: World, after: World): readonly string[] {
  return changes(snapshot(setting, before), snapshot(setting, after));
}
