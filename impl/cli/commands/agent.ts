/** `kubedirect agent`: the Kubelet stage of one or more Nodes in this process. */
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { nodeList } from '../arguments.ts';
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
  readonly runtime: 'publish' | 'simulated';
  readonly startMs: number;
  readonly journals: string;
}

/** Adds the command. */
export function register(program: Command): void {
  withCommonOptions(
    program
      .command('agent')
      .description('Run the Kubelet stage of one or more Nodes in this process')
      .requiredOption('--nodes <list>', 'names of the Nodes', nodeList)
      .option('--runtime <name>', 'publish (the node runs the Pods) or simulated', runtimeName, 'publish')
      .option('--start-ms <ms>', 'simulated: how long a start takes', milliseconds, 0)
      .option('--journals <folder>', 'where the journals are kept', path.join('.kubedirect', 'journals')),
  ).action(({ nodes, runtime, startMs, journals, ...flags }: RunFlags & AgentFlags) =>
    untilSignalled(flags, { stages: [], nodes, runtime, startMs, journals }),
  );
}
