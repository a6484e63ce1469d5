/** `kubedirect agent`: the Kubelet stage of one or more Nodes in this process. */
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type RunFlags, untilSignalled, withCommonOptions } from '../stages.ts';

function nodeList(text: string): string[] {
  const names = text.split(',').filter((name) => name !== '');
  if (names.length === 0 || names.some((name) => !/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)))
    throw new InvalidArgumentError(
      `FLAG_INVALID: expected a comma-separated list of Node names, got ${JSON.stringify(text)}.`,
    );
  return names;
}

function runtimeName(text: string): 'publish' | 'simulated' {
  if (text !== 'publish' && text !== 'simulated')
    throw new InvalidArgumentError(
      `FLAG_INVALID: expected publish or simulated, got ${JSON.stringify(text)}.`,
    );
  return text;
}

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
