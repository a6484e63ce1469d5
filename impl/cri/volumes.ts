/** The volumes of one Pod: made before its sandbox, and kept up to date as long as it is here. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { KubedirectError } from '../../spec/errors.ts';
import { type File, writeFiles } from './atomicFiles.ts';
import { type Folders, volumeFolder } from './config.ts';
import type { Place } from './environment.ts';
import type { Objects } from './objects.ts';
import type { KeptPod } from './podSpec.ts';
import { filesOf, isFilled, type Tokens } from './volumeFiles.ts';

/** ConfigMaps, Secrets and tokens are looked at again so often. */
const LOOK_MS = 60_000;

/** What they are made with. */
export interface VolumesOptions {
  readonly folders: Folders;
  readonly objects: Objects;
  readonly place: () => Place;
  /** Something could not be read anew: what is there stays. */
  readonly failed: (volume: string, error: Error) => void;
  /** A folder could not be taken away. */
  readonly left: (folder: string, error: Error) => void;
}

/** A folder whose content is nobody else's on this machine; containers are given what is in it by mounts. */
async function ownFolder(folder: string): Promise<void> {
  await fs.mkdir(folder, { recursive: true });
  await fs.chmod(folder, 0o700);
}

/** Whether a folder that is there is in memory: tmpfs, ramfs. */
export async function isInMemory(folder: string): Promise<boolean> {
  return [0x01021994, 0x858458f6].includes((await fs.statfs(folder)).type);
}

/** The volumes of a Pod. */
export class Volumes {
  readonly #pod: KeptPod;
  readonly #options: VolumesOptions;
  readonly #tokens: Tokens = new Map();
  /** What was written last, by volume. */
  readonly #written = new Map<string, ReadonlyMap<string, File>>();
  /** One after the other. */
  #writing: Promise<unknown> = Promise.resolve();
  #isRemoved = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(pod: KeptPod, options: VolumesOptions) {
    this.#pod = pod;
    this.#options = options;
  }

  /** Makes all of them; then they are kept up to date. */
  async make(): Promise<void> {
    const { folders } = this.#options;
    this.#isRemoved = false;
    for (const root of [folders.volumes, folders.secrets]) await ownFolder(root);
    for (const volume of this.#pod.spec.volumes ?? []) {
      if (isFilled(volume)) {
        await this.#fill(volume.name);
        continue;
      }
      const folder = volumeFolder(this.#pod, volume.name, folders);
      if (volume.emptyDir?.medium === 'Memory' && !(await isInMemory(folders.secrets)))
        throw new KubedirectError(
          'RUNTIME_FAILED',
          `volume ${volume.name}: expected ${folders.secrets} in memory (--secret-folder), got a folder on a disk`,
        );
      await fs.mkdir(folder, { recursive: true });
      await fs.chmod(folder, 0o777);
    }
    this.keep();
  }

  /** Keeps those up to date that are filled from objects. */
  keep(): void {
    this.close();
    const filled = (this.#pod.spec.volumes ?? []).filter(isFilled);
    if (filled.length === 0) return;
    this.#timer = setInterval(() => {
      for (const { name } of filled)
        this.#fill(name).catch((error: Error) => this.#options.failed(name, error));
    }, LOOK_MS);
    this.#timer.unref();
  }

  /** Nothing is looked at any more; the files stay. */
  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Takes all of it away. What can not be is left for the sweep (`sweep.ts`): its containers have ended, and so does the Pod. */
  async remove(): Promise<void> {
    this.close();
    this.#isRemoved = true;
    await this.#writing;
    this.#written.clear();
    const { folders, left } = this.#options;
    for (const root of [folders.volumes, folders.secrets]) {
      const folder = path.join(root, this.#pod.uid);
      await fs.rm(folder, { recursive: true, force: true }).catch((error: Error) => left(folder, error));
    }
  }

  /** One at a time, and none once they are taken away: it would be left for ever. */
  #fill(name: string): Promise<void> {
    const filled = this.#writing.then(() => (this.#isRemoved ? undefined : this.#write(name)));
    this.#writing = filled.catch(() => {});
    return filled;
  }

  async #write(name: string): Promise<void> {
    const { folders, objects, place } = this.#options;
    const volume = (this.#pod.spec.volumes ?? []).find((one) => one.name === name);
    if (volume === undefined) return;
    const filling = { pod: this.#pod, place: place(), objects, tokens: this.#tokens };
    const files = await filesOf(filling, volume);
    await writeFiles(volumeFolder(this.#pod, name, folders), files, this.#written.get(name) ?? null);
    this.#written.set(name, files);
  }
}
