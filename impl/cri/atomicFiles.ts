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

async function isSame(folder: string, files: ReadonlyMap<string, File>): Promise<boolean> {
  try {
    const there = await fs.readdir(path.join(folder, DATA), { recursive: true, withFileTypes: true });
    if (there.filter((one) => one.isFile()).length !== files.size) return false;
    for (const [name, { text }] of files)
      if (!text.equals(await fs.readFile(path.join(folder, DATA, name)))) return false;
    return true;
  } catch {
    return false;
  }
}

/** Writes them if they have changed. */
export async function writeFiles(folder: string, files: ReadonlyMap<string, File>): Promise<void> {
  await fs.mkdir(folder, { recursive: true });
  if (await isSame(folder, files)) return;
  const stamp = `..${Date.now()}_${randomBytes(4).toString('hex')}`;
  await fs.mkdir(path.join(folder, stamp));
  for (const [name, { text, mode }] of files) {
    const file = path.join(folder, stamp, name);
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, text);
    await fs.chmod(file, mode);
  }
  const before = await fs.readlink(path.join(folder, DATA)).catch(() => null);
  await fs.symlink(stamp, path.join(folder, `${DATA}_tmp`));
  await fs.rename(path.join(folder, `${DATA}_tmp`), path.join(folder, DATA));
  const names = new Set([...files.keys()].map((name) => name.split('/')[0] as string));
  const links = (await fs.readdir(folder)).filter((name) => !name.startsWith('..'));
  for (const name of links) if (!names.has(name)) await fs.rm(path.join(folder, name));
  for (const name of names)
    if (!links.includes(name)) await fs.symlink(path.join(DATA, name), path.join(folder, name));
  if (before !== null) await fs.rm(path.join(folder, before), { recursive: true, force: true });
}
