/**
 * Folders of volumes whose Pod is gone: of an agent that ended between a Pod's folders and its sandbox, or that could not take them away. They may hold
 * Secrets, so they do not stay. Only what bears the name of one of our uids is looked at.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import type { Folders } from './config.ts';

/** As R mints them, or K derives them from an object's (`spec/vocabulary.ts`, *Uid*). */
const UID = /^(r[0-9a-z]+-[0-9a-z]+|a-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\..+)?)$/;

/** Takes them away; what can not be is told, and tried again the next time. @param isKept - whether a Pod of this uid is here @returns how many went */
export async function sweepVolumes(
  { volumes, secrets }: Pick<Folders, 'volumes' | 'secrets'>,
  isKept: (uid: string) => boolean,
  failed: (folder: string, error: Error) => void,
): Promise<number> {
  let swept = 0;
  for (const root of [volumes, secrets])
    for (const name of await fs.readdir(root).catch(() => [])) {
      if (!UID.test(name) || isKept(name)) continue;
      const folder = path.join(root, name);
      try {
        await fs.rm(folder, { recursive: true, force: true });
        swept += 1;
      } catch (error) {
        failed(folder, error as Error);
      }
    }
  return swept;
}
