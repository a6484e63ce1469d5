/** `kubedirect chaos`: the fault plans of the simulator on real processes and a real control plane; traces judged by TLC. */
import path from 'node:path';
import type { Command } from 'commander';
import { drawChaos } from '../../chaos/plan.ts';
import { type ChaosOutcome, runChaos } from '../../chaos/run.ts';
import { embeddedCluster, type NodeKinds, realCluster } from '../../demo/cluster.ts';
import { readReplay } from '../../simulator/replayFile.ts';
import { resolveToolchain } from '../../tlc/resolve.ts';
import { readTraceFiles } from '../../trace/read.ts';
import { validateTraces } from '../../validate/validate.ts';
import { integer } from '../arguments.ts';

interface Options {
  readonly seed: number;
  readonly runs: number;
  readonly pods: number;
  readonly seconds: number;
  readonly embedded?: boolean;
  readonly hollow: number;
  readonly real?: boolean;
  readonly validate: boolean;
  readonly replay?: string;
  readonly out: string;
  readonly json?: boolean;
}

const EXIT = { held: 0, broken: 12, rejected: 1 } as const;

function plansOf({ seed, runs, pods, seconds, replay }: Options) {
  if (replay !== undefined) return [readReplay(replay).plan];
  const envelope = { nodes: NODES, pods, milliseconds: seconds * 1000 };
  return Array.from({ length: runs }, (_, i) => drawChaos(seed + i, envelope));
}

const NODES = 5;

function kindsOf({ hollow, real }: Options): NodeKinds {
  const reals = real === true ? 1 : 0;
  return { kwok: NODES - hollow - reals, hollow, real: reals };
}

/** Traces of all runs, in one run of TLC. */
async function rejectedOf(outcomes: readonly ChaosOutcome[], say: (line: string) => void): Promise<number> {
  const toolchain = await resolveToolchain({ onProgress: say });
  const traces = outcomes.map(({ traces: name }) => ({ name, files: readTraceFiles(name) }));
  const judgements = await validateTraces(toolchain, traces);
  for (const { name, faults, lines } of judgements) {
    say(`${name}: ${lines} lines ${faults.length === 0 ? 'accepted' : 'REJECTED'}`);
    for (const { place, by, why } of faults.slice(0, 5))
      say(`  ${place.file}:${place.number}: ${by}: ${why}`);
  }
  return judgements.filter(({ faults }) => faults.length > 0).length;
}

function sayOutcome({ seed, faults, skipped, acts, pods, convergedMs, broken }: ChaosOutcome): string {
  const kinds = Object.entries(faults).map(([kind, count]) => `${count} ${kind}`);
  const end = convergedMs === null ? 'never as asked' : `as asked after ${(convergedMs / 1000).toFixed(1)} s`;
  const text = `seed ${seed}: ${acts} acts, ${pods} Pods, faults: ${kinds.join(', ') || 'none'}; ${skipped} left out; ${end}`;
  return [text, ...broken.map((each) => `  BROKEN ${each}`)].join('\n');
}

async function chaos(options: Options): Promise<void> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  // What runs is ended as this process exits.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const cluster =
    options.embedded === true ? await embeddedCluster(say) : await realCluster(say, kindsOf(options));
  const outcomes: ChaosOutcome[] = [];
  try {
    for (const plan of plansOf(options)) {
      say(`seed ${plan.seed}`);
      const folder = path.join(options.out, `seed-${plan.seed}-${Date.now()}`);
      const outcome = await runChaos({ cluster, plan, folder, onProgress: say });
      outcomes.push(outcome);
      process.stdout.write(`${options.json === true ? JSON.stringify(outcome) : sayOutcome(outcome)}\n`);
      if (outcome.broken.length > 0) say(`see it in a browser: npm run kubedirect -- view ${folder}`);
    }
  } finally {
    await cluster.stop();
  }
  const rejected = options.validate ? await rejectedOf(outcomes, say) : 0;
  const isBroken = outcomes.some(({ broken }) => broken.length > 0);
  process.exitCode = isBroken ? EXIT.broken : rejected > 0 ? EXIT.rejected : EXIT.held;
}

const HELP = `
Faults: kill -9 of any stage, of a kubelet and (--real) of a container, SIGSTOP, a second leader, journals lost, links cut, half-open or refused, nodes cut off, an API
Server that is away, slow, late, loses replies, answers 409, 429 or 500, watches that end with 410, a full disk for journals.

Exit codes: 0 everything held and every trace was accepted, 1 a trace was rejected, 2 usage, 12 a property broke, 130 interrupted.`;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('chaos')
    .description('run fault plans on real processes and the real control plane, and judge what was seen')
    .option('--seed <n>', 'the first seed', integer(1, 2 ** 32 - 1), 1)
    .option('--runs <n>', 'seeds to run', integer(1, 10_000), 1)
    .option('--pods <n>', 'Pods asked for at most', integer(1, 1000), 20)
    .option('--seconds <n>', 'how long faults happen', integer(1, 3600), 20)
    .option('--embedded', 'on the embedded API Server')
    .option('--hollow <n>', "so many of the five nodes are hollow: the real kubelet's code", integer(0, 4), 2)
    .option('--real', 'one is a real node: the stock kubelet with containerd')
    .option('--no-validate', 'do not have TLC judge the traces')
    .option('--replay <file>', 'run the plan of a replay file')
    .option('--out <folder>', 'logs, journals and traces of each run', path.join('.kubedirect', 'chaos'))
    .option('--json', 'one JSON object a run')
    .addHelpText('after', HELP)
    .action(chaos);
}
