/** Figures that need no cluster: what the command writes, on worlds so small that it tells nothing but that. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { ControlPath } from '../../impl/bench/controlPath.ts';
import type { ServingSample } from '../../impl/bench/serving.ts';
import { STAGES } from '../../spec/vocabulary.ts';
import { TOOLCHAIN } from '../tlc/support/toolchain.ts';

const MAIN = path.join(import.meta.dirname, '../../impl/cli/main.ts');

it.skipIf(TOOLCHAIN === null)(
  'bench checkers counts the same states by both engines, and the steps of the seeds',
  () => {
    const results = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-bench-'));
    const asked = ['bench', 'checkers', '--world', 'exact', '--rounds', '2', '--seeds', '2', '--json'];
    const { status, stdout } = spawnSync(process.execPath, [MAIN, ...asked, '--results', results], {
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    const { engines, simulator } = JSON.parse(stdout) as {
      readonly engines: readonly { readonly engine: string; readonly states: number }[];
      readonly simulator: readonly { readonly steps: number }[];
    };
    expect(engines.map(({ engine }) => engine)).toEqual(['explorer', 'tlc', 'explorer', 'tlc']);
    expect(new Set(engines.map(({ states }) => states)).size).toBe(1);
    expect(simulator[0]?.steps).toBeGreaterThan(0);
    expect(simulator[1]?.steps).toBe(simulator[0]?.steps);
    expect(JSON.parse(fs.readFileSync(path.join(results, 'checkers.json'), 'utf8'))).toMatchObject({
      engines,
    });
    fs.rmSync(results, { recursive: true });
  },
);

it('bench control-path counts the Pods, the frames and what is at rest, over processes and mutual TLS', () => {
  const results = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-bench-'));
  const asked = [
    '--pods',
    '60',
    '--wave',
    '20',
    '--nodes',
    '2',
    '--alone',
    '2',
    '--rest',
    '1',
    '--rounds',
    '1',
  ];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [MAIN, 'bench', 'control-path', ...asked, '--json', '--results', results],
    { encoding: 'utf8' },
  );
  expect(status, stderr).toBe(0);
  const { rounds } = JSON.parse(stdout) as { readonly rounds: readonly ControlPath[] };
  const { sustained, alone, rest } = rounds[0] as ControlPath;
  expect(sustained.pods).toBe(60);
  expect(sustained.stages.map(({ stage }) => stage)).toEqual([...STAGES]);
  for (const { bytes, messages, frames } of sustained.links) {
    expect(frames).toBeGreaterThan(0);
    expect(messages).toBeGreaterThanOrEqual(frames);
    expect(bytes).toBeGreaterThan(messages);
  }
  expect(alone.want).toHaveLength(2);
  expect(rest.links.map(({ messages }) => messages)).toEqual([0, 0, 0, 0]);
  fs.rmSync(results, { recursive: true });
});

it('bench serving serves a small trace on the embedded cluster, by stock and from the tail', () => {
  const results = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-bench-'));
  const asked = ['--functions', '2', '--seconds', '2', '--invocations', '8', '--rounds', '1', '--embedded'];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [MAIN, 'bench', 'serving', ...asked, '--contenders', 'k8s+', 'tail', '--json', '--results', results],
    { encoding: 'utf8' },
  );
  expect(status, stderr).toBe(0);
  const { samples } = JSON.parse(stdout) as { readonly samples: readonly ServingSample[] };
  expect(samples.map(({ server }) => server)).toEqual(['k8s+', 'tail']);
  for (const { served, unserved, instances, failed } of samples) {
    expect(served.length).toBe(8);
    expect([unserved, failed]).toEqual([0, 0]);
    expect(served.some(({ cold }) => cold)).toBe(true);
    expect(instances.ever).toBeGreaterThan(0);
  }
  expect(fs.readFileSync(path.join(results, 'serving-2-2.svg'), 'utf8')).toContain('<polyline');
  fs.rmSync(results, { recursive: true });
}, 300_000);
