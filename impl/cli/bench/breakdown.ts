/** `kubedirect bench breakdown`: where the time of a scale-out goes (figure 2). */
import type { Command } from 'commander';
import {
  type BreakdownSample,
  MOMENTS,
  type Moment,
  measureBreakdown,
  PARTS,
  type Part,
} from '../../bench/breakdown.ts';
import { percentile, spreadOf } from '../../bench/statistics.ts';
import { integer } from '../arguments.ts';
import { giveResult, type ResultFlags, withLoads } from './result.ts';

interface Flags extends ResultFlags {
  readonly pods: number;
  readonly nodes: number;
  readonly rounds: number;
  readonly embedded?: boolean;
}

function render(samples: readonly BreakdownSample[]): string {
  const at = (part: Part, moment: Moment, share: number): string => {
    const values = samples
      .filter((sample) => sample.part === part && sample.moments[moment] !== undefined)
      .map((sample) => percentile(sample.moments[moment] as readonly number[], share));
    return (values.length === 0 ? '' : spreadOf(values).median.toFixed(1)).padStart(10);
  };
  const rows = MOMENTS.map(
    (moment) =>
      `${moment.padEnd(14)}${PARTS.map((part) => [0.5, 0.9, 1].map((share) => at(part, moment, share)).join('')).join('')}`,
  );
  return [
    `${''.padEnd(14)}${PARTS.map((part) => `${part}: p50`.padStart(10) + 'p90'.padStart(10) + 'last'.padStart(10)).join('')}`,
    ...rows,
    '',
    'ms since the want, medians of the rounds; what lies between two rows is the link, and the step of the stage after it',
    '',
  ].join('\n');
}

async function breakdown(flags: Flags): Promise<void> {
  const { pods, nodes, rounds, embedded = false } = flags;
  const onProgress = (line: string) => void process.stderr.write(`${line}\n`);
  const [samples, on] = await withLoads(() =>
    measureBreakdown({ pods, nodes, rounds, embedded, onProgress }),
  );
  const result = {
    figure: 'breakdown',
    date: new Date().toISOString(),
    machine: on,
    pods,
    nodes,
    embedded,
    samples,
  };
  giveResult(
    flags,
    `breakdown-${pods}-${nodes}`,
    result,
    (file) =>
      `\n0 → ${pods} Pods on ${nodes} nodes, each stage a process; ${rounds} rounds\n\n${render(samples)}samples: ${file}\n`,
  );
}

/** Adds the command. */
export function registerBreakdown(bench: Command): void {
  bench
    .command('breakdown')
    .description('Where the time of a scale-out goes, stage by stage; of stock, by what a watch shows')
    .option('--pods <n>', 'Pods', integer(1, 10_000), 200)
    .option('--nodes <n>', 'kwok nodes', integer(1, 2_000), 5)
    .option('--rounds <n>', 'rounds, stock and kd taking turns', integer(1, 50), 5)
    .option('--embedded', 'on the embedded cluster, a model of the API Server')
    .option('--results <folder>', 'where the samples go', 'results')
    .option('--json', 'print the samples as one JSON object')
    .action(breakdown);
}
