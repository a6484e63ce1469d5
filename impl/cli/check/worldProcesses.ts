/** Worlds in processes of their own, a few at a time. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { getCompileCacheDir } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ErrorCode, KubedirectError } from '../../../spec/errors.ts';
import { SIZES } from '../../../spec/worlds/sizes.ts';
import { CHECK_EXIT, exitCodeOf } from '../exit.ts';
import { lateText } from './parts.ts';
import type { Row } from './rows.ts';
import type { Task, Told } from './worldProcess.ts';

const PROGRAM = path.join(import.meta.dirname, 'worldProcess.ts');
/** What Node has compiled of our modules, in a folder of its version's: the next world's process need not. */
const COMPILED = getCompileCacheDir();
/** A process that has not ended by then is killed: it searches, and hears nothing. */
const PATIENCE_MS = 2000;

/** How they are run. */
export interface Pool {
  /** Processes at once. */
  readonly jobs: number;
  readonly signal: AbortSignal;
  /** Whether those that take long are begun first. */
  readonly longFirst: boolean;
  /** Whether a world that can not be checked ends all; else it is told so, and the others go on, each told as soon as it is there. */
  readonly strict: boolean;
  /** A world that has not ended by then is given up. */
  readonly minutes?: number;
  /** Megabytes of the explorer's heap, of each. */
  readonly memory?: number;
  readonly onProgress: (line: string) => void;
  /** Asked when a task's turn has come: of liveness with the rows of the world's graph, if that was looked at just now. */
  readonly isDue: (task: Task, graph: readonly Row[] | undefined) => boolean;
}

function interrupted(world: string): KubedirectError {
  return new KubedirectError('INTERRUPTED', `the check of ${world} was interrupted`);
}

/** V8 says so, of the process, which aborts, or of one of its threads. */
const OUT_OF_MEMORY = /heap out of memory|Failed to reserve|Zone Allocation failed/;

const outOfMemory = (world: string) =>
  new KubedirectError(
    'EXPLORER_OUT_OF_MEMORY',
    `the explorer ran out of memory in ${world}; give it more with --memory, or search fewer states with --max-states`,
  );

/** What the process told when it gave up. */
function failureOf(world: string, { code, message }: { code: string | null; message: string }): Error {
  if (code !== null) return new KubedirectError(code as ErrorCode, message);
  return OUT_OF_MEMORY.test(message) ? outOfMemory(world) : new Error(message);
}

function endedBadly(world: string, how: number | string | null, said: string): KubedirectError {
  if (OUT_OF_MEMORY.test(said)) return outOfMemory(world);
  return new KubedirectError(
    'CHECK_FAILED',
    `the process that checked ${world} ended (${how}): ${said.trim()}`,
  );
}

/** What is told of the engine that did not come to its end. */
function givenUp({ world, engine, part }: Task, rows: readonly Row[], verdict: string, exit: number): Row {
  const order = engine === 'tlc' ? (['tlc'] as const) : (['explorer', 'tlc', 'equal'] as const);
  const nothing = {
    states: 0,
    edges: 0,
    depth: 0,
    milliseconds: 0,
    megabytes: null,
    moves: null,
    details: [],
  };
  return {
    world,
    engine: order[rows.length] ?? 'equal',
    how: 'searched',
    ...nothing,
    verdict,
    exit,
    ...(part !== undefined && { part }),
  };
}

