/** `kubedirect check --engine`: verdicts, exit codes, named errors; a counterexample in our trace format. */
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ownScratch } from './support/scratch.ts';
import { TOOLCHAIN } from './support/toolchain.ts';

const scratch = ownScratch();
afterAll(scratch.remove);
const MAIN = path.join(import.meta.dirname, '../../impl/cli/main.ts');

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}
function check(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env } };
    execFile(process.execPath, [MAIN, 'check', ...args], options, (failure, out, error) =>
      resolve({ code: failure === null ? 0 : Number(failure.code), out, error }),
    );
  });
}

describe('check, bad input', () => {
  it.each([
    ['an unknown world', ['--world', 'nowhere'], /FLAG_INVALID: no world is named "nowhere"/],
    ['an unknown mutant', ['--mutant', 'nothing'], /FLAG_INVALID: no mutant is named "nothing"/],
    ['an unknown engine', ['--engine', 'hope'], /Allowed choices are explorer, tlc, both/],
    ['a world without a spec', ['--engine', 'tlc', '--world', 'tail-deleted'], /has no TLA\+ spec yet/],
    ['a heap that is no size', ['--engine', 'tlc', '--heap', 'much'], /expected a size/],
  ])('%s: exit code 2', async (_, args, message) => {
    const { code, error } = await check(args);
    expect(error).toMatch(message);
    expect(code).toBe(2);
  });

  it('no TLC: exit code 3', async () => {
    const { code, error } = await check(['--engine', 'tlc', '--world', 'ends'], {
      TLA2TOOLS_JAR: '/nowhere/tla2tools.jar',
    });
    expect(error).toMatch(/^TLC_MISSING/);
    expect(code).toBe(3);
  });
});

describe.skipIf(TOOLCHAIN === null)('check --engine', () => {
  it('both: a row an engine, and one that they are equal', async () => {
    const { code, out } = await check(['--engine', 'both', '--world', 'ends', '--json']);
    const rows = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(
      rows.map(({ engine, states, edges, depth, verdict }) => [engine, states, edges, depth, verdict]),
    ).toEqual([
      ['explorer', 45, 65, 17, 'held'],
      ['tlc', 45, 65, 17, 'held'],
      ['equal', 45, 65, 17, 'same states, same edges'],
    ]);
    expect(code).toBe(0);
  });

  it('a mutant: both name the same property; the trace of TLC is one of steps', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-check-'));
    try {
      const trace = path.join(folder, 'trace.ndjson');
      const mutant = ['--mutant', 'old-session-messages', '--world', 'ends-break', '--trace', trace];
      const { code, out } = await check(['--engine', 'both', ...mutant]);
      expect(out.match(/SessionFenced BROKEN in 13 steps/g)).toHaveLength(2);
      expect(code).toBe(12);
      const lines = fs
        .readFileSync(trace, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines).toHaveLength(13);
      expect(lines.at(-1)).toMatchObject({ stage: 'scheduler', event: { message: { kind: 'Fetch' } } });
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it('an interrupted run: exit code 130, and TLC ends with it', async () => {
    const child = spawn(process.execPath, [MAIN, 'check', '--engine', 'tlc', '--world', 'ends-duplicate']);
    let error = '';
    let isSent = false;
    child.stderr.on('data', (chunk: Buffer) => {
      error += chunk.toString();
      if (isSent || !error.includes('TLC at depth')) return;
      isSent = child.kill('SIGINT');
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(error).toMatch(/INTERRUPTED/);
    expect(code).toBe(130);
    expect(scratch.leftovers()).toEqual([]);
  });
});
