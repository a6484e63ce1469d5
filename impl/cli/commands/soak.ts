/** `kubedirect soak`: churn for a while, and whether anything grows. */
import path from 'node:path';
import type { Command } from 'commander';
import { type Soaked, soak } from '../../soak/run.ts';
import { table } from '../../table.ts';
import { folderToWrite, integer } from '../arguments.ts';

interface Options {
  readonly minutes: number;
  readonly nodes: number;
  readonly out: string;
  readonly json?: boolean;
}

const EXIT = { flat: 0, broken: 12 } as const;

function render({ cycles, seconds, courses, broken }: Soaked): string {
  const rows = courses.map(({ name, first, last, most, grows }) => [
    name,
    ...[first, last, most].map((value) => value.toFixed(name.endsWith(' MB') ? 1 : 0)),
    grows ? 'GROWS' : 'flat',
  ]);
  return [
    `${cycles} cycles in ${seconds} s`,
    ...(rows.length === 0
      ? ['too few looks to compare']
      : [table([['figure, at rest', 'first third', 'last third', 'most', ''], ...rows])]),
    ...broken.map((each) => `BROKEN ${each}`),
  ].join('\n');
}

async function run({ minutes, nodes, out, json }: Options): Promise<void> {
  // What runs is ended as this process exits.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const folder = path.join(out, String(Date.now()));
  const onProgress = (line: string) => process.stderr.write(`${line}\n`);
  const soaked = await soak({ minutes, nodes, folder, onProgress });
  process.stdout.write(`${json === true ? JSON.stringify(soaked) : render(soaked)}\n`);
  process.exitCode = soaked.broken.length === 0 ? EXIT.flat : EXIT.broken;
}

const HELP = `
On a real control plane: two processes of each stage above the tail, mutual TLS, one agent of all nodes. Each cycle scales three Deployments (the direct API by way of
either process, kubectl's way, a rollout), makes one and deletes it, deletes Pods, and one of: a leader sleeps past its Lease, a Lease is emptied, certificates are
rotated (the authority too). Then all is as before, and what every process and the API Server hold is compared from cycle to cycle.

Exit codes: 0 nothing grows, 2 usage, 12 something grows, or never came to rest, 130 interrupted.`;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('soak')
    .description(
      'churn for a while on the real control plane, and tell whether memory, Pods, watches or sockets grow',
    )
    .option('--minutes <n>', 'how long', integer(1, 10_080), 30)
    .option('--nodes <n>', 'kwok nodes', integer(1, 500), 10)
    .option(
      '--out <folder>',
      'logs, and every look as a line of samples.ndjson',
      folderToWrite,
      path.join('.kubedirect', 'soak'),
    )
    .option('--json', 'one JSON object')
    .addHelpText('after', HELP)
    .action(run);
}
