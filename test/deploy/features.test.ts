/** The table of features, and the list of what was tried to get in, name tests that there are. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../..');

describe.each([
  ['docs/features.md', 30, /^\| (?!feature|-)/],
  ['docs/security.md', 15, /^\| (?!tried|-)/],
] as const)('%s', (page, most, row) => {
  const text = fs.readFileSync(path.join(ROOT, page), 'utf8');
  const rows = text.split('\n').filter((line) => row.test(line) && !line.startsWith('|---'));

  it('names files that are there', () => {
    const named = [...text.matchAll(/`(test\/[\w/.-]+\.ts)`/g)].map(([, file]) => file as string);
    expect(named.length).toBeGreaterThan(most);
    expect([...new Set(named)].filter((file) => !fs.existsSync(path.join(ROOT, file)))).toEqual([]);
  });

  it('says in every row what shows it, or that it is not there', () => {
    expect(rows.length).toBeGreaterThan(25);
    expect(rows.filter((each) => !/`test\//.test(each) && !/\*no\*/.test(each))).toEqual([]);
  });
});
