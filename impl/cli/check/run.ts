/** Runs a `check`: the worlds by the engines asked for, as one table. */
import fs from 'node:fs';
import { availableParallelism } from 'node:os';
import { PROPERTIES, type Property } from '../../../spec/properties/index.ts';
import type { Effort } from '../../explorer/check.ts';
import { settingOf } from '../../explorer/stages.ts';
import { traceOf } from '../../explorer/trace.ts';
import { resolveToolchain } from '../../tlc/resolve.ts';
import type { Film } from '../../viewer/film.ts';
import { filmOfMoves } from '../../viewer/ofMoves.ts';
import { pageOf } from '../../viewer/page.ts';
import { CHECK_EXIT } from '../exit.ts';
import { type Engine, mutantsOf, shapesOf, tellingFirst, worldNamed, worldsOf } from './choose.ts';
import { digests } from './digest.ts';
import { checksPage } from './page.ts';
import { costOf, isWhole, type Part, partKey, partsOf, wasHurried } from './parts.ts';
import { readRecords, record } from './records.ts';
import type { Row } from './rows.ts';
import { HEAD, lineOf, perSecond } from './table.ts';
import type { Task } from './worldProcess.ts';
import { checkWorlds } from './worldProcesses.ts';

/** What `check` was asked for. */
export interface CheckOptions extends Effort {
  readonly engine: Engine;
  readonly world?: readonly string[];
  readonly deep: boolean;
  readonly mutant?: string;
  readonly json: boolean;
  readonly trace?: string;
  /** File for the counterexample as a page for the browser. */
  readonly view?: string;
  readonly heap?: string;
  /** Folder of the TLA+ modules, if not ours. */
  readonly modules?: string;
  /** Megabytes for the explorer. */
  readonly memory?: number;
  /** Of the explorer, in each world. */
  readonly threads?: number;
  /** Worlds at once. */
  readonly jobs?: number;
  /** File that keeps what was found: worlds in it are left out. */
  readonly resume?: string;
  /** File for the table of all that is kept. */
  readonly page?: string;
  /** A world that has not ended by then is given up. */
  readonly minutes?: number;
  /** Minutes after which nothing more is begun: a slice of a long check. */
  readonly for?: number;
}

