/** `kubedirect replay`: the run of a replay file, line by line, each with what led to it, forwards or backwards. */
import type { Command } from 'commander';
import { KubedirectError } from '../../../spec/errors.ts';
import { readReplay } from '../../simulator/replayFile.ts';
import { chainTo, type Entry, recordPlan, textOfEntry } from '../../simulator/steps.ts';
import { integer } from '../arguments.ts';
import { FUZZ_EXIT } from '../exit.ts';
import { scriptOf } from '../fuzz/script.ts';

interface Options {
  readonly all?: boolean;
  readonly back?: boolean;
  readonly line?: number;
}

function chosen(entries: readonly Entry[], { all = false, back = false, line }: Options): readonly Entry[] {
  if (line !== undefined && line > entries.length)
    throw new KubedirectError('FLAG_INVALID', `the run has ${entries.length} lines, got ${line}`);
  const some = all ? entries.slice(0, line) : chainTo(entries, line ?? entries.length);
  return back ? some.toReversed() : some;
}

/** What is printed, and how the run ended. */
export function replayOf(file: string, options: Options): { readonly text: string; readonly code: number } {
  const { plan, property, commit } = readReplay(file);
  const { entries, outcome } = recordPlan(plan);
  const { finding } = outcome;
  const lines = [
    `${property} broke at commit ${commit}${plan.mutants.length === 0 ? '' : `, without the rules ${plan.mutants.join(', ')}`}:`,
    ...scriptOf(plan),
    `what led to line ${options.line ?? entries.length} of ${entries.length}${options.back === true ? ', backwards' : ''}:`,
    ...chosen(entries, options).map(textOfEntry),
    finding === null ? 'all held' : `${finding.property} BROKEN: ${finding.text}`,
  ];
  return { text: `${lines.join('\n')}\n`, code: finding === null ? FUZZ_EXIT.held : FUZZ_EXIT[finding.kind] };
}

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('replay')
    .description(
      'run a replay file of fuzz, and print what led to its end, line by line, each with its cause',
    )
    .argument('<file>', 'a replay file (fuzz --out)')
    .option('--all', 'every line of the run, not only those that led to the end')
    .option('--back', 'backwards: the last line first')
    .option('--line <n>', 'up to this line instead of the last one', integer(1, 1e9))
    .action((file: string, options: Options) => {
      const { text, code } = replayOf(file, options);
      process.stdout.write(text);
      process.stderr.write(`see it in a browser: npm run kubedirect -- view ${file}\n`);
      process.exitCode = code;
    });
}
