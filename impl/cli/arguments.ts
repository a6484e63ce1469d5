/** Readers of flags that several commands share; each says what was expected and what came. */
import fs from 'node:fs';
import path from 'node:path';
import { InvalidArgumentError } from 'commander';

/** Reads a whole number in a range. */
export const integer = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(
    `FLAG_INVALID: expected a whole number from ${least} to ${most}, got ${JSON.stringify(text)}.`,
  );
};

/** Reads the name of a file that will be written: its folder must be there, before an hour's work is done for it. */
export function fileToWrite(text: string): string {
  try {
    fs.accessSync(path.dirname(path.resolve(text)), fs.constants.W_OK | fs.constants.X_OK);
    if (text !== '' && (!fs.existsSync(text) || fs.statSync(text).isFile())) return text;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError(
    `FLAG_INVALID: expected a file in a folder that is there and can be written, got ${JSON.stringify(text)}.`,
  );
}

/** Reads the name of a folder that will be made, or written into. */
export function folderToWrite(text: string): string {
  let nearest = path.resolve(text);
  while (!fs.existsSync(nearest)) nearest = path.dirname(nearest);
  try {
    fs.accessSync(nearest, fs.constants.W_OK | fs.constants.X_OK);
    if (fs.statSync(nearest).isDirectory()) return text;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError(
    `FLAG_INVALID: expected a folder that is there or can be made, got ${JSON.stringify(text)}.`,
  );
}

/** Reads a comma-separated list of Node names. */
export function nodeList(text: string): string[] {
  const names = text.split(',').filter((name) => name !== '');
  if (names.length === 0 || names.some((name) => !/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)))
    throw new InvalidArgumentError(
      `FLAG_INVALID: expected a comma-separated list of Node names, got ${JSON.stringify(text)}.`,
    );
  return names;
}
