/** `kubedirect bench growth`: cost of a step and memory of a record as records grow (figure 8). */
import { type Command, InvalidArgumentError } from 'commander';
import { DIFFERING } from '../../bench/growth/world.ts';
import { type GrowthRow, measureGrowth, SUBJECTS, type Subject } from '../../bench/growth.ts';
import { integer } from '../arguments.ts';
import { giveResult, type ResultFlags, withLoads } from './result.ts';

interface Flags extends ResultFlags {
  readonly stages: readonly Subject[];
  readonly sizes: readonly number[];
  readonly rounds: number;
}

function invalid(expected: string, got: string): InvalidArgumentError {
  return new InvalidArgumentError(`FLAG_INVALID: expected ${expected}, got ${JSON.stringify(got)}.`);
}

function stagesOf(text: string): readonly Subject[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => Object.hasOwn(SUBJECTS, name))) return names as Subject[];
  throw invalid(`some of ${Object.keys(SUBJECTS).join(', ')}, with commas between`, text);
}

function sizesOf(text: string): readonly number[] {
  const sizes = text.split(',').map(Number);
  if (sizes.every((size) => Number.isInteger(size) && size >= 10 && size <= 1_000_000)) return sizes;
  throw invalid('whole numbers from 10 to 1000000, with commas between', text);
}

const pad = (text: string) => text.padStart(10);

function render({ what, sizes, bytes, steps, reconnectBytes }: GrowthRow): string {
  const head = `${what.padEnd(38)}${sizes.map((size) => pad(size.toLocaleString('en'))).join('')}     ratio`;
  const memory = `  ${'bytes per record'.padEnd(36)}${bytes.map((each) => pad(String(each))).join('')}`;
  const rows = steps.map(({ step, microseconds, ratios }) => {
    const times = microseconds.map((each) => pad(each.toFixed(1))).join('');
    return `  ${step.padEnd(36)}${times}${pad((ratios.at(-1) as number).toFixed(2))}`;
  });
  const reconnect =
    reconnectBytes.length === 0
      ? []
      : [
          `  ${`bytes to reconnect, ${DIFFERING} Pods differ`.padEnd(36)}${reconnectBytes.map((each) => pad(each.toLocaleString('en'))).join('')}`,
        ];
  return [head, memory, ...reconnect, ...rows].join('\n');
}

async function growth(flags: Flags): Promise<void> {
  const { stages, sizes, rounds, json } = flags;
  const rows: GrowthRow[] = [];
  const [, on] = await withLoads(() => {
    for (const stage of stages) {
      const row = measureGrowth(stage, sizes, rounds);
      rows.push(row);
      if (json !== true) process.stdout.write(`${render(row)}\n\n`);
    }
  });
  const result = { figure: 'growth', date: new Date().toISOString(), machine: on, rounds, rows };
  giveResult(
    flags,
    'growth',
    result,
    (file) =>
      `steps: median in µs; ratio: of the last size to the first. Load of the machine ${on.loads.map((load) => load?.toFixed(1)).join(' to ')} on ${on.cores} cores.\nsamples: ${file}\n`,
  );
}

/** Adds the command. */
export function registerGrowth(bench: Command): void {
  bench
    .command('growth')
    .description('Cost of one step and memory per record, from 100 to 100,000 records, stage by stage')
    .option('--stages <list>', 'which stages', stagesOf, Object.keys(SUBJECTS) as Subject[])
    .option(
      '--sizes <list>',
      'numbers of records; ratios are to the first',
      sizesOf,
      [100, 1000, 10_000, 100_000],
    )
    .option('--rounds <n>', 'rounds of 50 steps of each size, taking turns', integer(1, 1000), 20)
    .option('--results <folder>', 'where the samples go', 'results')
    .option('--json', 'print the result as one JSON object')
    .action(growth);
}
