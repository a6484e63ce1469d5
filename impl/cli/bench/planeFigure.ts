/** Figures of one scale-out, on a real control plane or, to see that they work, on the embedded cluster: the same flags, the same file. */
import type { Command } from 'commander';
import type { PlaneOptions } from '../../bench/plane.ts';
import { integer } from '../arguments.ts';
import { giveResult, type ResultFlags, withLoads } from './result.ts';

interface Flags extends ResultFlags {
  readonly pods: number;
  readonly nodes: number;
  readonly rounds: number;
  readonly embedded?: boolean;
}

/** One of them. */
export interface PlaneFigure<S> {
  readonly name: string;
  readonly description: string;
  readonly rounds: { readonly text: string; readonly usual: number };
  readonly measure: (
    options: PlaneOptions & { readonly pods: number; readonly rounds: number },
  ) => Promise<readonly S[]>;
  /** What was run, before its table. */
  readonly title: (flags: Flags) => string;
  readonly render: (samples: readonly S[]) => string;
}

/** Adds its command. */
export function registerPlaneFigure<S>(bench: Command, figure: PlaneFigure<S>): void {
  const { name, description, rounds: how, measure, title, render } = figure;
  bench
    .command(name)
    .description(description)
    .option('--pods <n>', 'Pods', integer(1, 10_000), 200)
    .option('--nodes <n>', 'kwok nodes', integer(1, 2_000), 5)
    .option('--rounds <n>', how.text, integer(1, 50), how.usual)
    .option('--embedded', 'on the embedded cluster, a model of the API Server')
    .option('--results <folder>', 'where the samples go', 'results')
    .option('--json', 'print the samples as one JSON object')
    .action(async (flags: Flags) => {
      const { pods, nodes, rounds, embedded = false } = flags;
      const onProgress = (line: string) => void process.stderr.write(`${line}\n`);
      const [samples, on] = await withLoads(() => measure({ pods, nodes, rounds, embedded, onProgress }));
      const date = new Date().toISOString();
      const result = { figure: name, date, machine: on, pods, nodes, embedded, samples };
      giveResult(
        flags,
        `${name}-${pods}-${nodes}`,
        result,
        (file) => `\n${title(flags)}\n\n${render(samples)}samples: ${file}\n`,
      );
    });
}
