/** `kubedirect bench bytes`: what a Pod costs the links and the API Server (figure 4). */
import type { Command } from 'commander';
import { type BytesSample, measureBytes, type Spender } from '../../bench/bytes.ts';
import { spreadOf } from '../../bench/statistics.ts';
import { integer } from '../arguments.ts';
import { giveResult, type ResultFlags, withLoads } from './result.ts';

interface Flags extends ResultFlags {
  readonly pods: number;
  readonly nodes: number;
  readonly rounds: number;
  readonly embedded?: boolean;
}

function render(samples: readonly BytesSample[]): string {
  const of = (spender: Spender) => samples.filter((sample) => sample.spender === spender);
  const perPod = (spender: Spender, value: (sample: BytesSample) => number) =>
    spreadOf(of(spender).map((sample) => value(sample) / sample.pods)).median;
  const row = (what: string, value: (sample: BytesSample) => number, digits: number) =>
    `${what.padEnd(40)}${(['k8s+', 'kd'] as const).map((spender) => perPod(spender, value).toFixed(digits).padStart(12)).join('')}`;
  const links = [...new Set(samples.flatMap((sample) => Object.keys(sample.links)))];
  const verbs = [...new Set(samples.flatMap(({ api }) => Object.keys(api.requests)))];
  // What happens once in a while is no part of a Pod.
  const many = verbs.filter((verb) =>
    (['k8s+', 'kd'] as const).some(
      (spender) => perPod(spender, ({ api }) => api.requests[verb] ?? 0) >= 0.005,
    ),
  );
  const all = ({ api }: BytesSample) => Object.values(api.requests).reduce((a, b) => a + b, 0);
  return [
    `${'per Pod, medians of the rounds'.padEnd(40)}${'k8s+'.padStart(12)}${'kd'.padStart(12)}`,
    ...many.sort().map((verb) => row(verb, ({ api }) => api.requests[verb] ?? 0, 2)),
    row('requests at the API Server', all, 2),
    row('bytes of request bodies', ({ api }) => api.bytes.requests, 0),
    row('bytes of answers', ({ api }) => api.bytes.answers, 0),
    row('bytes of events of watches', ({ api }) => api.bytes.watches, 0),
    '',
    ...links.flatMap((link) => [
      row(`bytes ${link}`, (sample) => sample.links[link]?.bytes ?? 0, 1),
      row(`messages ${link}`, (sample) => sample.links[link]?.messages ?? 0, 3),
    ]),
    '',
  ].join('\n');
}

async function bytes(flags: Flags): Promise<void> {
  const { pods, nodes, rounds, embedded = false } = flags;
  const onProgress = (line: string) => void process.stderr.write(`${line}\n`);
  const [samples, on] = await withLoads(() => measureBytes({ pods, nodes, rounds, embedded, onProgress }));
  const result = {
    figure: 'bytes',
    date: new Date().toISOString(),
    machine: on,
    pods,
    nodes,
    embedded,
    samples,
  };
  giveResult(
    flags,
    `bytes-${pods}-${nodes}`,
    result,
    (file) =>
      `\n0 → ${pods} Pods on ${nodes} nodes, ${rounds} rounds\n\n${render(samples)}samples: ${file}\n`,
  );
}

/** Adds the command. */
export function registerBytes(bench: Command): void {
  bench
    .command('bytes')
    .description(
      'What a Pod costs each link in bytes, and the API Server in requests and bytes, against stock',
    )
    .option('--pods <n>', 'Pods', integer(1, 10_000), 200)
    .option('--nodes <n>', 'kwok nodes', integer(1, 2_000), 5)
    .option('--rounds <n>', 'rounds, taking turns', integer(1, 50), 3)
    .option('--embedded', 'on the embedded cluster, a model of the API Server')
    .option('--results <folder>', 'where the samples go', 'results')
    .option('--json', 'print the samples as one JSON object')
    .action(bytes);
}
