/** `kubedirect bench`: figures, side by side on the real control plane. */
import os from 'node:os';
import type { Command } from 'commander';
import { CONTENDERS, type Contender, measureScaleOut, type Sample } from '../../bench/scaleOut.ts';
import { spreadOf } from '../../bench/statistics.ts';
import { integer } from '../arguments.ts';
import { registerBreakdown } from '../bench/breakdown.ts';
import { registerBytes } from '../bench/bytes.ts';
import { registerCheckers } from '../bench/checkers.ts';
import { registerContainers } from '../bench/containers.ts';
import { registerControlPath } from '../bench/controlPath.ts';
import { registerGrowth } from '../bench/growth.ts';
import { registerRecovery } from '../bench/recovery.ts';
import { registerRequests } from '../bench/requests.ts';
import { giveResult, machine, type ResultFlags } from '../bench/result.ts';
import { registerServing } from '../bench/serving.ts';
import { registerSizing } from '../bench/sizing.ts';

interface Flags extends ResultFlags {
  readonly pods: number;
  readonly functions: number;
  readonly nodes: number;
  readonly rounds: number;
  readonly stockRounds: number;
  readonly apart?: boolean;
}

const WHAT: Readonly<Record<Contender, string>> = {
  k8s: 'stock, default limits',
  'k8s+': 'stock, limits lifted',
  floor: 'a bare client',
  'floor+': 'the same, our requests',
  kd: 'ours, publish',
  tail: 'ours, running at the tail',
};

const pad = (text: string, width: number) => text.padStart(width);
const ms = (value: number) => pad(value.toFixed(value < 100 ? 1 : 0), 8);

/** The table: a row a contender; ratios of medians of p90 to ours. */
function render(samples: readonly Sample[]): string {
  const of = (contender: Contender) => samples.filter((sample) => sample.contender === contender);
  const ours = of('kd');
  const median = (contender: Contender) => spreadOf(of(contender).map(({ p90 }) => p90)).median;
  const rows = CONTENDERS.filter((contender) => of(contender).length > 0).map((contender) => {
    const { min, median: middle, max } = spreadOf(of(contender).map(({ p90 }) => p90));
    const last = spreadOf(of(contender).map((sample) => sample.last)).median;
    const ratio = ours.length === 0 ? '' : pad((middle / median('kd')).toFixed(2), 7);
    return `${contender.padEnd(6)} ${WHAT[contender].padEnd(26)} ${pad(String(of(contender).length), 6)} ${ms(min)} ${ms(middle)} ${ms(max)} ${ms(last)} ${ratio}`;
  });
  const head = `${''.padEnd(33)} rounds  p90 min  median      max last med.   ratio`;
  return `${head}\n${rows.join('\n')}\n\np90 in ms: from the want to the 90th-percentile Pod Ready at the API Server (tail: running). ratio: of medians, to kd.\n`;
}

/** Where the time goes: median CPU seconds of each program, a row a contender. */
function renderCpu(samples: readonly Sample[]): string {
  const of = (contender: Contender) => samples.filter((sample) => sample.contender === contender);
  const median = (contender: Contender, program: string) =>
    spreadOf(of(contender).map(({ cpu }) => cpu[program] ?? 0)).median;
  const present = CONTENDERS.filter((contender) => of(contender).length > 0);
  const programs = [...new Set(samples.flatMap(({ cpu }) => Object.keys(cpu)))].filter((program) =>
    present.some((contender) => median(contender, program) >= 0.01),
  );
  if (programs.length === 0) return '';
  const rows = present.map((contender) => {
    const each = programs.map((program) => pad(median(contender, program).toFixed(2), program.length + 2));
    return `${contender.padEnd(6)}${each.join('')}`;
  });
  return `CPU seconds from the want to the last Pod Ready, medians (10 ms is the grain)\n\n${' '.repeat(6)}${programs.map((program) => `  ${program}`).join('')}\n${rows.join('\n')}\n`;
}

async function scaleOut(flags: Flags): Promise<void> {
  const { functions, nodes, rounds, stockRounds, apart = false } = flags;
  // As many of each function.
  const pods = Math.ceil(flags.pods / functions) * functions;
  const onProgress = (line: string) => void process.stderr.write(`${line}\n`);
  const samples = await measureScaleOut({ pods, functions, nodes, rounds, stockRounds, apart, onProgress });
  const on = { ...machine(), memoryGiB: Math.round(os.totalmem() / 2 ** 30) };
  const date = new Date().toISOString();
  const result = { figure: 'scale-out', date, machine: on, pods, functions, nodes, apart, samples };
  giveResult(
    flags,
    `scale-out-${pods}-${nodes}${functions === 1 ? '' : `-${functions}`}`,
    result,
    (file) =>
      `\n${pods} Pods of ${functions === 1 ? 'one function' : `${functions} functions`}, ${nodes} nodes; ours in ${apart ? 'five processes' : 'two processes'}\n\n${render(samples)}\n${renderCpu(samples)}\nsamples: ${file}\n`,
  );
}

/** Adds the command. */
export function register(program: Command): void {
  const bench = program
    .command('bench')
    .description('Measure, side by side in one run on the real control plane');
  bench
    .command('scale-out')
    .description('k8s, k8s+, a bare client, and ours: 0 → n Pods of one function, or of several')
    .option('--pods <n>', 'Pods', integer(1, 10_000), 200)
    .option('--functions <n>', 'Deployments, which have as many of the Pods each', integer(1, 2_000), 1)
    .option('--nodes <n>', 'kwok nodes', integer(1, 2_000), 5)
    .option('--rounds <n>', 'rounds of each contender', integer(1, 50), 5)
    .option('--stock-rounds <n>', 'rounds of k8s, slow by its limits; 0 leaves it out', integer(0, 50), 1)
    .option('--apart', 'ours with a process for each stage; else one for those above the tail')
    .option('--results <folder>', 'where the samples go', 'results')
    .option('--json', 'print the samples as one JSON object')
    .action(scaleOut);
  registerBreakdown(bench);
  registerBytes(bench);
  registerCheckers(bench);
  registerContainers(bench);
  registerControlPath(bench);
  registerGrowth(bench);
  registerRecovery(bench);
  registerRequests(bench);
  registerServing(bench);
  registerSizing(bench);
}
