/** A containerd with the network plugins and images of a real node, without a control plane: for what asks a container runtime and nothing else. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareDataDir, removeDataDir } from '../datadir.ts';
import { containerdAt, type RealContainerd } from '../realnode.ts';
import { startReaper } from '../reaper.ts';

/**
 * Starts it, in a folder of its own.
 * @throws KubedirectError `REAL_NODE_UNSUPPORTED`, `COMPONENT_FAILED`
 * @public
 */
export async function startLoneContainerd(
  onProgress: (line: string) => void = () => {},
): Promise<RealContainerd> {
  const dataDir = await prepareDataDir(undefined);
  const reaper = startReaper();
  reaper.tell({ kind: 'folder', path: dataDir });
  const leave = async () => {
    await removeDataDir(dataDir);
    await reaper.release();
  };
  try {
    await mkdir(join(dataDir, 'logs'));
    return await containerdAt({ dataDir, reaper, caFile: '', onProgress }, 'alone', leave);
  } catch (error) {
    await leave();
    throw error;
  }
}
