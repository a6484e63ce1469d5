/**
 * Where built programs are kept: one folder a user, outside node_modules, so that they survive `npm ci`.
 *
 * A program counts only with its manifest beside it (`<name>.json`, written last): a half-written, truncated or outdated
 * file has none that matches, and is built again.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BINARIES, type BinaryName, KUBERNETES_VERSION } from './versions.ts';

/** The folder of `go.mod`. @internal */
export const MODULE_DIR = fileURLToPath(new URL('.', import.meta.url));

/** `$XDG_CACHE_HOME/kubedirect/<room>`, or under `~/.cache`. @internal */
export function cacheRoot(
  env: NodeJS.ProcessEnv = process.env,
  room: 'controlplane' | 'tlc' = 'controlplane',
): string {
  const base = env.XDG_CACHE_HOME;
  return join(base?.startsWith('/') ? base : join(homedir(), '.cache'), 'kubedirect', room);
}

/** The folder whose go.mod a program is built from. @internal */
export const moduleDir = (name: BinaryName): string => join(MODULE_DIR, BINARIES[name].module ?? '.');

/** Folder of the built programs. @internal */
export const binDir = (root: string): string => join(root, KUBERNETES_VERSION, 'bin');

interface Manifest {
  /** {@link buildInputs} at the time of the build. */
  readonly inputs: string;
  /** Bytes of the program. */
  readonly size: number;
}

/** Digest of all that decides what is built: go.mod, go.sum, the recipe. @internal */
export async function buildInputs(name: BinaryName): Promise<string> {
  const hash = createHash('sha256');
  const sources = BINARIES[name].sources ?? [];
  for (const file of ['go.mod', 'go.sum', ...sources])
    hash.update(await readFile(join(moduleDir(name), file)));
  return hash.update(JSON.stringify(BINARIES[name])).digest('hex');
}

/** What the cache holds under a name: `usable`, `absent`, or why it is not usable. @internal */
export async function cacheState(dir: string, name: BinaryName): Promise<'usable' | 'absent' | string> {
  const path = join(dir, name);
  if (!existsSync(path)) return 'absent';
  let manifest: Manifest;
  try {
    manifest = JSON.parse(await readFile(`${path}.json`, 'utf8')) as Manifest;
  } catch {
    return 'has no manifest (a build was cut short)';
  }
  if (manifest.inputs !== (await buildInputs(name))) return 'was built from another go.mod';
  const { size, mode } = await stat(path);
  if (size !== manifest.size) return `is ${size} bytes long where ${manifest.size} were built`;
  return (mode & 0o100) === 0 ? 'is not executable' : 'usable';
}

/** Puts a built file in its place: the old manifest goes first, the new one comes last. @internal */
export async function admit(dir: string, name: BinaryName, built: string): Promise<void> {
  const path = join(dir, name);
  await rm(`${path}.json`, { force: true });
  const manifest: Manifest = { inputs: await buildInputs(name), size: (await stat(built)).size };
  await rename(built, path);
  await writeFile(`${path}.json.new`, JSON.stringify(manifest));
  await rename(`${path}.json.new`, `${path}.json`);
}

const LOCK_WRITTEN_WITHIN_MS = 5_000;

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Runs `work` while no other process of this user builds; a lock of a dead process is taken over. @internal */
export async function withBuildLock<T>(
  dir: string,
  onProgress: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(dir, { recursive: true });
  const path = join(dir, '.lock');
  for (let told = false; ; told = true) {
    try {
      const handle = await open(path, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    // An empty file is a lock that is being written, unless its writer died at that very moment.
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (holder > 0 ? !alive(holder) : age > LOCK_WRITTEN_WITHIN_MS) await rm(path, { force: true });
    else if (!told) onProgress(`waiting for process ${holder || '?'}, which builds the control plane too`);
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}
