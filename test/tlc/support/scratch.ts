/** A temporary folder of a test file's own, where temporary folders are made: other tests leave theirs elsewhere. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Makes it, and makes it `TMPDIR`. */
export function ownScratch(): { folder: string; leftovers(): readonly string[]; remove(): void } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-test-'));
  process.env.TMPDIR = folder;
  return {
    folder,
    leftovers: () => fs.readdirSync(folder).filter((name) => name.startsWith('kubedirect-')),
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}
