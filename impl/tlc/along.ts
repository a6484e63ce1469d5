/** Runs of a world that is too wide to be compared whole: random ones, along which TLC must come through the same states. */
import type { Move } from '../explorer/moves.ts';
import { randomOf } from '../explorer/mulberry.ts';
import { firstWorld, successors } from '../explorer/system.ts';
import type { Setting } from '../explorer/world.ts';
import { type Followed, follow } from './follow.ts';
import type { Toolchain } from './resolve.ts';

/** How many runs, and how long. */
export interface Runs {
  readonly runs: number;
  readonly steps: number;
  readonly seed: number;
}

function randomRun(setting: Setting, seed: number, steps: number): readonly Move[] {
  const random = randomOf(seed);
  const moves: Move[] = [];
  let world = firstWorld(setting);
  while (moves.length < steps) {
    const next = [...successors(setting, world)];
    const way = next[Math.floor(random() * next.length)];
    if (way === undefined) break;
    moves.push(way.label.move);
    world = way.state;
  }
  return moves;
}

/** The runs, and how far TLC went along with each. */
export async function along(
  toolchain: Toolchain,
  setting: Setting,
  { runs, steps, seed }: Runs,
  modules?: string,
): Promise<readonly (Followed & { readonly run: readonly Move[] })[]> {
  const all = Array.from({ length: runs }, (_, at) => randomRun(setting, seed + at, steps));
  const followed = await follow(toolchain, setting, all, modules);
  return followed.map((one, at) => ({ ...one, run: all[at] as readonly Move[] }));
}
