/** `kubedirect bench requests`: what a Pod costs the API Server by the way it is asked. */
import type { Command } from 'commander';
import { measureRequests, type RequestsSample, WAYS } from '../../bench/requests.ts';
import { spreadOf } from '../../bench/statistics.ts';
import { integer } from '../arguments.ts';
import { giveResult, type ResultFlags, withLoads } from './result.ts';

interface Flags extends ResultFlags {
  readonly pods: number;
  readonly rounds: number;
}

const PROGRAMS = ['kube-apiserver', 'etcd', 'this watcher'];

function render(samples: readonly RequestsSample[], pods: number): string {
  const of = (way: string) => samples.filter(({ what }) => what === way);
  const median = (way: string, value: (sample: RequestsSample) => number) =>
    spreadOf(of(way).map(value)).median;
  const base = median((WAYS[0] as { what: string }).what, ({ p90 }) => p90);
  const rows = WAYS.map(({ what }) => {
    const { min, median: middle, max } = spreadOf(of(what).map(({ p90 }) => p90));
    const figures = [
      ...[min, middle, max].map((ms) => ms.toFixed(0).padStart(8)),
      (middle / base).toFixed(2).padStart(8),
      ...[({ sent }: RequestsSample) => sent, ({ answered }: RequestsSample) => answered].map((value) =>
        median(what, value).toFixed(0).padStart(10),
      ),
      ...PROGRAMS.map((name) =>
        median(what, ({ cpu }) => (1000 * (cpu[name] ?? 0)) / pods)
          .toFixed(2)
          .padStart(10),
      ),
    ];
    return `${what.padEnd(50)}${figures.join('')}`;
  });
  return [
    `${''.padEnd(50)}  p90, ms: min, median, max   ratio      sent  answered apiserver      etcd    client`,
    ...rows,
    '',
    'p90: from the first request to the last answer for 90 % of the Pods. Sent and answered: bytes of bodies for each Pod; then CPU ms for each Pod.',
    '',
  ].join('\n');
}

async function requests(flags: Flags): Promise<void> {
  const { pods, rounds } = flags;
  const onProgress = (line: string) => void process.stderr.write(`${line}\n`);
  const [samples, on] = await withLoads(() => measureRequests({ pods, rounds, onProgress }));
  const result = { figure: 'requests', date: new Date().toISOString(), machine: on, pods, samples };
  giveResult(
    flags,
    `requests-${pods}`,
    result,
    (file) => `\n${pods} Pods, ${rounds} rounds, taking turns\n\n${render(samples, pods)}samples: ${file}\n`,
  );
}

/** Adds the command. */
export function registerRequests(bench: Command): void {
  bench
    .command('requests')
    .description(
      'What a Pod costs the API Server by the way it is asked: bodies, answers, connections, HTTP/2',
    )
    .option('--pods <n>', 'Pods', integer(1, 10_000), 500)
    .option('--rounds <n>', 'rounds of each way, taking turns', integer(1, 50), 5)
    .option('--results <folder>', 'where the samples go', 'results')
    .option('--json', 'print the samples as one JSON object')
    .action(requests);
}
