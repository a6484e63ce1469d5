/** A bounded world driven by hand: at any frame of its film another move, and on from there. Runs in the page too. */
import type { Move } from '../explorer/moves.ts';
import { possible } from '../explorer/script.ts';
import { firstWorld, retrace, worldChecks } from '../explorer/system.ts';
import type { Setting, World } from '../explorer/world.ts';
import type { Film, Verdict, WorldRun } from './film.ts';
import { filmOfMoves, settingOfRun } from './ofMoves.ts';

/** One thing that can happen next. */
export interface Choice {
  readonly text: string;
  readonly move: Move;
}

/** Moves of a run up to a frame. */
export const movesUpTo = ({ moves }: WorldRun, film: Film, at: number): readonly Move[] =>
  moves.slice(0, film.frames[at]?.at ?? 0);

function worldAfter(setting: Setting, moves: readonly Move[]): World {
  let world = firstWorld(setting);
  for (const [, , after] of retrace(setting, moves)) world = after;
  return world;
}

/** All that can happen after a frame; nothing if the film is of no bounded world. */
export function choicesAt(film: Film, at: number): readonly Choice[] {
  const { world } = film;
  if (world === undefined) return [];
  const setting = settingOfRun(world);
  return possible(setting, worldAfter(setting, movesUpTo(world, film, at))).map(([text, move]) => ({
    text,
    move,
  }));
}

/** The first move that breaks a property, and which; null: all hold. */
function brokenBy(setting: Setting, moves: readonly Move[]): (Verdict & { readonly move: number }) | null {
  const { states, steps } = worldChecks(setting);
  let move = 0;
  for (const [before, edge, after] of retrace(setting, moves)) {
    move += 1;
    for (const [property, check] of Object.entries(states)) {
      const text = check(after);
      if (text !== null) return { property, text, move };
    }
    for (const [property, check] of Object.entries(steps)) {
      const text = check(before, edge, after);
      if (text !== null) return { property, text, move };
    }
  }
  return null;
}

/** The film of such a run, judged. */
export function filmByHand(run: WorldRun): Film {
  const setting = settingOfRun(run);
  const broken = brokenBy(setting, run.moves);
  const off = run.mutants.length === 0 ? ', by every rule' : `, without the rule ${run.mutants.join(', ')}`;
  const count = run.moves.length === 1 ? '1 move' : `${run.moves.length} moves`;
  return filmOfMoves(`world ${run.description.name}${off}, by hand: ${count}`, setting, run.moves, broken);
}
