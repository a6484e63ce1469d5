/** Tables of text for people. */

const FIGURE = /^[0-9.]+( (s|kB))?$/;

/** Columns of figures to the right, of words to the left; the first row is the head. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = (rows[0] as readonly string[]).map((_, i) => rows.map((row) => row[i] as string));
  const widths = columns.map((cells) => Math.max(...cells.map((cell) => cell.length)));
  const isFigures = columns.map((cells, i) => i > 0 && cells.slice(1).every((cell) => FIGURE.test(cell)));
  const pad = (cell: string, i: number) =>
    isFigures[i] ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number);
  return rows.map((row) => `  ${row.map(pad).join('  ')}`.trimEnd()).join('\n');
}
