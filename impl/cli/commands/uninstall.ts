/** `kubedirect uninstall`: release, wait, remove everything. */
import type { Command } from 'commander';
import { uninstall } from '../../deploy/uninstall.ts';
import { type ClusterFlags, clientOf, onProgress, say, withClusterOptions } from '../clusterOptions.ts';

const DETAILS = `
Hands the managed Pods to the stock controllers as \`release\` does, then removes what \`install\` applied. Refuses while a stage still
renews its Lease: without the owner switch it would fight with the stock controllers. Labels on your templates stay.
Two policies stay with their bindings, kubedirect-keeper and kubedirect-lease-keeper, which match nothing: an API server that has once
lost its last policy with a ConfigMap (or a Lease) as parameter serves such policies stale parameters until it restarts. --purge removes
them too.`;

interface Flags extends ClusterFlags {
  readonly purge?: boolean;
}

/** Adds the command. @internal */
export function register(program: Command): void {
  const command = program
    .command('uninstall')
    .description('release all managed Pods, then remove everything that `install` applied')
    .option('--purge', 'remove the keepers too; restart the API servers before you install again');
  withClusterOptions(command, 120).addHelpText('after', DETAILS).action(run);
}

async function run(flags: Flags): Promise<void> {
  const client = await clientOf(flags);
  try {
    const timeoutMs = flags.timeout * 1000;
    const done = await uninstall({
      client,
      namespace: flags.namespace,
      timeoutMs,
      onProgress,
      purge: flags.purge ?? false,
    });
    say(flags, `uninstalled from ${flags.namespace}: ${done.removed} objects removed`, done);
  } finally {
    await client.close();
  }
}
