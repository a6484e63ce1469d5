/** The folder of one control plane: made, checked to be ours, removed. */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { KubedirectError } from '../../spec/errors.ts';

/**
 * Makes the data folder, or takes an empty one.
 * @throws KubedirectError `DATA_DIR_UNUSABLE`
 * @internal
 */
export async function prepareDataDir(wanted: string | undefined): Promise<string> {
  if (wanted === undefined) return mkdtemp(join(tmpdir(), 'kubedirect-controlplane-'));
  const dir = isAbsolute(wanted) ? wanted : resolve(wanted);
  let entries: string[];
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    entries = await readdir(dir);
  } catch (cause) {
    throw new KubedirectError(
      'DATA_DIR_UNUSABLE',
      `data folder ${dir}: expected a folder that can be made and read, got ${(cause as Error).message}`,
      { cause },
    );
  }
  if (entries.length > 0) {
    throw new KubedirectError(
      'DATA_DIR_UNUSABLE',
      `data folder ${dir}: expected an empty or a new folder (it is removed by stop), got one that holds ${entries.slice(0, 3).join(', ')}; empty it or name another`,
    );
  }
  return dir;
}

/** Removes the folder; tries again for a moment, as a process that has just ended may still hold a file. @internal */
export const removeDataDir = (dir: string): Promise<void> =>
  rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
