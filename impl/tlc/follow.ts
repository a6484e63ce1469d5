/**
 * Whether TLC can go the way that the machines went: the module is bound to the same actions in the same order, and must come through the
 * same states.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { apply } from '../explorer/apply.ts';
import type { Move } from '../explorer/moves.ts';
import { firstWorld } from '../explorer/system.ts';
import type { Setting } from '../explorer/world.ts';
import { posed, withModules } from './begun.ts';
import { unjudged } from './config.ts';
import { readDump } from './dump.ts';
import { translationOf } from './modules.ts';
import type { Toolchain } from './resolve.ts';
import { PROOFS, runTlc } from './run.ts';

/** How far TLC went along. */
export interface Followed {
  /** Moves after which TLC was in the same state, from the first on without a gap. */
  readonly moves: number;
  /** What the state of the machines is where TLC could not follow; null if it could everywhere. */
  readonly missing: string | null;
}

const NAME = 'Followed';
/** Steps of one run at most. */
const STRIDE = 10_000;

/** The module bound to the actions of some runs: `cursor` says of which run, and how many of its actions were taken. */
function boundModule(module: string, runs: readonly (readonly string[])[]): string {
  const starts = runs.map((_, run) => run * STRIDE);
  const steps = runs.flatMap((actions, run) =>
    actions.map((action, at) => {
      const cursor = run * STRIDE + at;
      return `  \\/ cursor = ${cursor} /\\ cursor' = ${cursor + 1} /\\ ${action}`;
    }),
  );
  return [
    `---- MODULE ${NAME} ----`,
    `EXTENDS ${module}`,
    'VARIABLE cursor',
    `FollowedInit == Init /\\ cursor \\in {${starts.join(', ')}}`,
    'FollowedNext ==',
    ...steps,
    'FollowedSpec == FollowedInit /\\ [][FollowedNext]_<<vars, cursor>>',
    '====',
    '',
  ].join('\n');
}

/** All states that TLC comes through, bound to these actions. */
async function statesAlong(
  toolchain: Toolchain,
  setting: Setting,
  runs: readonly (readonly string[])[],
  modules: string,
): Promise<ReadonlySet<string>> {
  return withModules(modules, (copy) =>
    posed(setting, copy, async ({ module, config: posedConfig, folder }) => {
      await writeFile(join(folder, `${NAME}.tla`), boundModule(module, runs));
      const config = unjudged(posedConfig).replace('FairSpec', 'FollowedSpec');
      const dump = join(folder, 'graph.dot');
      await runTlc(toolchain, { module: NAME, config, folder, dump, workers: 1, brief: true });
      return new Set((await readDump(dump, (text) => text)).keys);
    }),
  );
}

/**
 * Follows runs in one world.
 * @throws KubedirectError as {@link runTlc}
 */
export async function follow(
  toolchain: Toolchain,
  setting: Setting,
  runs: readonly (readonly Move[])[],
  modules = PROOFS,
): Promise<readonly Followed[]> {
  const { state, action } = translationOf(setting.description);
  const actions = runs.map((moves) => moves.map(action));
  const seen = await statesAlong(toolchain, setting, actions, modules);
  return runs.map((moves, run) => {
    let world = firstWorld(setting);
    for (const [at, move] of [null, ...moves].entries()) {
      if (move !== null) world = apply(setting, world, move)[0];
      const text = state(setting, world);
      const missing = !seen.has(withVariable(text, 'cursor', run * STRIDE + at));
      if (missing) return { moves: Math.max(0, at - 1), missing: text };
    }
    return { moves: moves.length, missing: null };
  });
}

/** The canonical text of a state with one more variable. */
function withVariable(text: string, name: string, value: number): string {
  const lines = text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line] as const);
  return [...lines, [name, `${name}=${value}`] as const]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, line]) => line)
    .join('\n');
}
