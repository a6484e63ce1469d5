/** `kubedirect signer`: issues the certificates of the links inside the cluster. */
import type { Command } from 'commander';
import { pino } from 'pino';
import { createKubernetesClient } from '../../controller/kubernetes/client.ts';
import { sign } from '../../deploy/signer/signer.ts';
import { type ConnectionFlags, connectionOf, withConnection } from '../clusterOptions.ts';
import { serveHelperStatus } from '../helperStatus.ts';
import { level, whereToListen } from '../stages.ts';

const DETAILS = `
Answers the CertificateSigningRequests of signer kubedirect.dev/links: who made the request, as the API Server wrote it there, is who is certified; an agent by the Node of its
Pod. The authorities' keys are in the Secret kubedirect-links-ca of the namespace, whom to trust in the ConfigMap of that name. An authority lasts 90 days and is followed
by the next, a leaf 24 hours. run and agent take them by --issued-certificates. Several may run.`;

interface Flags extends ConnectionFlags {
  readonly status?: string;
  readonly logLevel: string;
}

async function run(flags: Flags): Promise<void> {
  const logger = pino({ level: flags.logLevel }, pino.destination({ dest: 2, sync: true }));
  const client = createKubernetesClient(connectionOf(flags));
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  let isReady = false;
  const status = await serveHelperStatus(flags.status, 'signer', () =>
    isReady ? [] : ['the authorities of the links, which could not be read or written'],
  );
  await sign({
    ...{ client, namespace: flags.namespace, signal: ending.signal },
    onReady: (now) => {
      isReady = now;
    },
    log: (text, fields) => logger.info(fields, text),
  });
  await status?.close();
  await client.close();
}

/** Adds the command. @internal */
export function register(program: Command): void {
  const command = program
    .command('signer')
    .description(
      'issue the certificates of the links inside the cluster, to stages and agents, by their accounts',
    )
    .option('--status <host:port>', 'serve /healthz, /readyz and /metrics there', whereToListen)
    .option('--log-level <level>', 'fatal, error, warn, info, debug', level, 'info');
  withConnection(command).addHelpText('after', DETAILS).action(run);
}
