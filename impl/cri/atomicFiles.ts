/**
 * Files of a folder that change all at once, as a kubelet writes them: `..data` is a link to a folder with this state of them, and each name in
 * the folder is a link into `..data`.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { KubedirectError } from '../../spec/errors.ts';

/** One file. */
export interface File {
  readonly text: Buffer;
  readonly mode: number;
}

const DATA = '..data';

/** A path that stays in its folder. @throws KubedirectError `RUNTIME_FAILED` */
export function safePath(text: string): string {
  const parts = text.split('/');
  if (
    text === '' ||
    parts.some((part) => part === '' || part === '.' || part === '..' || part.startsWith('..'))
  )
    throw new KubedirectError(
      'RUNTIME_FAILED',
      `expected a path within its volume, got ${JSON.stringify(text)}`,
    );
  return text;
}

/** A folder with a state of the files: its name. What else is in the folder is not ours, whatever it is called. */
const STATE = /^\.\.\d+_[0-9a-f]{8}$/;

function isSame(one: ReadonlyMap<string, File>, other: ReadonlyMap<string, File>): boolean {
  if (one.size !== other.size) return false;
  return [...one].every(([name, { text, mode }]) => {
    const there = other.get(name);
    return there !== undefined && there.mode === mode && there.text.equals(text);
  });
}

async function writeState(folder: string, files: ReadonlyMap<string, File>): Promise<void> {
  await fs.mkdir(folder);
  for (const [name, { text, mode }] of files) {
    const file = path.join(folder, name);
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, text);
    await fs.chmod(file, mode);
  }
}

/**
 * Writes them if they have changed. What was written is told by memory: a folder that a container sees is never believed.
 * @param before - what this process wrote there last; null: nothing yet, and what is there is replaced
 */
export async function writeFiles(
  folder: string,
  files: ReadonlyMap<string, File>,
  before: ReadonlyMap<string, File> | null,
): Promise<void> {
  if (before !== null && isSame(before, files)) return;
  await fs.mkdir(folder, { recursive: true });
  const stamp = `..${Date.now()}_${randomBytes(4).toString('hex')}`;
  const next = path.join(folder, `${DATA}_tmp`);
  let current = '';
  try {
    await writeState(path.join(folder, stamp), files);
    // A try that was cut off has left it.
    await fs.rm(next, { force: true });
    await fs.symlink(stamp, next);
    await fs.rename(next, path.join(folder, DATA));
    current = stamp;
    const names = new Set([...files.keys()].map((name) => name.split('/')[0] as string));
    const links = (await fs.readdir(folder)).filter((name) => !name.startsWith('..'));
    for (const name of links) if (!names.has(name)) await fs.rm(path.join(folder, name));
    for (const name of names)
      if (!links.includes(name)) await fs.symlink(path.join(DATA, name), path.join(folder, name));
  } finally {
    const over = current === '' ? [stamp] : (await fs.readdir(folder)).filter((name) => STATE.test(name));
    for (const name of over)
      if (name !== current) await fs.rm(path.join(folder, name), { recursive: true, force: true });
  }
}
