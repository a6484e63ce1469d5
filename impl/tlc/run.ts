/** Runs TLC on a module: progress, result, named errors; nothing of its own is left behind. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { KubedirectError } from '../../spec/errors.ts';
import { watchMemory } from './memory.ts';
import { TlcOutput, type TlcProgress, type TlcResult } from './output.ts';
import type { Toolchain } from './resolve.ts';

/** The folder of the modules. @public */
export const PROOFS = fileURLToPath(new URL('../../proofs-tla', import.meta.url));

/** What to run, and how. @public */
export interface TlcRun {
  /** Name of the module: a file `<module>.tla` of `folder`. */
  readonly module: string;
  /** Text of the configuration. */
  readonly config: string;
  /** Default: {@link PROOFS}, whose modules a module of another folder may extend too. */
  readonly folder?: string;
  /** Default: all cores. */
  readonly workers?: number;
  /** It ends within seconds: what Java compiles, it compiles quickly and not well. */
  readonly brief?: boolean;
  /** Largest heap, as Java writes it: `2g`. Default: a quarter of the machine's memory. */
  readonly heap?: string;
  /** Write the graph of states here, in TLC's dot format. */
  readonly dump?: string;
  readonly onProgress?: (progress: TlcProgress) => void;
  /** Ends the run. */
  readonly signal?: AbortSignal;
}

/** What TLC found, and what it took. @public */
export interface TlcEnd extends TlcResult {
  /** Most memory that it held; null where the system does not say. */
  readonly megabytes: number | null;
}

/** TLC's exit codes that are results. Any other is a mistake in the spec, or no end at all. */
const RESULTS: ReadonlySet<number> = new Set([0, 10, 11, 12, 13]);

/**
 * Checks a module.
 * @throws KubedirectError `SPEC_INVALID`, `TLC_OUT_OF_MEMORY`, `TLC_FAILED`, `INTERRUPTED`
 * @public
 */
export async function runTlc(toolchain: Toolchain, run: TlcRun): Promise<TlcEnd> {
  const scratch = await mkdtemp(join(tmpdir(), 'kubedirect-tlc-'));
  try {
    await writeFile(join(scratch, 'run.cfg'), run.config);
    const output = new TlcOutput(run.onProgress);
    const { code, megabytes } = await launch(toolchain, run, scratch, output);
    if (run.signal?.aborted) throw new KubedirectError('INTERRUPTED', `TLC on ${run.module} was interrupted`);
    if (code !== null && RESULTS.has(code)) return { ...output.result(), megabytes };
    throw failure(run.module, code, output);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function launch(
  toolchain: Toolchain,
  run: TlcRun,
  scratch: string,
  output: TlcOutput,
): Promise<{ readonly code: number | null; readonly megabytes: number | null }> {
  const folder = run.folder ?? PROOFS;
  const workers = run.workers ?? availableParallelism();
  // Traces of hundreds of Pods are walked by deep recursion.
  const java = ['-Xss16m', `-Djava.io.tmpdir=${scratch}`, `-DTLA-Library=${PROOFS}`];
  // A run of one thread leaves the other cores to others.
  java.push(workers === 1 ? '-XX:+UseSerialGC' : '-XX:+UseParallelGC');
  // One that does not fit is left alone, without a word.
  if (toolchain.archive !== undefined)
    java.push(`-XX:SharedArchiveFile=${toolchain.archive}`, '-Xlog:disable');
  if (run.brief) java.push('-XX:TieredStopAtLevel=1');
  if (run.heap !== undefined) java.push(`-Xmx${run.heap}`);
  const tlc = ['-tool', '-deadlock', '-metadir', join(scratch, 'states'), '-workers', String(workers)];
  if (run.dump !== undefined) tlc.push('-dump', 'dot,actionlabels', run.dump);
  const child = spawn(
    toolchain.java,
    [
      ...java,
      '-cp',
      toolchain.jar,
      'tlc2.TLC',
      ...tlc,
      '-config',
      join(scratch, 'run.cfg'),
      `${run.module}.tla`,
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const memory = watchMemory(child.pid);
  const kill = () => child.kill('SIGKILL');
  run.signal?.addEventListener('abort', kill, { once: true });
  if (run.signal?.aborted) kill();
  createInterface({ input: child.stdout }).on('line', (line) => output.line(line));
  createInterface({ input: child.stderr }).on('line', (line) => output.loose.push(line));
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        new KubedirectError('JAVA_MISSING', `${toolchain.java} does not run: ${cause.message}`, { cause }),
      ),
    );
    child.once('close', (code) => {
      run.signal?.removeEventListener('abort', kill);
      resolve({ code, megabytes: memory.end() });
    });
  });
}

const MEMORY = /OutOfMemoryError|[Oo]ut of memory|GC overhead limit|Java heap space|insufficient memory/;
/** Codes by which TLC says that the spec or its configuration is wrong, or that evaluating it fails. */
const SPEC_MISTAKES: ReadonlySet<number> = new Set([75, 76, 77, 150, 151, 152, 153, 154, 155]);

function failure(module: string, code: number | null, output: TlcOutput): KubedirectError {
  const said = [...output.complaints, ...output.loose];
  const memory = said.find((text) => MEMORY.test(text));
  if (memory !== undefined || code === 137)
    return new KubedirectError(
      'TLC_OUT_OF_MEMORY',
      `TLC on ${module} ran out of memory after ${output.result().distinct} states; give it more with --heap, or choose a smaller world`,
    );
  const text = describe(output);
  if (code !== null && (SPEC_MISTAKES.has(code) || code === 255))
    return new KubedirectError('SPEC_INVALID', `${module}: ${text}`);
  return new KubedirectError('TLC_FAILED', `TLC on ${module} exited with ${code ?? 'a signal'}: ${text}`);
}

/** The parser speaks outside of messages, and says more than the message that follows. */
function describe({ complaints, loose }: TlcOutput): string {
  const begin = loose.findIndex((line) => /^\*\*\*|error/i.test(line));
  const parser = begin < 0 ? [] : loose.slice(begin, begin + 8);
  return (
    [...complaints, ...parser]
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .join('\n') || 'it said nothing'
  );
}
