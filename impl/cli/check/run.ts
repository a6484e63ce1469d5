/** Runs a `check`: the worlds by the engines asked for, a row each as they come. */
import fs from 'node:fs';
import type { Effort } from '../../explorer/check.ts';
import { settingOf } from '../../explorer/stages.ts';
import { traceOf } from '../../explorer/trace.ts';
import type { Setting } from '../../explorer/world.ts';
import type { TlcProgress } from '../../tlc/output.ts';
import { resolveToolchain, type Toolchain } from '../../tlc/resolve.ts';
import { CHECK_EXIT } from '../exit.ts';
import { type Engine, mutantsOf, worldsOf } from './choose.ts';
import { explorerRow, HEAD, lineOf, type Row, tlcAndEqualRows, tlcRow } from './rows.ts';

/** What `check` was asked for. */
export interface CheckOptions extends Effort {
  readonly engine: Engine;
  readonly world?: readonly string[];
  readonly deep: boolean;
  readonly mutant?: string;
  readonly json: boolean;
  readonly trace?: string;
  readonly heap?: string;
}

const say = (text: string) => process.stderr.write(`${text}\n`);
const progressOf = (world: string) => (progress: TlcProgress) => {
  const { depth, distinct, queue } = progress;
  const text = `${world}: TLC at depth ${depth}, ${distinct} states, ${queue} to go`;
  if (process.stderr.isTTY) process.stderr.write(`\r${text}\u001b[K`);
  else say(text);
};
const wipe = () => {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
};

async function* rowsOf(
  setting: Setting,
  options: CheckOptions,
  toolchain: Toolchain | null,
  signal: AbortSignal,
): AsyncGenerator<Row> {
  const { engine, heap, maxStates } = options;
  const { name, spec } = setting.description;
  if (engine !== 'tlc') yield explorerRow(setting, options);
  if (toolchain === null || spec === undefined) return;
  const effort = { signal, onProgress: progressOf(name), ...(heap === undefined ? {} : { heap }) };
  // With one worker the counterexample is the shortest.
  if (setting.mutants.size > 0) yield await tlcRow(toolchain, setting, { ...effort, workers: 1 });
  else if (engine === 'tlc') yield await tlcRow(toolchain, setting, effort);
  else yield* await tlcAndEqualRows(toolchain, setting, effort, maxStates);
}

function show(setting: Setting, row: Row, { json, trace }: CheckOptions): void {
  wipe();
  if (json) process.stdout.write(`${JSON.stringify(row)}\n`);
  else process.stdout.write([lineOf(row), ...row.details, ''].join('\n'));
  if (trace === undefined || row.moves === null) return;
  const lines = traceOf(setting, row.moves).map((line) => JSON.stringify(line));
  fs.writeFileSync(trace, `${lines.join('\n')}\n`);
}

/** Ends TLC with the process. */
async function withSignals<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, abort);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, abort);
  }
}

/**
 * Checks, and gives the exit code: that of the first world with a broken property, after all engines have judged it;
 * else of the worst row.
 */
export async function runCheck(options: CheckOptions): Promise<number> {
  const { engine, deep, mutant, json, world } = options;
  const mutants = mutantsOf(mutant);
  const worlds = worldsOf(world, deep, engine);
  const needsTlc = engine !== 'explorer' && worlds.some(({ spec }) => spec !== undefined);
  const toolchain = needsTlc ? await resolveToolchain({ onProgress: say }) : null;
  if (!json) process.stdout.write(`${HEAD}\n`);
  return withSignals(async (signal) => {
    let worst: number = CHECK_EXIT.held;
    for (const description of worlds) {
      const setting = settingOf(description, mutants);
      for await (const row of rowsOf(setting, options, toolchain, signal)) {
        show(setting, row, options);
        worst = Math.max(worst, row.exit);
      }
      if (worst > CHECK_EXIT.unseen) return worst;
    }
    return worst;
  });
}
