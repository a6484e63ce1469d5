/** `kubedirect bench sizing`: what each process needs, by Pods. */
import type { Command } from 'commander';
import { STAGES } from '../../../spec/vocabulary.ts';
import { measureSizing, type SizingSample } from '../../bench/sizing.ts';
import { registerPlaneFigure } from './planeFigure.ts';

const COLUMNS: readonly (readonly [keyof SizingSample, number])[] = [
  ['pods', 0],
  ['residentMb', 0],
  ['heapMb', 0],
  ['outSeconds', 2],
  ['restSeconds', 2],
];

function render(samples: readonly SizingSample[]): string {
  const rows = STAGES.flatMap((stage) =>
    samples
      .filter((sample) => sample.stage === stage)
      .map(
        (sample, at) =>
          `${(at === 0 ? stage : '').padEnd(12)}${COLUMNS.map(([column, digits]) => Number(sample[column]).toFixed(digits).padStart(14)).join('')}`,
      ),
  );
  const head = ['Pods', 'resident MB', 'heap MB', 'CPU s, out', 'CPU s, rest'];
  return `${''.padEnd(12)}${head.map((text) => text.padStart(14)).join('')}\n${rows.join('\n')}\n\nout: for the scale-out from the row above; rest: in a minute.\n`;
}

/** Adds the command. */
export function registerSizing(bench: Command): void {
  registerPlaneFigure(bench, {
    name: 'sizing',
    description: 'Memory and processor time of each of our processes, by Pods, at rest and scaling out',
    rounds: { text: 'equal parts that the Pods come in', usual: 4 },
    measure: measureSizing,
    title: ({ pods, nodes, rounds }) =>
      `0 → ${pods} Pods on ${nodes} nodes in ${rounds} parts, each stage a process`,
    render,
  });
}
