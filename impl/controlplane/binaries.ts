/**
 * Finds the programs of the control plane: `KUBEBUILDER_ASSETS` first, then PATH if the version is the one wanted,
 * then the cache, and builds what is missing.
 */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { KubedirectError } from '../../spec/errors.ts';
import { buildBinary } from './build.ts';
import { binDir, cacheRoot, cacheState, withBuildLock } from './cache.ts';
import { canGetGo, resolveGo } from './go.ts';
import { BINARIES, type BinaryName } from './versions.ts';

const run = promisify(execFile);

/** Options of {@link resolveBinaries}. @public */
export interface ResolveOptions {
  /** Told one line at a time what is fetched or built. */
  readonly onProgress?: (line: string) => void;
  /** Default: `process.env`. Read: `KUBEBUILDER_ASSETS`, `PATH`, `XDG_CACHE_HOME`. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Paths of the named programs, built if need be (minutes the first time, then from the cache).
 * @throws KubedirectError `BINARY_INVALID`, `GO_MISSING`, `BINARY_BUILD_FAILED`
 * @public
 */
export async function resolveBinaries(
  names: readonly BinaryName[],
  options: ResolveOptions = {},
): Promise<Map<BinaryName, string>> {
  const env = options.env ?? process.env;
  const onProgress = options.onProgress ?? (() => {});
  const dir = binDir(cacheRoot(env));
  const found = new Map<BinaryName, string>();
  const missing: BinaryName[] = [];
  for (const name of names) {
    const path = (await inAssets(name, env, onProgress)) ?? (await inCacheOrPath(name, dir, env));
    if (path === undefined) missing.push(name);
    else found.set(name, path);
  }
  if (missing.length === 0) return found;
  return withBuildLock(dir, onProgress, async () => {
    let go: string | undefined;
    for (const name of missing) {
      // Another process may have built it while this one waited.
      const state = await cacheState(dir, name);
      if (state !== 'usable') {
        if (state !== 'absent') onProgress(`${name} in the cache ${state}: building it again`);
        go ??= await resolveGo(cacheRoot(env), onProgress, env);
        await buildBinary(name, { go, dir, onProgress });
      }
      found.set(name, join(dir, name));
    }
    return found;
  });
}

/** Whether something is possible on this machine, and if not, why. @public */
export interface Support {
  readonly ok: boolean;
  /** Empty if ok. */
  readonly reason: string;
}

/**
 * Whether the named programs are there, or can be built here: for tests, which skip aloud where they can not.
 * Builds nothing and asks no registry.
 * @public
 */
export async function binariesSupported(
  names: readonly BinaryName[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Support> {
  const dir = binDir(cacheRoot(env));
  const missing: BinaryName[] = [];
  for (const name of names) {
    const path = (await inAssets(name, env, () => {})) ?? (await inCacheOrPath(name, dir, env));
    if (path === undefined) missing.push(name);
  }
  if (missing.length === 0 || (await canGetGo(env))) return { ok: true, reason: '' };
  return {
    ok: false,
    reason: `no ${missing.join(', ')}, and neither Go nor python3 with pip to build them`,
  };
}

async function inAssets(
  name: BinaryName,
  env: NodeJS.ProcessEnv,
  onProgress: (line: string) => void,
): Promise<string | undefined> {
  const folder = env.KUBEBUILDER_ASSETS;
  if (folder === undefined || folder === '') return undefined;
  const isFolder = await stat(folder).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    throw new KubedirectError(
      'BINARY_INVALID',
      `KUBEBUILDER_ASSETS: expected a folder of Kubernetes programs, got ${folder}, which is none; unset it to build them`,
    );
  }
  const path = join(folder, name);
  const exists = await stat(path).catch(() => undefined);
  if (exists === undefined) return undefined;
  const version = await versionOf(name, path);
  if (version instanceof Error) {
    throw new KubedirectError(
      'BINARY_INVALID',
      `KUBEBUILDER_ASSETS: ${path} does not run (${version.message.split('\n')[0]}): expected ${name} ${BINARIES[name].version} for this machine`,
    );
  }
  if (version !== undefined && version !== BINARIES[name].version) {
    // Chosen by the user: used, but said.
    onProgress(`${name}: ${version} from KUBEBUILDER_ASSETS, tested with ${BINARIES[name].version}`);
  }
  return path;
}

async function inCacheOrPath(
  name: BinaryName,
  dir: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  // The cache holds the wanted version by construction, and asking a program on PATH for its own takes a while.
  if ((await cacheState(dir, name)) === 'usable') return join(dir, name);
  if (BINARIES[name].versionArgs === undefined) return undefined;
  for (const folder of (env.PATH ?? '').split(delimiter).filter((entry) => entry.startsWith('/'))) {
    const path = join(folder, name);
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) return (await versionOf(name, path)) === BINARIES[name].version ? path : undefined;
  }
  return undefined;
}

/** Version that a program states (`v1.36.3`), undefined if it states none, an Error if it does not run. */
async function versionOf(name: BinaryName, path: string): Promise<string | undefined | Error> {
  try {
    await access(path, constants.X_OK);
    const args = BINARIES[name].versionArgs;
    if (args === undefined) return undefined;
    const { stdout, stderr } = await run(path, [...args], { timeout: 20_000 });
    const match = /v?(\d+\.\d+\.\d+[\w.+-]*)/.exec(`${stdout}\n${stderr}`);
    return match === null ? undefined : `v${match[1]}`;
  } catch (error) {
    return error as Error;
  }
}
