/** Shells complete what there is: every command, its options, and what it may be given. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { completionOf } from '../../impl/cli/commands/completion.ts';
import { program } from '../../impl/cli/program.ts';

const script = completionOf(await program(), 'bash');
/** What bash proposes for the last of these words. */
const proposed = (...words: string[]): string[] => {
  const after = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _kubedirect; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', `${script}\n${after}`], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .filter(Boolean);
};

it.each([
  [['kubedirect', 'rele'], ['release']],
  [['kubedirect', 'release', '--ta'], ['--take-back']],
  [['kubedirect', 'drain', 'node-1', '--js'], ['--json']],
  [['kubedirect', 'bench', 'sc'], ['scale-out']],
  [
    ['kubedirect', 'completion', ''],
    ['bash', 'zsh', 'fish', '--help'],
  ],
  [['kubedirect', 'nonsense', '--x'], []],
] as const)('%j: %j', (words, expected) => {
  const words_ = proposed(...words);
  expect(words_).toEqual(expect.arrayContaining(expected.filter((each) => each !== '--help')));
  if (expected.length === 0) expect(words_).toEqual([]);
});

it('fish and zsh have the same commands', async () => {
  const names = (await program()).commands.map((each) => each.name());
  expect(names.length).toBeGreaterThan(20);
  const fish = completionOf(await program(), 'fish');
  expect(names.filter((name) => !fish.includes(`-a ${name} `))).toEqual([]);
  expect(completionOf(await program(), 'zsh')).toContain(script);
  // `run` is a command, and one below `shards`: each has its own options.
  const below = (path: string) =>
    fish.split('\n').filter((line) => line.includes(`"__kubedirect_at '${path}'"`));
  expect(below('shards run').some((line) => line.includes(' -l index '))).toBe(true);
  expect(below('run').some((line) => line.includes(' -l index '))).toBe(false);
  expect(fish.match(/contains -- \$next (.*);/)?.[1]).toContain(" 'shards run' ");
});
