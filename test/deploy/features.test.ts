/** The table of features, and the lists of what was tried to get in and of what was shown: they name tests that there are; and of each feature a test says what its row claims. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SHOWS } from './shows.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const read = (file: string) => fs.readFileSync(path.join(ROOT, file), 'utf8');
const testsIn = (text: string) =>
  [...text.matchAll(/`(test\/[\w/.-]+\.ts)`/g)].map(([, file]) => file as string);
const rowsOf = (page: string) =>
  read(page)
    .split('\n')
    .filter((line) => /^\| (?!feature|tried|asked|-)/.test(line) && !line.startsWith('|---'));

describe.each([
  ['docs/features.md', 30],
  ['docs/security.md', 15],
  ['docs/shown-operator.md', 30],
] as const)('%s', (page, most) => {
  it('names files that are there', () => {
    const named = testsIn(read(page));
    expect(named.length).toBeGreaterThan(most);
    expect([...new Set(named)].filter((file) => !fs.existsSync(path.join(ROOT, file)))).toEqual([]);
  });

  it('says in every row what shows it, or that it is not there', () => {
    expect(rowsOf(page).length).toBeGreaterThan(25);
    expect(rowsOf(page).filter((each) => !/`test\//.test(each) && !/\*no/i.test(each))).toEqual([]);
  });
});

describe('a feature', () => {
  const rows = rowsOf('docs/features.md').filter((row) => /`test\//.test(row));
  const ofRow = (row: string) =>
    Object.entries(SHOWS).filter(([feature]) => row.slice(2).startsWith(feature));

  it('each has what must be said by a test of its row, and nothing else has', () => {
    expect(rows.filter((row) => ofRow(row).length !== 1)).toEqual([]);
    expect(Object.keys(SHOWS).filter((one) => !rows.some((row) => row.slice(2).startsWith(one)))).toEqual([]);
  });

  it.each(rows.map((row) => [row.slice(2).split(' | ')[0] as string, row] as const))(
    '%s: a test that is named says so, and is not left out for good',
    (_, row) => {
      const files = testsIn(row).map(read);
      for (const says of ofRow(row)[0]?.[1] ?? [])
        expect(
          files.some((text) => says.test(text)),
          String(says),
        ).toBe(true);
      for (const text of files) expect(text).toMatch(/\b(it|test)(\.each|\.skipIf|\.for)?\(/);
      for (const text of files) expect(text).not.toMatch(/\b(it|test|describe)\.(skip|todo|only)\(/);
    },
  );

  it('names properties of the protocol by their names', () => {
    const known = read('spec/protocol.md');
    const named = rows.flatMap((row) =>
      [...row.matchAll(/`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`/g)].map(([, one]) => one),
    );
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((one) => !known.includes(`| \`${one}\` |`))).toEqual([]);
  });
});
