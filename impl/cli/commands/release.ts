/** `kubedirect release`: the emergency exit, and the way back. */
import type { Command } from 'commander';
import { release, takeBack } from '../../deploy/release.ts';
import { type ClusterFlags, clientOf, onProgress, say, withClusterOptions } from '../clusterOptions.ts';

interface Flags extends ClusterFlags {
  readonly takeBack?: boolean;
}

const DETAILS = `
Without --take-back: the Deployment stage writes its wants back (1 s at most), the owner switch goes to stock, and the managed
ReplicaSets are touched until their Pods match. No Pod is restarted. May be run at any time, and again.
With --take-back: waits until the ReplicaSet stage and every agent whose node is not cancelled have acknowledged stock, then sets the
switch to direct.`;

/** Adds the command. @internal */
export function register(program: Command): void {
  const command = program
    .command('release')
    .description('hand the managed Pods to the stock controllers, or take them back')
    .option('--take-back', 'take the managed Pods back from the stock controllers');
  withClusterOptions(command, 120).addHelpText('after', DETAILS).action(run);
}

async function run(flags: Flags): Promise<void> {
  const client = await clientOf(flags);
  const options = { client, namespace: flags.namespace, timeoutMs: flags.timeout * 1000, onProgress };
  try {
    if (flags.takeBack === true) {
      const now = await takeBack(options);
      say(flags, `taken back: managed Pods are owned by ${now.owner}`, now);
      return;
    }
    const done = await release(options);
    const { replicaSets, settledMs } = done;
    say(flags, `released: ${replicaSets} managed ReplicaSets match, after ${Math.round(settledMs)} ms`, done);
  } finally {
    await client.close();
  }
}