/** The rows of one world, in a folder of its own. */
async function rowsOf(task: Task, pool: Pool, scratch: string): Promise<readonly Row[]> {
  const { world } = task;
  const { signal, memory, minutes, strict, onProgress } = pool;
  if (signal.aborted) throw interrupted(world);
  const folder = await mkdtemp(path.join(scratch, `${world}-`));
  const child = fork(PROGRAM, [], {
    execArgv: memory === undefined ? [] : [`--max-old-space-size=${memory}`],
    env: {
      ...process.env,
      TMPDIR: folder,
      ...(COMPILED !== undefined && { NODE_COMPILE_CACHE: path.dirname(COMPILED) }),
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
    // A terminal's interrupt is passed on by us, once.
    detached: true,
  });
  const rows: Row[] = [];
  let said = '';
  let failure: Error | null = null;
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000);
  });
  child.on('message', (told: Told) => {
    if ('row' in told) rows.push(told.row);
    else if ('progress' in told) onProgress(told.progress);
    else failure = failureOf(world, told.error);
  });
  const stop = () => interrupt(child);
  signal.addEventListener('abort', stop, { once: true });
  let isLate = false;
  const late = () => {
    isLate = true;
    stop();
  };
  const timer = minutes === undefined ? undefined : setTimeout(late, minutes * 60_000);
  child.send(task);
  const how = await new Promise<number | string | null>((resolve) =>
    child.once('close', (code, name) => resolve(code ?? name)),
  );
  signal.removeEventListener('abort', stop);
  clearTimeout(timer);
  await rm(folder, { recursive: true, force: true });
  if (signal.aborted) throw interrupted(world);
  if (isLate) return [...rows, givenUp(task, rows, lateText(minutes), CHECK_EXIT.held)];
  const error = failure ?? (how === 0 ? null : endedBadly(world, how, said));
  if (error === null) return rows;
  if (strict || !(error instanceof KubedirectError)) throw error;
  return [...rows, givenUp(task, rows, error.code, exitCodeOf(error))];
}

function interrupt(child: ChildProcess): void {
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  child.once('close', () => clearTimeout(timer));
}

/** From so many states on a world is begun before the others, so that no core waits for it at the end. */
const MANY_STATES = 20_000;

/** Numbers of the tasks in the order in which they are begun: as they are given, or first those that take long, shapes among them. */
function orderOf(tasks: readonly Task[], longFirst: boolean): number[] {
  const all = [...tasks.keys()];
  if (!longFirst) return all;
  const isLong = (at: number) => (SIZES[(tasks[at] as Task).world] ?? MANY_STATES) >= MANY_STATES;
  return [...all.filter(isLong), ...all.filter((at) => !isLong(at))];
}

async function* inOrder<T>(promises: readonly Promise<T>[]): AsyncGenerator<T> {
  for (const promise of promises) yield await promise;
}

async function* asTheyCome<T>(promises: readonly Promise<T>[]): AsyncGenerator<T> {
  const left = new Map(promises.map((promise, at) => [at, promise.then((value) => [at, value] as const)]));
  for (const promise of left.values()) promise.catch(() => {});
  while (left.size > 0) {
    const [at, value] = await Promise.race(left.values());
    left.delete(at);
    yield value;
  }
}

/**
 * Checks worlds until `onRows` says no.
 *
 * @param onRows - told each world's rows: if it is strict in the order of the worlds, else as they come
 * @throws KubedirectError of the first world that can not be checked, if it is strict
 */
export async function checkWorlds(
  tasks: readonly Task[],
  pool: Pool,
  onRows: (rows: readonly Row[]) => boolean | Promise<boolean>,
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kubedirect-check-'));
  const own = new AbortController();
  const signal = AbortSignal.any([pool.signal, own.signal]);
  const waiting = tasks.map(() => Promise.withResolvers<readonly Row[]>());
  for (const { promise } of waiting) promise.catch(() => {});
  const order = orderOf(tasks, pool.longFirst);
  const due = async (task: Task, how: Pool) => {
    const graph = tasks.findIndex(({ world, part }) => part === 'graph' && world === task.world);
    const told = task.part === 'liveness' && graph >= 0 ? await waiting[graph]?.promise : undefined;
    return pool.isDue(task, told) ? rowsOf(task, how, folder) : [];
  };
  const work = async () => {
    for (let at = order.shift(); at !== undefined; at = order.shift())
      await due(tasks[at] as Task, { ...pool, signal }).then(waiting[at]?.resolve, waiting[at]?.reject);
  };
  const workers = Array.from({ length: Math.min(pool.jobs, tasks.length) }, work);
  try {
    const rows = waiting.map(({ promise }) => promise);
    for await (const one of pool.strict ? inOrder(rows) : asTheyCome(rows)) if (!(await onRows(one))) return;
  } finally {
    own.abort();
    await Promise.all(workers);
    await rm(folder, { recursive: true, force: true });
  }
}
