/** The table of features names tests and worlds that there are. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../..');
const text = fs.readFileSync(path.join(ROOT, 'docs/features.md'), 'utf8');
const rows = text.split('\n').filter((line) => /^\| (?!feature|-)/.test(line) && !line.startsWith('|---'));

it('every file that docs/features.md names is there', () => {
  const named = [...text.matchAll(/`(test\/[\w/.-]+\.ts)`/g)].map(([, file]) => file as string);
  expect(named.length).toBeGreaterThan(30);
  expect([...new Set(named)].filter((file) => !fs.existsSync(path.join(ROOT, file)))).toEqual([]);
});

it('every row says what shows it, or that it is not there', () => {
  expect(rows.length).toBeGreaterThan(25);
  expect(rows.filter((row) => !/`test\//.test(row) && !/\*no\*/.test(row))).toEqual([]);
});
