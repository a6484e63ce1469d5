/** `kubedirect bench control-path`: the chain without an API Server (figure 3). */
import os from 'node:os';
import type { Command } from 'commander';
import { type ControlPath, type LinkRow, measureControlPath } from '../../bench/controlPath.ts';
import { percentile, spreadOf } from '../../bench/statistics.ts';
import { folderToWrite, integer } from '../arguments.ts';
import { giveResult, type ResultFlags, withLoads } from './result.ts';

interface Flags extends ResultFlags {
  readonly pods: number;
  readonly wave: number;
  readonly nodes: number;
  readonly alone: number;
  readonly rest: number;
  readonly rounds: number;
  readonly tls: boolean;
  readonly journals: string;
  readonly profile?: string;
}

const number = (value: number, width: number, digits = 0) =>
  value
    .toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    .padStart(width);

const spread = (values: readonly number[], digits = 0) => {
  const { min, median, max } = spreadOf(values);
  return [min, median, max].map((value) => number(value, 10, digits)).join('');
};

function renderLinks(rows: readonly LinkRow[], each: number, of: string): readonly string[] {
  return [
    `${'link, both directions'.padEnd(26)}  messages    frames     bytes  bytes per ${of}`,
    ...rows.map(
      ({ link, messages, frames, bytes }) =>
        `${link.padEnd(26)}${number(messages, 10)}${number(frames, 10)}${number(bytes, 10)}${number(bytes / each, 11 + of.length, 1)}`,
    ),
  ];
}

function render(rounds: readonly ControlPath[]): string {
  const last = rounds.at(-1) as ControlPath;
  const { sustained, alone, rest } = last;
  const perMinute = (count: number) => (count / rest.seconds) * 60;
  const messages = rest.links.reduce((sum, link) => sum + link.messages, 0);
  const aloneOf = (of: 'want' | 'fromR', share: number) =>
    rounds.map((round) => percentile(round.alone[of], share));
  return [
    `${''.padEnd(44)}       min    median       max`,
    `${'sustained, Pods/s'.padEnd(44)}${spread(rounds.map((round) => round.sustained.pods / round.sustained.seconds))}`,
    `${`burst of ${number(last.burst.pods, 0)} from R to running, Pods/s`.padEnd(44)}${spread(rounds.map(({ burst }) => (burst.pods / burst.ms) * 1_000))}`,
    `${'one Pod alone, want to running, p50 ms'.padEnd(44)}${spread(aloneOf('want', 0.5), 2)}`,
    `${'                               p99 ms'.padEnd(44)}${spread(aloneOf('want', 0.99), 2)}`,
    `${'one Pod alone, R to running, p50 ms'.padEnd(44)}${spread(aloneOf('fromR', 0.5), 2)}`,
    `${'                             p99 ms'.padEnd(44)}${spread(aloneOf('fromR', 0.99), 2)}`,
    '',
    'sustained, last round:',
    ...renderLinks(sustained.links, sustained.pods, 'Pod'),
    '',
    'Pods alone, last round:',
    ...renderLinks(alone.links, alone.want.length, 'Pod'),
    '',
    `${'stage, last round'.padEnd(26)}µs CPU per Pod, sustained   heap MiB   % of a core at rest`,
    ...sustained.stages.map(({ stage, cpuSeconds, heapMiB }) => {
      const idle = rest.stages.find((row) => row.stage === stage)?.cpuSeconds ?? 0;
      return `${stage.padEnd(26)}${number((cpuSeconds / sustained.pods) * 1e6, 25, 1)}${number(heapMiB, 11)}${number((idle / rest.seconds) * 100, 22, 2)}`;
    }),
    `messages a minute at rest, all links: ${number(perMinute(messages), 0)}`,
    '',
  ].join('\n');
}

async function controlPath(flags: Flags): Promise<void> {
  const { pods, wave, nodes, alone, rest, rounds, tls, journals, profile } = flags;
  const onProgress = (line: string) => void process.stderr.write(`${line}\n`);
  const [measured, on] = await withLoads(async () => {
    const all: ControlPath[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      onProgress(`round ${round} of ${rounds}`);
      all.push(
        await measureControlPath({
          ...{ pods, wave, nodes, alone, rest, tls, folder: journals, profile: profile ?? null, onProgress },
        }),
      );
    }
    return all;
  });
  const date = new Date().toISOString();
  const result = { figure: 'control-path', date, machine: on, pods, wave, nodes, tls, rounds: measured };
  giveResult(
    flags,
    `control-path-${pods}-${nodes}`,
    result,
    (file) =>
      `\n${number(pods, 0)} Pods by waves of ${wave} on ${nodes} nodes; five processes, ${tls ? 'mutual TLS' : 'plain text'}, journals in ${journals}; ${rounds} rounds\n\n${render(measured)}\nsamples: ${file}\n`,
  );
}

/** Adds the command. */
export function registerControlPath(bench: Command): void {
  bench
    .command('control-path')
    .description(
      'The chain alone, without an API Server: Pods a second from R to K, one Pod alone, bytes, and what it costs at rest',
    )
    .option('--pods <n>', 'Pods of the sustained part', integer(1, 1_000_000), 100_000)
    .option('--wave <n>', 'Pods of one want; two are under way', integer(1, 100_000), 2_000)
    .option('--nodes <n>', 'nodes, all in one agent', integer(1, 500), 5)
    .option('--alone <n>', 'single Pods', integer(1, 100_000), 500)
    .option('--rest <seconds>', 'at rest', integer(1, 3_600), 30)
    .option('--rounds <n>', 'rounds, in new processes each', integer(1, 50), 5)
    .option('--no-tls', 'plain text on the links')
    .option('--journals <folder>', 'where the journals are', folderToWrite, os.tmpdir())
    .option('--profile <folder>', 'write a CPU profile of each stage there', folderToWrite)
    .option('--results <folder>', 'where the samples go', 'results')
    .option('--json', 'print the samples as one JSON object')
    .action(controlPath);
}
