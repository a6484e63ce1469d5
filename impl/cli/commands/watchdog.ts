/** `kubedirect watchdog`: fails open when the stages are gone. */
import { type Command, InvalidArgumentError } from 'commander';
import { pino } from 'pino';
import { createKubernetesClient } from '../../controller/kubernetes/client.ts';
import { watchdog } from '../../deploy/watchdog.ts';
import { type ClusterFlags, connectionOf, withClusterOptions } from '../clusterOptions.ts';

const DETAILS = `
Run it apart from the stages, on another machine if there is one, with an account that may read the Leases, write the owner switch and touch
ReplicaSets. A stage is gone while nobody holds its Lease or its renewals stand still, by the watchdog's own clock; while the API Server can not be
asked, nobody counts as gone. It never takes the Pods back: kubedirect release --take-back does.`;

interface Flags extends ClusterFlags {
  readonly after: number;
  readonly interval: number;
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 1 && value <= 86_400) return value;
  throw new InvalidArgumentError(
    `FLAG_INVALID: expected seconds from 1 to 86400, got ${JSON.stringify(text)}.`,
  );
}

/** Adds the command. @internal */
export function register(program: Command): void {
  const command = program
    .command('watchdog')
    .description('hand the managed Pods to the stock controllers when the stages have been gone for a time')
    .option('--after <seconds>', 'gone for so long', seconds, 60)
    .option('--interval <seconds>', 'between two looks', seconds, 5);
  withClusterOptions(command, 120).addHelpText('after', DETAILS).action(run);
}

async function run(flags: Flags): Promise<void> {
  const logger = pino({}, pino.destination({ dest: 2, sync: true }));
  const client = createKubernetesClient(connectionOf(flags));
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  await watchdog({
    ...{ client, namespace: flags.namespace, signal: ending.signal },
    ...{ afterMs: flags.after * 1000, intervalMs: flags.interval * 1000 },
    log: (text, fields) => logger.info(fields, text),
  });
  await client.close();
}
