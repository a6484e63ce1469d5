/** Rows of before, of a file with one a line. */
import fs from 'node:fs';

/** Those of a file, which need not be there. */
export function keptRows<Row>(file: string | undefined): Row[] {
  if (file === undefined || !fs.existsSync(file)) return [];
  const lines = fs.readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Row);
}

/** Adds one. */
export function keepRow(file: string | undefined, row: unknown): void {
  if (file !== undefined) fs.appendFileSync(file, `${JSON.stringify(row)}\n`);
}
