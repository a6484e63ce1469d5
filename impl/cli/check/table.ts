/** Rows of a check as lines of one table. */
import type { Row } from './rows.ts';

/** Columns: the head, the width (text to the left, numbers to the right), and what a row says. */
const COLUMNS: readonly (readonly [string, number, (row: Row) => string])[] = [
  ['world', -30, ({ world }) => world],
  ['engine', -9, (row) => engineText(row)],
  ['states', 10, ({ states }) => states.toLocaleString('en')],
  ['edges', 11, ({ edges }) => edges.toLocaleString('en')],
  ['depth', 6, ({ depth }) => String(depth)],
  ['seconds', 8, ({ milliseconds }) => (milliseconds / 1000).toFixed(1)],
  ['states/s', 9, (row) => perSecond(row).toLocaleString('en')],
  ['MB', 6, ({ megabytes }) => (megabytes === null ? '' : megabytes.toLocaleString('en'))],
  ['verdict', 0, ({ verdict }) => verdict],
];

/** Who has checked; `walks`: the explorer, at random; `along`: TLC has gone along with random runs of the machines. */
export function engineText({ engine, how, part }: Pick<Row, 'engine' | 'how' | 'part'>): string {
  if (part === 'liveness') return `${engine}, liveness`;
  if (how === 'searched') return engine;
  return engine === 'equal' ? 'along' : 'walks';
}

/** States a second. */
export function perSecond({ states, milliseconds }: Pick<Row, 'states' | 'milliseconds'>): number {
  return Math.round((states * 1000) / Math.max(1, milliseconds));
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, at) => {
      const width = COLUMNS[at]?.[1] ?? 0;
      return width < 0 ? cell.padEnd(-width) : cell.padStart(width);
    })
    .join(' ');
}

/** The head of the table. */
export const HEAD = line(COLUMNS.map(([head]) => head));

/** A row as a line of text. */
export function lineOf(row: Row): string {
  return line(COLUMNS.map(([, , cell]) => cell(row)));
}
