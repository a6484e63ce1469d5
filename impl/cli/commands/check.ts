/** `kubedirect check`: the machines in bounded worlds, every interleaving; counterexamples as tables and traces. */
import fs from 'node:fs';
import type { Command } from 'commander';
import { KubedirectError } from '../../../spec/errors.ts';
import { MUTANTS } from '../../../spec/mutants.ts';
import { WORLDS, type WorldDescription } from '../../../spec/worlds/index.ts';
import { checkWorld, DEFAULT_EFFORT, isLiveness, type Report } from '../../explorer/check.ts';
import { settingOf } from '../../explorer/stages.ts';
import { tableOf, traceOf } from '../../explorer/trace.ts';
import type { Setting } from '../../explorer/world.ts';

const EXIT = { held: 0, unseen: 1, invariant: 12, liveness: 13 } as const;

interface Options {
  readonly world?: readonly string[];
  readonly deep?: boolean;
  readonly list?: boolean;
  readonly mutant?: string;
  readonly json?: boolean;
  readonly trace?: string;
  readonly maxStates: number;
  readonly walks: number;
  readonly seed: number;
}

function chosen(names: readonly string[] | undefined, deep: boolean): readonly WorldDescription[] {
  if (names === undefined) return WORLDS.filter((world) => deep || !world.deep);
  return names.map((name) => {
    const world = WORLDS.find((one) => one.name === name);
    if (world === undefined)
      throw new KubedirectError(
        'FLAG_INVALID',
        `no world is named "${name}"; there are: ${WORLDS.map((one) => one.name).join(', ')}`,
      );
    return world;
  });
}

function mutantsOf(name: string | undefined): ReadonlySet<string> {
  if (name === undefined) return new Set();
  const environment = ['environment/reuse-incarnation', 'environment/no-precondition'];
  const names = [...MUTANTS.map((one) => one.name), ...environment];
  if (!names.includes(name))
    throw new KubedirectError('FLAG_INVALID', `no mutant is named "${name}"; there are: ${names.join(', ')}`);
  return new Set([name]);
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new KubedirectError('FLAG_INVALID', `expected a whole number above 0, got "${text}"`);
  return value;
}

function summary({
  world,
  how,
  states,
  transitions,
  depth,
  milliseconds,
  complete,
  unseen,
  violation,
}: Report): string {
  const size =
    how === 'searched'
      ? `${states} states, ${transitions} transitions, depth ${depth}`
      : `${states} moves at random`;
  const verdict =
    violation !== null
      ? `${violation.property} BROKEN`
      : !complete
        ? 'held as far as searched'
        : unseen.length > 0
          ? `held, but never seen: ${unseen.join(', ')}`
          : 'held';
  return `${world.padEnd(24)} ${size.padEnd(48)} ${(milliseconds / 1000).toFixed(1).padStart(6)} s  ${verdict}`;
}

function show(setting: Setting, { violation }: Report): string {
  if (violation === null) return '';
  const lines = [`  ${violation.property}: ${violation.text}`, ''];
  for (const { step, what, changed } of tableOf(setting, violation.moves)) {
    lines.push(`  ${String(step).padStart(3)}  ${what}`);
    for (const line of changed) lines.push(`         ${line}`);
  }
  return `${lines.join('\n')}\n`;
}

function list(json: boolean): void {
  const rows = WORLDS.map(({ name, title, walkOnly, deep, states }) => ({
    name,
    title,
    how: walkOnly ? 'walked' : deep ? 'deep' : 'searched',
    states,
  }));
  if (json) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else
    for (const { name, how, title } of rows)
      process.stdout.write(`${name.padEnd(24)} ${how.padEnd(9)} ${title}\n`);
}

function run(options: Options): number {
  const mutants = mutantsOf(options.mutant);
  const effort = {
    ...DEFAULT_EFFORT,
    maxStates: options.maxStates,
    walks: options.walks,
    seed: options.seed,
  };
  let code: number = EXIT.held;
  for (const world of chosen(options.world, options.deep === true)) {
    const setting = settingOf(world, mutants);
    const report = checkWorld(setting, effort);
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else process.stdout.write(`${summary(report)}\n${show(setting, report)}`);
    if (report.violation === null) {
      if (report.unseen.length > 0 && code === EXIT.held && mutants.size === 0) code = EXIT.unseen;
      continue;
    }
    if (options.trace !== undefined)
      fs.writeFileSync(
        options.trace,
        `${traceOf(setting, report.violation.moves)
          .map((line) => JSON.stringify(line))
          .join('\n')}\n`,
      );
    return isLiveness(report.violation.property) ? EXIT.liveness : EXIT.invariant;
  }
  return code;
}

/** Adds the command. Exit codes: 0 held, 12 an invariant broke, 13 liveness, 1 a witness was never seen, 2 usage. */
export function register(program: Command): void {
  program
    .command('check')
    .description('explore bounded worlds of the stages exhaustively (or at random, where they are wide)')
    .option('--world <name...>', 'worlds to check; all, if absent')
    .option('--deep', 'also those that take minutes')
    .option('--list', 'list the worlds')
    .option('--mutant <name>', 'switch off one rule of the protocol: the check must then fail')
    .option('--json', 'one JSON object a world')
    .option('--trace <file>', 'write the counterexample as NDJSON step lines')
    .option('--max-states <n>', 'states to search at most', positive, DEFAULT_EFFORT.maxStates)
    .option('--walks <n>', 'random walks through each wide world', positive, DEFAULT_EFFORT.walks)
    .option('--seed <n>', 'seed of the first walk', positive, DEFAULT_EFFORT.seed)
    .action((options: Options) => {
      if (options.list) list(options.json === true);
      else process.exitCode = run(options);
    });
}
