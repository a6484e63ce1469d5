/** One world by the engines asked for: a row each as they come. */
import { SIZES } from '../../../spec/worlds/sizes.ts';
import type { Effort } from '../../explorer/check.ts';
import type { Setting } from '../../explorer/world.ts';
import type { TlcProgress } from '../../tlc/output.ts';
import type { Toolchain } from '../../tlc/resolve.ts';
import type { Engine } from './choose.ts';
import type { Part } from './parts.ts';
import { alongRow, explorerRow, type Row, tlcAndEqualRows, tlcRow, UNFINISHED, wideRow } from './rows.ts';

/** How a world is checked (plain data). */
export interface WorldEffort extends Effort {
  readonly engine: Engine;
  readonly toolchain: Toolchain | null;
  /** Threads of TLC. */
  readonly workers: number;
  /** Threads of the explorer; if absent it searches plainly, and a deep world by as many as TLC. */
  readonly threads?: number;
  /** Largest heap of TLC. */
  readonly heap?: string;
  /** Folder of the TLA+ modules, if not ours. */
  readonly modules?: string;
}

/** From so many states on, Java's good compiler earns what it costs. */
const MANY_STATES = 20_000;

/** Whether TLC ends within seconds. */
function isBrief({ description, mutants }: Setting): boolean {
  return mutants.size === 0 && !description.deep && (SIZES[description.name] ?? 0) < MANY_STATES;
}

/** The rows of a world, or of a part of it: that the engines agree is of its graph. */
export async function* rowsOf(
  setting: Setting,
  effort: WorldEffort,
  part: Part | undefined,
  signal: AbortSignal,
  onProgress: (progress: TlcProgress) => void,
): AsyncGenerator<Row> {
  const { engine, toolchain, workers, heap, modules: folder, maxStates, seed } = effort;
  const hasSpec = setting.description.spec !== undefined;
  const chosen = { ...(heap === undefined ? {} : { heap }), ...(folder === undefined ? {} : { folder }) };
  const isWide = setting.description.deep === true && setting.mutants.size === 0;
  const threads = effort.threads ?? (isWide ? workers : 0);
  if (engine !== 'tlc') {
    const row = threads > 0 ? await wideRow(setting, effort, threads) : explorerRow(setting, effort);
    yield row;
    if (row.how === 'searched' && row.verdict === UNFINISHED) {
      // TLC, which knows no such limit, would not end either.
      if (toolchain !== null && hasSpec) yield await alongRow(toolchain, setting, chosen, seed);
      return;
    }
  }
  if (toolchain === null || !hasSpec) return;
  const how = { signal, onProgress, workers, brief: isBrief(setting), ...chosen };
  // With one worker the counterexample is the shortest.
  if (setting.mutants.size > 0) yield await tlcRow(toolchain, setting, { ...how, workers: 1 });
  else if (engine === 'tlc' || part === 'liveness') yield await tlcRow(toolchain, setting, how);
  else yield* await tlcAndEqualRows(toolchain, setting, how, maxStates);
}
