/** `kubedirect bench recovery`: a killed stage serves again (figure 5). */
import type { Command } from 'commander';
import { STAGES } from '../../../spec/vocabulary.ts';
import { measureRecovery, type RecoverySample } from '../../bench/recovery.ts';
import { spreadOf } from '../../bench/statistics.ts';
import { integer } from '../arguments.ts';
import { giveResult, type ResultFlags, withLoads } from './result.ts';

interface Flags extends ResultFlags {
  readonly pods: number;
  readonly nodes: number;
  readonly rounds: number;
}

const spread = (values: readonly number[]) => {
  const { min, median, max } = spreadOf(values);
  return [min, median, max].map((value) => Math.round(value).toLocaleString('en').padStart(8)).join('');
};

function render(samples: readonly RecoverySample[]): string {
  const rows = STAGES.map((stage) => {
    const of = samples.filter((sample) => sample.stage === stage);
    const disturbed = of.reduce((sum, sample) => sum + sample.disturbed, 0);
    return `${stage.padEnd(12)}${spread(of.map(({ up }) => up))}  ${spread(of.map(({ serving }) => serving))}  ${spread(of.map(({ handshakes }) => handshakes))}${String(disturbed).padStart(11)}`;
  });
  const three = '     min  median     max';
  return [
    `${'killed'.padEnd(12)}${'up again, ms'.padStart(24)}  ${'then serving, ms'.padStart(24)}  ${'bytes of handshakes'.padStart(24)}  disturbed`,
    `${''.padEnd(12)}${three}  ${three}  ${three}`,
    ...rows,
    '',
  ].join('\n');
}

async function recovery(flags: Flags): Promise<void> {
  const { pods, nodes, rounds } = flags;
  const onProgress = (line: string) => void process.stderr.write(`${line}\n`);
  const [samples, on] = await withLoads(() => measureRecovery({ pods, nodes, rounds, onProgress }));
  const result = { figure: 'recovery', date: new Date().toISOString(), machine: on, pods, nodes, samples };
  giveResult(
    flags,
    `recovery-${pods}-${nodes}`,
    result,
    (file) =>
      `\n${pods} Pods live on ${nodes} nodes; each stage a process, killed ${rounds} times\n\n${render(samples)}samples: ${file}\n`,
  );
}

/** Adds the command. */
export function registerRecovery(bench: Command): void {
  bench
    .command('recovery')
    .description(
      'Each stage killed while Pods live: until it serves again, what that took, and whom it disturbed',
    )
    .option('--pods <n>', 'Pods that live', integer(1, 20_000), 1_000)
    .option('--nodes <n>', 'kwok nodes', integer(1, 2_000), 5)
    .option('--rounds <n>', 'kills of each stage', integer(1, 50), 5)
    .option('--results <folder>', 'where the samples go', 'results')
    .option('--json', 'print the samples as one JSON object')
    .action(recovery);
}
