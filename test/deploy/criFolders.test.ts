/** The table of an agent's folders in docs/containers.md: what the command takes by default, and what the chart gives. */
import fs from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { beforeAll, expect, it } from 'vitest';
import { program } from '../../impl/cli/program.ts';
import { DEFAULTS } from '../../impl/deploy/workloads/values.ts';

const PAGE = fs.readFileSync(path.join(import.meta.dirname, '../../docs/containers.md'), 'utf8');
const codes = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code as string);
const rows = PAGE.slice(PAGE.indexOf('| what | flag of `kubedirect agent`'))
  .split('\n\n')[0]!
  .split('\n')
  .slice(2)
  .map((line) => line.slice(2).split(' | ') as [string, string, string]);

let agent: Command | undefined;
beforeAll(async () => {
  agent = (await program('agent')).commands.find((one) => one.name() === 'agent');
}, 180_000);

it.each(rows)('%s: as the command has it', (_, cell) => {
  const [flag = '', told] = codes(cell);
  const option = agent?.options.find(({ long }) => long === flag);
  expect(option, flag).toBeDefined();
  expect(option?.defaultValue).toBe(cell.includes('none') ? undefined : told);
});

it.each(rows)('%s: as the chart has it', (_, __, cell) => {
  const { cri } = DEFAULTS;
  const all = codes(cell);
  const named = all.flatMap((code, at) => (code.startsWith('cri.') ? [[code.slice(4), all[at + 1]]] : []));
  expect(named.length).toBeGreaterThan(0);
  for (const [name, value] of named) {
    expect(cri).toHaveProperty(name as string);
    if (value !== undefined) expect(cri[name as keyof typeof cri]).toBe(value);
  }
});

it('names every folder of the chart', () => {
  const named = new Set(rows.flatMap(([, , cell]) => codes(cell)));
  const folders = ['socketFolder', 'socket', 'folder', 'secrets', 'credentials'];
  expect(folders.filter((name) => !named.has(`cri.${name}`))).toEqual([]);
});
