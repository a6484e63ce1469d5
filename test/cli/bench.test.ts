/** Figures that need no cluster: what the command writes, on worlds so small that it tells nothing but that. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { type BreakdownSample, MOMENTS } from '../../impl/bench/breakdown.ts';
import type { BytesSample } from '../../impl/bench/bytes.ts';
import type { ControlPath } from '../../impl/bench/controlPath.ts';
import type { ServingSample } from '../../impl/bench/serving.ts';
import type { SizingSample } from '../../impl/bench/sizing.ts';
import { STAGES } from '../../spec/vocabulary.ts';
import { TOOLCHAIN } from '../tlc/support/toolchain.ts';

type Moments = BreakdownSample['moments'];
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

/** Runs a figure small on the embedded cluster. */
function onEmbedded<T>(figure: string): readonly T[] {
  const results = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-bench-'));
  const asked = ['--embedded', '--pods', '6', '--rounds', '1', '--json', '--results', results];
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'bench', figure, ...asked], {
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  fs.rmSync(results, { recursive: true });
  return (JSON.parse(stdout) as { readonly samples: readonly T[] }).samples;
}

it('bench bytes counts the requests of both sides, and what our links carried', () => {
  const samples = onEmbedded<BytesSample>('bytes');
  expect(samples.map(({ spender }) => spender)).toEqual(['k8s+', 'kd']);
  // Some of stock's may have been denied, and tried again.
  for (const { api } of samples) expect(api.requests['POST pods']).toBeGreaterThanOrEqual(6);
  const [stock, ours] = samples as [BytesSample, BytesSample];
  // Ours are created bound; stock's are bound after.
  expect(stock.api.requests['POST pods/binding']).toBeGreaterThanOrEqual(6);
  expect(ours.api.requests['POST pods/binding']).toBeUndefined();
  expect(stock.links).toEqual({});
  expect(Object.values(ours.links)).toHaveLength(4);
  for (const { bytes, messages } of Object.values(ours.links)) {
    expect(messages).toBeGreaterThan(0);
    expect(bytes).toBeGreaterThan(messages);
  }
}, 300_000);

it('bench breakdown tells each moment of each Pod, in their order', () => {
  const samples = onEmbedded<BreakdownSample>('breakdown');
  expect(samples.map(({ part }) => part)).toEqual(['k8s+', 'kd', 'tail']);
  const [stock, ours, tail] = samples.map(({ moments }) => moments) as [Moments, Moments, Moments];
  expect(Object.keys(stock)).toEqual(['seen', 'seen bound', 'seen Ready']);
  for (const [moment, values] of Object.entries(ours))
    expect(values, moment).toHaveLength(moment === 'A' || moment === 'D' ? 1 : 6);
  expect(Object.keys(ours)).toEqual(MOMENTS.filter((moment) => moment !== 'K: started'));
  expect(Object.keys(tail)).toEqual(MOMENTS.slice(0, 6));
  const firsts = MOMENTS.slice(0, 5).map((moment) => ours[moment]?.[0] as number);
  expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
}, 300_000);

it('bench sizing reads each process at rest, with no Pod and with all', () => {
  const samples = onEmbedded<SizingSample>('sizing');
  expect(samples.map(({ stage, pods }) => [stage, pods])).toEqual(
    [0, 6].flatMap((pods) => STAGES.map((stage) => [stage, pods])),
  );
  for (const { residentMb, heapMb, outSeconds, restSeconds } of samples) {
    expect(residentMb).toBeGreaterThan(heapMb);
    expect(heapMb).toBeGreaterThan(1);
    expect(Math.min(outSeconds, restSeconds)).toBeGreaterThanOrEqual(0);
  }
}, 300_000);
