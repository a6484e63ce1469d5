/** The log files of containers: put aside when they are as long as they may be, and taken away with what they are of. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { asideName, type LogBounds, rotation } from '../../spec/containers/logRotation.ts';

/** Names beside a log of what was put aside of it. */
async function asideOf(log: string): Promise<readonly string[]> {
  const names = await fs.readdir(path.dirname(log)).catch(() => []);
  return names.filter((name) => name.startsWith(`${path.basename(log)}.`));
}

/** Takes a log away, with all that was put aside of it. */
export async function removeLog(log: string): Promise<void> {
  const names = [path.basename(log), ...(await asideOf(log))];
  for (const name of names) await fs.rm(path.join(path.dirname(log), name), { force: true });
}

/**
 * Puts the log of a container that runs aside, if it is longer than it may be.
 * @param reopen - has the runtime begin another under the same name
 * @returns whether that was done
 */
export async function rotateLog(
  log: string,
  bounds: LogBounds,
  reopen: () => Promise<void>,
): Promise<boolean> {
  const found = await fs.stat(log).catch(() => null);
  if (found === null) return false;
  const due = rotation(found.size, await asideOf(log), bounds);
  if (due === null) return false;
  for (const name of due.remove) await fs.rm(path.join(path.dirname(log), name), { force: true });
  const aside = asideName(log, new Date());
  await fs.rename(log, aside);
  try {
    await reopen();
  } catch (error) {
    // It is written to under its new name; or the container has ended, and is read under the old one.
    await fs.link(aside, log).then(
      () => fs.rm(aside),
      () => {},
    );
    throw error;
  }
  return true;
}
