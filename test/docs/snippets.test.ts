/** What the guides tell people to type does what they say. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../..');
const GUIDE = path.join(ROOT, 'docs/guide');
const BLOCK = /^( *)```(sh|ts)( run)?\n([\s\S]*?)^ *```$/gm;
const COMMAND = 'npm run kubedirect -- ';
const LINK = /\]\((?!https?:|#)([^)#]+)/g;

/** One thing to type, and what it exits with. */
interface Snippet {
  readonly file: string;
  readonly text: string;
  readonly exit: number;
  readonly language: string;
}

const guides = fs.readdirSync(GUIDE).filter((file) => file.endsWith('.md'));

function snippetsOf(file: string): readonly Snippet[] {
  const text = fs.readFileSync(path.join(GUIDE, file), 'utf8');
  return [...text.matchAll(BLOCK)].flatMap(([, , language = '', runs, code = '']) => {
    if (runs === undefined) return [];
    if (language === 'ts') return [{ file, text: code, exit: 0, language }];
    return code
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => {
        const [command = '', comment = ''] = line.trim().split(/ +# /);
        return { file, text: command, exit: Number(/^exit (\d+)/.exec(comment)?.[1] ?? 0), language };
      });
  });
}

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-snippets-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** Runs a program; its exit code, and what it said. */
const run = (args: readonly string[]) =>
  new Promise<{ readonly code: number; readonly said: string }>((resolve) => {
    execFile(process.execPath, args, { cwd: ROOT }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), said: `${stdout}${stderr}` }),
    );
  });

describe('the guides', () => {
  const all = guides.flatMap(snippetsOf);

  it('have something to type', () => expect(all.length).toBeGreaterThan(4));

  it.each(all.filter(({ language }) => language === 'sh'))('$file: $text', async ({ text, exit }) => {
    expect(text.startsWith(COMMAND)).toBe(true);
    const args = text
      .slice(COMMAND.length)
      .split(' ')
      .map((one, at, words) => (/^--(out|view)$/.test(words[at - 1] ?? '') ? path.join(folder, one) : one));
    const { code, said } = await run(['impl/cli/main.ts', ...args]);
    expect([code, said]).toEqual([exit, expect.any(String)]);
    for (const [at, word] of args.entries())
      if (/^--(out|view)$/.test(word)) expect(fs.statSync(args[at + 1] as string).size).toBeGreaterThan(1000);
  });

  it.each(all.filter(({ language }) => language === 'ts'))('$file: code', async ({ text }) => {
    const file = path.join(folder, 'snippet.ts');
    fs.writeFileSync(file, text.replaceAll(/^ {3}/gm, '').replaceAll("'../../", `'${ROOT}/`));
    expect((await run([file])).said).toMatch(/^state /);
  });

  it.each(guides)('%s names files that are there', (file) => {
    const text = fs.readFileSync(path.join(GUIDE, file), 'utf8');
    const links = [...text.matchAll(LINK)].map(([, link = '']) => path.join(GUIDE, link));
    const named = [...text.matchAll(/`((?:spec|impl|machines|test|proofs-tla|docs)\/[\w./-]+\.\w+)`/g)].map(
      ([, name = '']) => path.join(ROOT, name),
    );
    expect([...links, ...named].filter((one) => !fs.existsSync(one))).toEqual([]);
  });
});
