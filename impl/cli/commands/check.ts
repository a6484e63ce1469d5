/** `kubedirect check`: bounded worlds, every interleaving, by the explorer and by TLC; counterexamples as tables and traces. */
import { type Command, Option } from 'commander';
import { KubedirectError } from '../../../spec/errors.ts';
import { WORLDS } from '../../../spec/worlds/index.ts';
import { SHAPES } from '../../../spec/worlds/shapes.ts';
import { DEFAULT_EFFORT } from '../../explorer/check.ts';
import { fileToWrite } from '../arguments.ts';
import { runMutants } from '../check/mutants.ts';
import { type CheckOptions, runCheck } from '../check/run.ts';

interface Options extends Omit<CheckOptions, 'deep' | 'json' | 'steps'> {
  readonly deep?: boolean;
  readonly list?: boolean;
  readonly mutants?: boolean;
  readonly json?: boolean;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new KubedirectError('FLAG_INVALID', `expected a whole number above 0, got "${text}"`);
  return value;
}

function duration(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new KubedirectError('FLAG_INVALID', `expected a number of minutes above 0, got "${text}"`);
}

function size(text: string): string {
  if (!/^[1-9]\d*[kmg]$/i.test(text))
    throw new KubedirectError('FLAG_INVALID', `expected a size such as 512m or 4g, got "${text}"`);
  return text;
}

function list(json: boolean): void {
  const shapes = SHAPES.map(({ name, title, deep }) => ({
    name,
    title,
    how: deep ? 'deep' : 'one step',
    tlc: true,
  }));
  const worlds = WORLDS.map(({ name, title, walkOnly, deep, spec }) => ({
    name,
    title,
    how: walkOnly ? 'walked' : deep ? 'deep' : 'searched',
    tlc: spec !== undefined,
  }));
  const rows = [...worlds, ...shapes];
  if (json) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else
    for (const { name, how, tlc, title } of rows)
      process.stdout.write(`${name.padEnd(24)} ${how.padEnd(9)} ${tlc ? 'TLC' : '   '}  ${title}\n`);
}

const EXIT_CODES = `
Exit codes:
    0  all held            1  a witness was never seen, or TLC ended without a result
    2  usage               3  no Java, no TLC, or a corrupt download
    4  a mistake in the TLA+ spec                 5  an engine ran out of memory
    6  TLC and the explorer differ              130  interrupted
   12  an invariant, or a property of steps, broke
   13  a liveness property broke
`;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('check')
    .description('check bounded worlds exhaustively (or at random, where they are wide)')
    .addOption(
      new Option('--engine <name>', 'who checks: the machines, the TLA+ spec, or both and that they agree')
        .choices(['explorer', 'tlc', 'both'])
        .default('explorer'),
    )
    .option('--world <name...>', 'worlds to check; all, if absent')
    .option('--deep', 'also those that take minutes')
    .option('--list', 'list the worlds')
    .option('--mutant <name>', 'switch off one rule of the protocol: the check must then fail')
    .option(
      '--mutants',
      'switch off every rule, one at a time, each in the world that shows it: all must be caught',
    )
    .option('--json', 'one JSON object a row')
    .option('--trace <file>', 'write the counterexample as NDJSON step lines', fileToWrite)
    .option('--view <page.html>', 'write the counterexample as a page for the browser', fileToWrite)
    .option('--heap <size>', 'largest heap of TLC: 512m, 4g', size)
    .option('--modules <folder>', 'folder of the TLA+ modules: a changed copy of proofs-tla')
    .option('--memory <megabytes>', "largest heap of the explorer, of each world's process", positive)
    .option(
      '--threads <n>',
      'search each world by so many threads, in bounded memory (deep worlds always)',
      positive,
    )
    .option('--jobs <n>', 'worlds at once; as many as there are cores, if absent', positive)
    .option(
      '--resume <file>',
      'keep what was found in this file, and leave out what it holds already; what fails in one world does not end the others',
      fileToWrite,
    )
    .option('--minutes <n>', 'give a world up that has not ended by then', duration)
    .option(
      '--for <minutes>',
      'begin nothing more after so long: a slice of a check that is resumed',
      duration,
    )
    .option('--page <file>', 'write all that is kept as a page of the docs', fileToWrite)
    .option('--max-states <n>', 'states to search at most', positive, DEFAULT_EFFORT.maxStates)
    .option('--walks <n>', 'random walks through each wide world', positive, DEFAULT_EFFORT.walks)
    .option('--seed <n>', 'seed of the first walk', positive, DEFAULT_EFFORT.seed)
    .addHelpText('after', EXIT_CODES)
    .action(async (options: Options) => {
      if (options.list) return list(options.json === true);
      const { deep = false, json = false } = options;
      if (options.mutants) {
        process.exitCode = await runMutants(json);
        return;
      }
      process.exitCode = await runCheck({ ...DEFAULT_EFFORT, ...options, deep, json });
    });
}
