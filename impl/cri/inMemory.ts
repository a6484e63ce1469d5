/** Whether a folder lies in memory: what Secrets and tokens are written to must not reach a disk, where it outlives the Pod and the machine's power. */
import fs from 'node:fs/promises';
import { KubedirectError } from '../../spec/errors.ts';
import { isInMemory } from './volumes.ts';

/**
 * Makes the folder, and refuses one on a disk.
 * @param isTaken - it is taken all the same, and told
 * @throws KubedirectError `SECRETS_ON_DISK`
 * @public
 */
export async function secretFolderAt(
  folder: string,
  isTaken: boolean,
  log: (text: string, fields: Readonly<Record<string, unknown>>) => void,
): Promise<void> {
  await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  if (await isInMemory(folder)) return;
  const text = `${folder}: expected a folder in memory (tmpfs) for Secrets and tokens, got one on a disk`;
  if (!isTaken)
    throw new KubedirectError(
      'SECRETS_ON_DISK',
      `${text}. Name another by --secret-folder (below /run or /dev/shm on most machines), or take it by --secrets-on-disk.`,
    );
  log(text, { code: 'SECRETS_ON_DISK' });
}
