/** A process plays scale-outs before the first real one, can still be spoken to meanwhile, and leaves nothing behind. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rehearse } from '../../impl/rehearsal/rehearsal.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-test-'));
});
afterEach(() => {
  expect(fs.readdirSync(folder)).toEqual([]);
  fs.rmdirSync(folder);
});

const { signal } = new AbortController();
const runs = { runtime: 'runs', traces: false, signal } as const;

describe('a rehearsal', () => {
  it.each(['runs', 'publish'] as const)(
    'makes Pods by the same machines, over a link, and nothing is wrong (%s)',
    async (runtime) => {
      const { pods, finding, messages, without } = await rehearse({ ...runs, runtime, traces: true, folder });
      expect({ pods, finding, without }).toEqual({ pods: 360, finding: null, without: null });
      expect(messages).toBeGreaterThan(24);
    },
  );

  it('plays to the machines alone where it can not have a folder', async () => {
    const { pods, messages, without } = await rehearse({ ...runs, folder: path.join(folder, 'none') });
    expect({ pods, messages }).toEqual({ pods: 360, messages: null });
    expect(without).toMatch(/ENOENT/);
  });

  it('lets what comes meanwhile have its turn', async () => {
    let turns = 0;
    const turn = () => {
      turns += 1;
      timer = setImmediate(turn);
    };
    let timer = setImmediate(turn);
    await rehearse({ ...runs, folder });
    clearImmediate(timer);
    expect(turns).toBeGreaterThan(10);
  });

  it('ends early when the process does', async () => {
    const over = new AbortController();
    const played = rehearse({ ...runs, signal: over.signal, folder });
    over.abort();
    expect((await played).pods).toBeLessThan(360);
  });
});
