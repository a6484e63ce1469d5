/** `kubedirect trace`: the last steps of running stages, as a trace. */
import { type Command, Option } from 'commander';
import { recentOf, writeSteps } from '../../trace/export.ts';
import { folderToWrite } from '../arguments.ts';
import { say } from '../clusterOptions.ts';
import { addresses } from '../stages.ts';

interface Flags {
  readonly status: readonly string[];
  readonly token?: string;
  readonly out: string;
  readonly json?: boolean;
}

const DETAILS = `
Each process keeps its last 20,000 steps in memory (fewer where they speak of many Pods), and nothing on disk unless run with --traces. --status names what they serve with their own --status (or what kubectl
port-forward gives for it). In a cluster they ask for the token of somebody who may list Pods: --token "$(kubectl create token SERVICEACCOUNT)", or $KUBEDIRECT_TOKEN.
Look at it with: kubedirect view FOLDER`;

/** Adds the command. @internal */
export function register(program: Command): void {
  program
    .command('trace')
    .description('write the last steps of running stages into a folder, as a trace')
    .requiredOption('--status <host:port,…>', 'the processes to ask', addresses)
    .addOption(new Option('--token <token>', 'shown to the stages').env('KUBEDIRECT_TOKEN'))
    .option('--out <folder>', 'where it is written', folderToWrite, 'trace')
    .option('--json', 'print one JSON object instead of text')
    .addHelpText('after', DETAILS)
    .action(run);
}

async function run({ status, token, out, json }: Flags): Promise<void> {
  const steps = (await Promise.all(status.map((one) => recentOf(one, token)))).flat();
  const files = writeSteps(out, steps);
  const lines = files.map(
    ({ file, steps: count, isWhole }) =>
      `${file}: ${count} steps${isWhole ? '' : ', not from the beginning of a life'}`,
  );
  say({ json: json === true }, lines.length === 0 ? 'No stage has taken a step.' : lines.join('\n'), {
    files,
  });
}
