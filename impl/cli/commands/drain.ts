/** `kubedirect drain`: takes the managed Pods off a Node. */
import type { Command } from 'commander';
import { drain } from '../../deploy/drain.ts';
import { type ClusterFlags, clientOf, onProgress, say, withClusterOptions } from '../clusterOptions.ts';

const DETAILS = `
Cordons the Node and evicts its managed Pods, heeding PodDisruptionBudgets; each is replaced on another Node. Others than managed Pods stay: kubectl drain takes them
too, and does as well for managed ones. Afterwards: kubectl uncordon.`;

/** Adds the command. @internal */
export function register(program: Command): void {
  const command = program
    .command('drain <node>')
    .description('take the managed Pods off a Node, heeding PodDisruptionBudgets');
  withClusterOptions(command, 300).addHelpText('after', DETAILS).action(run);
}

async function run(node: string, flags: ClusterFlags): Promise<void> {
  const client = await clientOf(flags);
  try {
    const done = await drain({ client, node, timeoutMs: flags.timeout * 1000, onProgress });
    say(flags, `${node}: cordoned, ${done.evicted} managed Pods evicted in ${done.milliseconds} ms`, done);
  } finally {
    await client.close();
  }
}
