/** Whether TLC and the explorer reach the same states by the same steps in a world. */
import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Move } from '../explorer/moves.ts';
import { search } from '../explorer/search.ts';
import type { Setting, World } from '../explorer/world.ts';
import { worldSystem } from '../explorer/worldSystem.ts';
import { type Comparison, compareGraphs, type StateGraph } from './compare.ts';
import { readDump } from './dump.ts';
import { translationOf } from './modules.ts';

/** A short key for a state's text. */
export const digest = (text: string) => hash('sha1', text, 'base64');

/** The explorer's graph, and the moves to each of its states. */
export interface ExploredGraph extends StateGraph {
  readonly movesTo: (state: number) => readonly Move[];
}

/** Explores a world, all of it, with the states encoded as those of its TLA+ module. */
export function exploredGraph(setting: Setting, maxStates: number): ExploredGraph {
  const translation = translationOf(setting.description);
  const keys: string[] = [];
  // States are met in the order of their numbers.
  const encode = (world: World): null => {
    keys.push(digest(translation.state(setting, world)));
    return null;
  };
  const result = search(
    worldSystem(setting),
    { states: { '': encode }, steps: {}, witnesses: {} },
    { maxStates, keepGraph: true },
    // Of an edge its move alone is asked for: what the steps did is most of it.
    ({ move }) => ({ move, steps: [] }),
  );
  const edges = (result.graph?.edges ?? []).map((out) =>
    out.map(({ to, label }) => ({ action: translation.action(label.move), to })),
  );
  return {
    initial: [0],
    keys,
    edges,
    movesTo: (state) => result.pathTo(state).map(({ move }) => move),
  };
}

/**
 * Runs `write` with the path of a file for TLC's dump, then reads it if what was written is `whole`; the file is gone
 * afterwards.
 */
export async function dumpedGraph<T>(
  write: (file: string) => Promise<T>,
  whole: (written: T) => boolean = () => true,
): Promise<[T, StateGraph | null]> {
  const folder = await mkdtemp(join(tmpdir(), 'kubedirect-dump-'));
  try {
    const file = join(folder, 'graph.dot');
    const written = await write(file);
    return [written, whole(written) ? await readDump(file, digest) : null];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The comparison: first the explorer's graph, then TLC's. */
export function compare(explored: StateGraph, dumped: StateGraph): Comparison {
  return compareGraphs([explored, dumped]);
}
