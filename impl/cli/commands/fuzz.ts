/** `kubedirect fuzz`: the whole chain in virtual time under faults, one seed after the other; failures shrunk and replayed. */
import { type Command, Option } from 'commander';
import { KubedirectError } from '../../../spec/errors.ts';
import { THEMES } from '../../simulator/themes.ts';
import { fileToWrite, integer } from '../arguments.ts';
import { fuzzCoverage } from '../fuzz/coverage.ts';
import { fuzzLarge } from '../fuzz/large.ts';
import { fuzzFor } from '../fuzz/long.ts';
import { fuzzPoints } from '../fuzz/points.ts';
import { type FuzzFlags, fuzzMutants, replayFuzz, runFuzz } from '../fuzz/run.ts';

interface Options extends FuzzFlags {
  readonly replay?: string;
  readonly for?: number;
  readonly mutants?: boolean;
  readonly points?: boolean;
  readonly large?: boolean;
  readonly coverage?: boolean;
}

function minutes(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 10_000) return value;
  throw new KubedirectError('FLAG_INVALID', `expected minutes above 0, got "${text}"`);
}

function duration(text: string): number {
  const [, value, unit] = /^(\d+)(s|m|h)$/.exec(text) ?? [];
  const milliseconds = Number(value) * ({ s: 1000, m: 60_000, h: 3_600_000 }[unit ?? ''] ?? Number.NaN);
  if (milliseconds > 0) return milliseconds;
  throw new KubedirectError('FLAG_INVALID', `expected a duration as 90s, 60m or 2h, got "${text}"`);
}

const EXIT_CODES = `
The seed and the options decide everything: the same ones give the same run, step for step.

Exit codes:
    0  every seed held                             2  usage, or a replay file that can not be read
   12  a safety property broke                    13  a liveness property broke (after the faults were over)
   14  a stage could not bear what it was given: a broken invariant`;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('fuzz')
    .description('run the whole chain in virtual time under random faults; shrink and replay what fails')
    .option('--seed <n>', 'the first seed', integer(1, 2 ** 32 - 1), 1)
    .option('--runs <n>', 'seeds to run (default: 100, or no limit with --minutes)', integer(1, 1e9))
    .option('--minutes <n>', 'begin no seed after so many minutes', minutes)
    .option(
      '--for <duration>',
      'a long swarm (60m, 90s, 2h): goes on over failures, prints a table by theme; an interrupt ends it with what it has; with --out, in Markdown',
      duration,
    )
    .option('--nodes <n>', 'nodes of each world (default: drawn)', integer(1, 100))
    .option('--pods <n>', 'Pods asked for at most in each world (default: drawn)', integer(1, 10_000))
    .option('--rounds <n>', 'rounds of two minutes in each world: it lives longer', integer(1, 10_000))
    .addOption(
      new Option('--theme <name>', 'what each seed is about (default: drawn)').choices(
        THEMES.map(({ name }) => name),
      ),
    )
    .option('--close', 'what happens in each world, happens in a few moments')
    .option(
      '--near <file>',
      'seeds near the plan of a replay file: a little sooner or later, faster or slower',
    )
    .option('--mutant <name>', 'switch off one rule of the protocol: it must then fail')
    .option(
      '--mutants',
      'each mutant instead: in how many seeds it is caught; with --out, the table in Markdown',
    )
    .option(
      '--points',
      'one world that does everything once instead (--pods, default 20), with a fault at every point, one a run; with --out, the table in Markdown',
    )
    .option(
      '--large',
      'one large world that lives long instead (--nodes, default 100, --pods, default 5000, --rounds, default 10): what a step costs; with --out, the table in Markdown',
    )
    .option(
      '--resume <file>',
      'with --points, --mutants and --large: rows are kept there, one a line, and not run again (but of --large)',
      fileToWrite,
    )
    .option(
      '--coverage',
      'what so many runs reach (--runs, default 500), as drawn, and with each theme in turn; with --out, in Markdown',
    )
    .option('--workers <n>', 'worker threads (default: one for each core)', integer(1, 256))
    .option(
      '--replay <file>',
      'run the plan of a replay file instead (with --mutant: and that rule is off as well)',
    )
    .option('--trace <file>', 'with --replay, or of a failure: write every step as NDJSON', fileToWrite)
    .option('--out <file>', 'write the shrunk failure there, to be replayed', fileToWrite)
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXIT_CODES)
    .action(async (options: Options) => {
      if (options.replay !== undefined) process.exitCode = replayFuzz(options.replay, options);
      else if (options.for !== undefined) process.exitCode = await fuzzFor(options.for, options);
      else if (options.large === true) process.exitCode = fuzzLarge(options);
      else if (options.coverage === true) process.exitCode = fuzzCoverage(options);
      else if (options.points === true) process.exitCode = await fuzzPoints(options);
      else process.exitCode = options.mutants === true ? await fuzzMutants(options) : await runFuzz(options);
    });
}
