/** A small disk for the journals, to be filled: a tmpfs, where this machine allows one. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** A folder on a disk of its own. @public */
export interface SmallDisk {
  fill(): void;
  free(): void;
  remove(): void;
}

const SIZE = 512 * 1024;

/** Mounts it on a new folder; null if it may not be done (no root, not Linux). */
export function mountSmallDisk(folder: string): SmallDisk | null {
  fs.mkdirSync(folder, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'kubedirect-chaos', folder], {
      stdio: 'ignore',
    });
  } catch {
    return null;
  }
  const filler = path.join(folder, 'filler');
  const free = () => fs.rmSync(filler, { force: true });
  return {
    fill() {
      const descriptor = fs.openSync(filler, 'a');
      try {
        for (;;) fs.writeSync(descriptor, Buffer.alloc(4096));
      } catch {
        // No space left: that is what was wanted.
      } finally {
        fs.closeSync(descriptor);
      }
    },
    free,
    remove() {
      free();
      execFileSync('umount', ['-l', folder], { stdio: 'ignore' });
    },
  };
}
