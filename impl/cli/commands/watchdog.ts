/** `kubedirect watchdog`: fails open when the stages are gone. */
import { type Command, InvalidArgumentError } from 'commander';
import { pino } from 'pino';
import { createKubernetesClient } from '../../controller/kubernetes/client.ts';
import { ownerGauge } from '../../controller/metrics.ts';
import { type Watch, watchdog } from '../../deploy/watchdog.ts';
import { type ConnectionFlags, connectionOf, withConnection } from '../clusterOptions.ts';
import { serveHelperStatus } from '../helperStatus.ts';
import { level, whereToListen } from '../stages.ts';

const DETAILS = `
Run it apart from the stages, on another machine if there is one; the packages bring it with an account that may read the Leases, write the
owner switch and touch ReplicaSets. A stage is gone while nobody holds its Lease or its renewals stand still, by the watchdog's own clock; while the API Server can not be
asked, nobody counts as gone. It never takes the Pods back: kubedirect release --take-back does. What it does is logged, a line of JSON each.`;

interface Flags extends ConnectionFlags {
  readonly after: number;
  readonly interval: number;
  readonly status?: string;
  readonly logLevel: string;
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
    .option('--interval <seconds>', 'between two looks', seconds, 5)
    .option('--status <host:port>', 'serve /healthz, /readyz and /metrics there', whereToListen)
    .option('--log-level <level>', 'fatal, error, warn, info, debug', level, 'info');
  withConnection(command).addHelpText('after', DETAILS).action(run);
}

async function run(flags: Flags): Promise<void> {
  const logger = pino({ level: flags.logLevel }, pino.destination({ dest: 2, sync: true }));
  const client = createKubernetesClient(connectionOf(flags));
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  let seen: Watch | null = null;
  const status = await serveHelperStatus(flags.status, 'watchdog', () =>
    seen === null ? ['an answer of the API Server: no stage counts as gone meanwhile'] : [],
  );
  await watchdog({
    ...{ client, namespace: flags.namespace, signal: ending.signal },
    ...{ afterMs: flags.after * 1000, intervalMs: flags.interval * 1000 },
    onLook: (look) => {
      seen = look;
      ownerGauge.reset();
      if (look === null || look.owner === null) return;
      for (const owner of ['direct', 'stock'] as const)
        ownerGauge.set({ owner }, look.owner === owner ? 1 : 0);
    },
    log: (text, fields) => logger.info(fields, text),
  });
  await status?.close();
  await client.close();
}
