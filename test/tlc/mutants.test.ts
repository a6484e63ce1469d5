/** Teeth: each mutant of a module is caught by TLC and by the explorer, in as many steps, and they name the same property. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { explorerRow, tlcRow } from '../../impl/cli/check/rows.ts';
import { DEFAULT_EFFORT } from '../../impl/explorer/check.ts';
import { settingOf } from '../../impl/explorer/stages.ts';
import { PROOFS } from '../../impl/tlc/run.ts';
import { MUTANTS } from '../../spec/mutants.ts';
import { WORLDS } from '../../spec/worlds/index.ts';
import { TEETH } from '../../spec/worlds/teeth.ts';
import { TOOLCHAIN } from './support/toolchain.ts';

const BROKEN = /^(\w+) BROKEN in (\d+) steps$/;
const lines = [
  '# Mutants of the modules',
  '',
  'Written by `test/tlc/mutants.test.ts`: each rule switched off in the machines and in the spec; TLC and the explorer break the same property.',
  '`a and b`: b stands behind a, so that a alone breaks nothing; with b switched off as well, it does.',
  '',
  '| mutant | the rule that it removes | world | property broken | steps of the shortest counterexample |',
  '|---|---|---|---|---|',
];

describe.skipIf(TOOLCHAIN === null)('mutants', () => {
  it.each(TEETH)(
    '$mutant is caught by both in $world',
    async ({ mutant, world, behind }) => {
      const off = behind === undefined ? [mutant] : [mutant, behind];
      const [{ rule }] = MUTANTS.filter(({ name }) => name === mutant) as [(typeof MUTANTS)[number]];
      const breaks = MUTANTS.flatMap((one) => (off.includes(one.name) ? one.breaks : []));
      const setting = settingOf(WORLDS.find(({ name }) => name === world)!, new Set(off));
      const { verdict } = explorerRow(setting, DEFAULT_EFFORT);
      const [, property, steps] = BROKEN.exec(verdict) ?? [];
      expect(breaks).toContain(property);
      const row = await tlcRow(TOOLCHAIN!, setting, { workers: 1, brief: true });
      expect(row.verdict).toBe(verdict);
      // Where it goes on for ever, one more move closes the loop.
      expect(row.moves).toHaveLength(Number(steps) + (row.loop === undefined ? 0 : 1));
      lines.push(
        `| ${off.map((name) => `\`${name}\``).join(' and ')} | ${rule} | \`${world}\` | \`${property}\` | ${steps} |`,
      );
    },
    300_000,
  );

  it('the table says so', () =>
    expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(path.join(PROOFS, 'MUTANTS.md')));
});