const say = (text: string) => process.stderr.write(`${text}\n`);
const progress = (text: string) => {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}\u001b[K`);
  else say(text);
};
const wipe = () => {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
};

/** What a property says must be so. */
const statementOf = (property: string) =>
  (PROPERTIES as Readonly<Record<string, Property>>)[property]?.statement ?? '';

/** Writes the counterexample of a row where it was asked for. */
async function keep(row: Row, options: CheckOptions, films: Film[]): Promise<void> {
  const { world, engine, verdict, moves, loop = null, details } = row;
  const { trace, view, mutant } = options;
  if (moves === null) return;
  if (view === undefined) {
    const rule = mutant === undefined ? '' : ` --mutant ${mutant}`;
    say(
      `see it in a browser: npm run kubedirect -- check --world ${world}${rule} --engine ${engine === 'tlc' ? 'tlc' : 'explorer'} --view PAGE.html`,
    );
  }
  const setting = settingOf(worldNamed(world), mutantsOf(mutant));
  if (trace !== undefined) {
    const lines = traceOf(setting, moves);
    fs.writeFileSync(trace, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
  }
  if (view !== undefined) {
    const [property = verdict] = verdict.split(' ');
    const title = `world ${world}${mutant === undefined ? '' : `, without the rule ${mutant}`}, by ${engine}`;
    // TLC says which, and no more.
    const said = details[0]?.trim() ?? '';
    const text = said.startsWith(`${property}: `) ? said.slice(property.length + 2) : statementOf(property);
    const staysSo = row.exit === CHECK_EXIT.liveness && loop === null;
    const broken = {
      property,
      text: staysSo ? `${text}; and so it stays, since nothing more must happen` : text,
    };
    films.push(filmOfMoves(title, setting, moves, broken, loop));
    // By both engines: side by side.
    const [film, other] = films.slice(-2) as [Film, Film?];
    fs.writeFileSync(view, await pageOf(film, other));
    say(`see it in a browser: ${view}`);
  }
}

async function show(row: Row, options: CheckOptions, films: Film[]): Promise<void> {
  wipe();
  if (options.json) process.stdout.write(`${JSON.stringify({ ...row, perSecond: perSecond(row) })}\n`);
  else process.stdout.write([lineOf(row), ...row.details, ''].join('\n'));
  await keep(row, options, films);
}

/** Ends what runs with the process. */
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

/** The parts of worlds that are left to do, the cheap ones first, and the graphs before all that is to come. */
function partsLeft(
  names: readonly string[],
  { resume = '', minutes }: CheckOptions,
  digest: (world: string) => string,
): readonly { readonly world: string; readonly part: Part }[] {
  const records = readRecords(resume);
  return names
    .flatMap((world) => partsOf(world).map((part) => ({ world, part })))
    .filter(({ world, part }) => {
      const known = records.get(partKey(world, part));
      return known?.digest !== digest(world) || wasHurried(known.rows, minutes);
    })
    .map((one) => [costOf(one.world, one.part, records), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);
}

/** What each world's process is told. */
async function tasksOf(
  options: CheckOptions,
  jobs: number,
  digest: (world: string) => string,
): Promise<readonly Task[]> {
  const { engine, deep, mutant, world, heap, modules, threads, maxStates, walks, seed, steps } = options;
  mutantsOf(mutant);
  const { resume } = options;
  const worlds = worldsOf(world, deep, engine);
  const shapes = shapesOf(world, deep, engine);
  const specified = worlds.some(({ spec }) => spec !== undefined) || shapes.length > 0;
  const needsTlc = engine !== 'explorer' && specified;
  const chosenOnes = [...worlds, ...shapes];
  const names = (deep && world === undefined ? tellingFirst(chosenOnes) : chosenOnes).map(({ name }) => name);
  const toolchain = needsTlc ? await resolveToolchain({ onProgress: say }) : null;
  const workers = Math.max(1, Math.floor(availableParallelism() / Math.min(jobs, names.length)));
  const effort = { engine, mutant, toolchain, workers, maxStates, walks, seed, steps };
  const chosen = {
    ...(heap === undefined ? {} : { heap }),
    ...(modules === undefined ? {} : { modules }),
    ...(threads === undefined ? {} : { threads }),
  };
  const parts: readonly { world: string; part?: Part }[] =
    resume === undefined ? names.map((name) => ({ world: name })) : partsLeft(names, options, digest);
  return parts.map((one) => ({ ...effort, ...chosen, ...one }));
}

/**
 * Checks, and gives the exit code: that of the first world with a broken property, after all engines have judged it;
 * else of the worst row.
 */
export async function runCheck(options: CheckOptions): Promise<number> {
  const { json, memory, minutes, jobs = availableParallelism(), resume, page } = options;
  const { engine, mutant, maxStates, walks, seed, steps } = options;
  const digest = digests({ engine, mutant, maxStates, walks, seed, steps });
  return withSignals(async (signal) => {
    const tasks = await tasksOf(options, jobs, digest);
    if (!json) process.stdout.write(`${HEAD}\n`);
    let worst: number = CHECK_EXIT.held;
    const until =
      options.for === undefined ? Number.POSITIVE_INFINITY : performance.now() + options.for * 60_000;
    let counterexamples = 0;
    // What is kept, or was asked for by name, is told as soon as it is there.
    const longFirst = resume === undefined && options.world === undefined;
    const pool = {
      jobs,
      signal,
      longFirst,
      strict: resume === undefined,
      onProgress: progress,
      isDue: ({ world, part }: Task, graph: readonly Row[] | undefined) => {
        if (performance.now() > until) return false;
        const known = () => (resume === undefined ? [] : (readRecords(resume).get(world)?.rows ?? []));
        return part !== 'liveness' || isWhole(graph ?? known());
      },
      ...(minutes === undefined ? {} : { minutes }),
      ...(memory === undefined ? {} : { memory }),
    };
    await checkWorlds(tasks, pool, async (rows) => {
      const films: Film[] = [];
      for (const row of rows) {
        await show(row, options, films);
        worst = Math.max(worst, row.exit);
      }
      counterexamples += films.length;
      const [first] = rows;
      if (resume !== undefined && first !== undefined) record(resume, digest(first.world), rows);
      if (resume !== undefined && page !== undefined)
        fs.writeFileSync(page, checksPage(readRecords(resume), digest));
      // A long check goes on, and tells all that it finds.
      return resume !== undefined || worst <= CHECK_EXIT.unseen;
    });
    if (options.view !== undefined && counterexamples === 0)
      say(`no counterexample, so that ${options.view} is not written`);
    return worst;
  });
}
