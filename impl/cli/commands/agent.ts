/** `kubedirect agent`: the Kubelet stage of one or more Nodes in this process. */
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { RuntimeName } from '../../controller/process/process.ts';
import { nodeList } from '../arguments.ts';
import { type CriFlags, checkCri, openCri, withCriOptions } from '../cri.ts';
import { type RunFlags, runtimeName, untilSignalled, withCommonOptions } from '../stages.ts';

function milliseconds(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError(
      `FLAG_INVALID: expected whole milliseconds from 0, got ${JSON.stringify(text)}.`,
    );
  return value;
}

interface AgentFlags {
  readonly nodes: string[];
  readonly runtime: RuntimeName;
  readonly startMs: number;
  readonly journals: string;
}

/** Adds the command. */
export function register(program: Command): void {
  const command = withCommonOptions(
    program
      .command('agent')
      .description('Run the Kubelet stage of one or more Nodes in this process')
      .requiredOption('--nodes <list>', 'names of the Nodes', nodeList)
      .option(
        '--runtime <name>',
        'publish (the node runs the Pods), simulated, or cri',
        runtimeName,
        'publish',
      )
      .option('--start-ms <ms>', 'simulated: how long a start takes', milliseconds, 0)
      .option('--journals <folder>', 'where the journals are kept', path.join('.kubedirect', 'journals')),
  );
  withCriOptions(command).action(
    async ({ nodes, runtime, startMs, journals, ...flags }: RunFlags & AgentFlags & CriFlags) => {
      checkCri(runtime, nodes, flags);
      await untilSignalled(flags, {
        ...{ stages: [], nodes, runtime, startMs, journals },
        ...(runtime === 'cri' && { openRuntime: (...where) => openCri(flags, ...where) }),
      });
    },
  );
}
