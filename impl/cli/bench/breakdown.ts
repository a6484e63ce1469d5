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
import { registerPlaneFigure } from './planeFigure.ts';

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

/** Adds the command. */
export function registerBreakdown(bench: Command): void {
  registerPlaneFigure(bench, {
    name: 'breakdown',
    description: 'Where the time of a scale-out goes, stage by stage; of stock, by what a watch shows',
    rounds: { text: 'rounds, stock and kd taking turns', usual: 5 },
    measure: measureBreakdown,
    title: ({ pods, nodes, rounds }) =>
      `0 → ${pods} Pods on ${nodes} nodes, each stage a process; ${rounds} rounds`,
    render,
  });
}
