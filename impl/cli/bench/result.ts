/** What a figure leaves: its samples in a file, and on the terminal a table, or all of it as JSON. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Flags of each figure. */
export interface ResultFlags {
  /** Folder. */
  readonly results: string;
  readonly json?: boolean;
}

/** Where it was measured. */
export const machine = () => ({
  cpu: os.cpus()[0]?.model ?? '',
  cores: os.cpus().length,
  node: process.version,
});

/** How busy the machine was, before and after. */
export async function withLoads<T>(measure: () => T | Promise<T>) {
  const before = os.loadavg()[0];
  const measured = await measure();
  return [measured, { ...machine(), loads: [before, os.loadavg()[0]] }] as const;
}

/**
 * Writes it and prints it.
 * @param name - of the file, without `.json`
 * @param table - what people read instead of the JSON, the name of the file in it
 */
export function giveResult(
  { results, json }: ResultFlags,
  name: string,
  result: { readonly figure: string },
  table: (file: string) => string,
): void {
  fs.mkdirSync(results, { recursive: true });
  const file = path.join(results, `${name}.json`);
  fs.writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  process.stdout.write(json === true ? `${JSON.stringify(result)}\n` : table(file));
}
