/** docs/checks.md: a row that was found before the sources changed says so. */
import { describe, expect, it } from 'vitest';
import { checksPage } from '../../impl/cli/check/page.ts';
import type { Record } from '../../impl/cli/check/records.ts';

const row = (world: string): Record['rows'][number] => ({
  world,
  engine: 'explorer',
  how: 'searched',
  states: 1_234,
  edges: 2,
  depth: 3,
  milliseconds: 1_000,
  megabytes: 5,
  verdict: 'held',
  exit: 0,
});
const record = (world: string, digest: string): readonly [string, Record] => [
  world,
  { world, digest, date: '2026-11-28T00:00', machine: '2 cores', rows: [row(world)] },
];

describe('the page of checks', () => {
  const page = checksPage(new Map([record('ends', 'now'), record('chain', 'before')]), () => 'now');
  const line = (world: string) => page.split('\n').find((one) => one.startsWith(`| \`${world}\``));

  it('has a row with its figures', () => {
    expect(line('ends')).toBe(
      '| `ends` | explorer | 1,234 | 2 | 3 | 1.0 | 1,234 | 5 | held | 2026-11-28T00:00 |',
    );
  });

  it('marks what was found with other sources', () => {
    expect(line('chain')).toMatch(/2026-11-28T00:00 \(earlier\) \|$/);
  });

  it('names the worlds that were not checked', () => {
    expect(page).toMatch(/Not checked yet: .*`ends-break`/);
    expect(page).not.toMatch(/Not checked yet: .*`ends`[,.]/);
  });
});
