/** `kubedirect validate`: traces of the simulator or of the running controller, judged by the machines and, in TLC, by the spec. */
import fs from 'node:fs';
import type { Command } from 'commander';
import { resolveToolchain } from '../../tlc/resolve.ts';
import { readTraceFiles } from '../../trace/read.ts';
import type { Fault } from '../../validate/lives.ts';
import { type Judgement, MAX_LINES, validateTraces } from '../../validate/validate.ts';
import { integer } from '../arguments.ts';

interface Options {
  readonly heap?: string;
  readonly maxLines: number;
  readonly keep?: string;
  readonly json?: boolean;
}

const EXIT = { accepted: 0, rejected: 1 } as const;

const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`;
const FAULTS = 20;

function sayFault({ place, by, why }: Fault): string {
  const { stage, incarnation, step, event } = place.line;
  return `  ${place.file}:${place.number}: ${stage} ${incarnation}, step ${step} (${event.type}): ${by}: ${why}`;
}

function say(judgement: Judgement): string {
  const { name, lines, lives, notes, unfinished, shares, unseen, halfWires, faults } = judgement;
  const aside = [
    ...(notes > 0 ? [`${notes} notes of the simulator are no steps`] : []),
    ...(unfinished > 0 ? [`${unfinished} lines that a kill left unfinished had no effect`] : []),
    ...(halfWires > 0 ? [`${halfWires} connections were not judged: the log of one end is not here`] : []),
  ];
  const left = Object.entries(unseen).sort(([, a], [, b]) => b - a);
  return [
    `${name}: ${faults.length === 0 ? 'ACCEPTED' : 'REJECTED'}; ${lines} lines of ${lives} lives`,
    ...faults.slice(0, FAULTS).map(sayFault),
    ...(faults.length > FAULTS ? [`  and ${faults.length - FAULTS} more`] : []),
    ...shares.map(
      ({ judge, lines: seen }) =>
        `  judged by ${judge.padEnd(16)} ${String(seen).padStart(7)}  ${percent(seen, lines)}`,
    ),
    ...(left.length > 0
      ? [`  seen by no TLA+ module yet: ${left.map(([event, count]) => `${count} ${event}`).join(', ')}`]
      : []),
    ...aside.map((text) => `  ${text}`),
  ].join('\n');
}

async function validate(names: readonly string[], options: Options): Promise<void> {
  const { heap, keep, maxLines } = options;
  const traces = names.map((name) => ({ name, files: readTraceFiles(name) }));
  const toolchain = await resolveToolchain({ onProgress: (line) => process.stderr.write(`${line}\n`) });
  if (keep !== undefined) fs.mkdirSync(keep, { recursive: true });
  const judgements = await validateTraces(toolchain, traces, {
    maxLines,
    ...(heap !== undefined && { heap }),
    ...(keep !== undefined && { keep }),
  });
  const text =
    options.json === true
      ? judgements.map((judgement) => JSON.stringify(judgement)).join('\n')
      : judgements.map(say).join('\n');
  process.stdout.write(`${text}\n`);
  const isAccepted = judgements.every(({ faults }) => faults.length === 0);
  for (const { name, faults } of judgements)
    if (faults.length > 0) process.stderr.write(`see it in a browser: npm run kubedirect -- view ${name}\n`);
  process.exitCode = isAccepted ? EXIT.accepted : EXIT.rejected;
}

const HELP = `
A trace is a folder of .ndjson files (what run, agent and demo --keep record), or one file (fuzz --trace).
All traces are judged in one run of TLC.

Exit codes:
    0  all accepted                                    1  one rejected: each fault with file, line and why
    2  usage; or TRACE_INVALID, TRACE_VERSION, TRACE_TOO_LARGE
    3  no Java, no TLC, or a corrupt download          4  a mistake in the TLA+ spec
    5  TLC ran out of memory: give it more with --heap, or fewer traces`;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('validate')
    .description('judge recorded traces: by the machines that wrote them, and by TLC against the TLA+ spec')
    .argument('<trace...>', 'folders or files')
    .option('--max-lines <n>', 'refuse more lines than that', integer(1, 1e8), MAX_LINES)
    .option('--heap <size>', 'largest heap of TLC: 512m, 4g')
    .option('--keep <folder>', 'keep the module that TLC judged there')
    .option('--json', 'one JSON object a trace')
    .addHelpText('after', HELP)
    .action(validate);
}
