/** Readers of flags that several commands share; each says what was expected and what came. */
import { InvalidArgumentError } from 'commander';

/** Reads a whole number in a range. */
export const integer = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(
    `FLAG_INVALID: expected a whole number from ${least} to ${most}, got ${JSON.stringify(text)}.`,
  );
};

/** Reads a comma-separated list of Node names. */
export function nodeList(text: string): string[] {
  const names = text.split(',').filter((name) => name !== '');
  if (names.length === 0 || names.some((name) => !/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)))
    throw new InvalidArgumentError(
      `FLAG_INVALID: expected a comma-separated list of Node names, got ${JSON.stringify(text)}.`,
    );
  return names;
}
