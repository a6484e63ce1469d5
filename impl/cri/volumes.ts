/** The volumes of one Pod: made before its sandbox, and kept up to date as long as it is here. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { writeFiles } from './atomicFiles.ts';
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
}

/** The volumes of a Pod. */
export class Volumes {
  readonly #pod: KeptPod;
  readonly #options: VolumesOptions;
  readonly #tokens: Tokens = new Map();
  #timer: NodeJS.Timeout | null = null;

  constructor(pod: KeptPod, options: VolumesOptions) {
    this.#pod = pod;
    this.#options = options;
  }

  /** Makes all of them; then they are kept up to date. */
  async make(): Promise<void> {
    const { folders } = this.#options;
    for (const volume of this.#pod.spec.volumes ?? []) {
      if (isFilled(volume)) {
        await this.#fill(volume.name);
        continue;
      }
      const folder = volumeFolder(this.#pod, volume.name, folders);
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

  /** Takes all of it away. */
  async remove(): Promise<void> {
    this.close();
    const { volumes, secrets } = this.#options.folders;
    for (const folder of [volumes, secrets])
      await fs.rm(path.join(folder, this.#pod.uid), { recursive: true, force: true });
  }

  async #fill(name: string): Promise<void> {
    const { folders, objects, place } = this.#options;
    const volume = (this.#pod.spec.volumes ?? []).find((one) => one.name === name);
    if (volume === undefined) return;
    const filling = { pod: this.#pod, place: place(), objects, tokens: this.#tokens };
    await writeFiles(volumeFolder(this.#pod, name, folders), await filesOf(filling, volume));
  }
}
