/** What `kubedirect up` leaves in the data folder for `kubedirect down` and for people: `state.json`. */
import { execFile } from 'node:child_process';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { KubedirectError } from '../../spec/errors.ts';
import { removeDataDir } from './datadir.ts';

const run = promisify(execFile);
const STOP_WITHIN_MS = 30_000;

/** A control plane that runs detached. @public */
export interface DetachedState {
  readonly url: string;
  readonly kubeconfig: string;
  readonly dataDir: string;
  readonly version: string;
  /** Path of the kubectl that fits it. */
  readonly kubectl: string;
  /** Process that holds it; SIGTERM to it stops all. */
  readonly pid: number;
  /** Process ids by component. */
  readonly pids: Readonly<Record<string, number>>;
}

/** `--data-dir`, or `$XDG_STATE_HOME/kubedirect/controlplane`, or under `~/.local/state`. @public */
export function detachedDataDir(wanted: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  if (wanted !== undefined) return resolve(wanted);
  const base = env.XDG_STATE_HOME;
  const root = base?.startsWith('/') ? base : join(homedir(), '.local', 'state');
  return join(root, 'kubedirect', 'controlplane');
}

const stateFile = (dataDir: string): string => join(dataDir, 'state.json');

/** @internal */
export async function writeState(state: DetachedState): Promise<void> {
  const path = stateFile(state.dataDir);
  await writeFile(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/**
 * Undefined if none was started in that folder.
 * @throws KubedirectError `DATA_DIR_UNUSABLE` if the file is not one of ours
 * @public
 */
export async function readState(dataDir: string): Promise<DetachedState | undefined> {
  let text: string;
  try {
    text = await readFile(stateFile(dataDir), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(dataDir, (error as Error).message, error);
  }
  try {
    const state = JSON.parse(text) as DetachedState;
    if (Number.isInteger(state.pid) && typeof state.pids === 'object') return state;
  } catch (cause) {
    throw unusable(dataDir, (cause as Error).message, cause);
  }
  throw unusable(dataDir, 'one without process ids', undefined);
}

const unusable = (dataDir: string, got: string, cause: unknown): KubedirectError =>
  new KubedirectError(
    'DATA_DIR_UNUSABLE',
    `${stateFile(dataDir)}: expected the state of a control plane, got ${got}`,
    { cause },
  );

/**
 * Whether `pid` runs and its command line names `mark`: a number may have been given to a stranger since.
 * @internal
 */
export async function isOurs(pid: number, mark: string): Promise<boolean> {
  try {
    const { stdout } = await run('ps', ['-ww', '-o', 'args=', '-p', String(pid)]);
    return stdout.includes(mark);
  } catch {
    return false;
  }
}

/** Whether the process that holds it runs. @public */
export const isUp = ({ pid, dataDir }: DetachedState): Promise<boolean> => isOurs(pid, dataDir);

/**
 * Stops a detached control plane and removes its folder, whatever state it is in: its holder cleans up; if the holder is
 * dead or does not end in 30 s, the components are killed one by one.
 * @public
 */
export async function stopDetached(state: DetachedState): Promise<void> {
  const { pid, pids, dataDir } = state;
  if (await isUp(state)) {
    process.kill(pid, 'SIGTERM');
    const deadline = Date.now() + STOP_WITHIN_MS;
    while ((await isUp(state)) && Date.now() < deadline) await sleep(100);
    if (await isUp(state)) process.kill(pid, 'SIGKILL');
  }
  for (const component of Object.values(pids)) {
    if (await isOurs(component, dataDir)) process.kill(component, 'SIGKILL');
  }
  await removeDataDir(dataDir);
}
