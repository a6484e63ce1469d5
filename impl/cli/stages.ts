/** What `kubedirect run` and `kubedirect agent` share: stages in this process, until a signal. */
import os from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { pino } from 'pino';
import { KubedirectError } from '../../spec/errors.ts';
import { FIRST_SCHEMA, SCHEMA } from '../../spec/wire/codec.ts';
import { createKubernetesClient } from '../controller/kubernetes/client.ts';
import type { LeaseTimes } from '../controller/lease.ts';
import { WatchedCertificates } from '../controller/links/certificateFolder.ts';
import { IssuedCertificates } from '../controller/links/issuedCertificates.ts';
import { SYSTEM_NAMESPACE } from '../controller/names.ts';
import { type ProcessOptions, startProcess } from '../controller/process/process.ts';
import { serveHelperStatus } from './helperStatus.ts';

/** Exit codes of `run` and `agent`. */
export const RUN_EXIT = { stopped: 0, usage: 2, stageOver: 20, superseded: 21 } as const;

/** Flags of both commands. */
export interface RunFlags {
  readonly kubeconfig?: string;
  readonly namespace?: string;
  readonly watchNamespace?: string;
  readonly host?: string;
  readonly traces?: string;
  readonly holder?: string;
  readonly lease?: Required<LeaseTimes>;
  readonly certificates?: string;
  /** Or the signer in the cluster issues them. */
  readonly issuedCertificates?: boolean;
  readonly status?: string;
  /** Whether scale-outs are played to the machines first. */
  readonly rehearsal: boolean;
  /** Schema that the links speak. */
  readonly wireSchema: number;
  /** Collector of spans. */
  readonly otlp?: string;
  readonly logLevel: string;
}

type TlsOf = NonNullable<ProcessOptions['tls']>;
type Log = (text: string, fields: Readonly<Record<string, unknown>>) => void;

/** What each peer of this process authenticates by on its links; undefined: plain text. */
async function tlsOf(
  { certificates, issuedCertificates, kubeconfig, namespace = SYSTEM_NAMESPACE }: RunFlags,
  peers: readonly string[],
  signal: AbortSignal,
  log: Log,
): Promise<TlsOf | undefined> {
  if (certificates !== undefined && issuedCertificates === true)
    throw new KubedirectError('FLAG_INVALID', 'expected --certificates or --issued-certificates, got both');
  if (certificates !== undefined)
    return (peer) =>
      new WatchedCertificates(certificates, peer, (what, err) =>
        log(`certificates of the links: ${what}`, { stage: peer, ...(err !== undefined && { err }) }),
      );
  if (issuedCertificates !== true) return undefined;
  const client = createKubernetesClient({
    userAgent: 'kubedirect-certificates',
    connections: 2,
    ...(kubeconfig !== undefined && { kubeconfig }),
  });
  signal.addEventListener('abort', () => void client.close(), { once: true });
  const issued = await Promise.all(
    peers.map(async (peer) => {
      const one = await IssuedCertificates.obtain({ client, namespace, signal, log }, peer);
      return [peer, one] as const;
    }),
  );
  const byPeer = new Map(issued);
  return (peer) => byPeer.get(peer) as IssuedCertificates;
}

/** The log of this process. */
export const loggerOf = ({ logLevel }: Pick<RunFlags, 'logLevel'>) =>
  pino({ level: logLevel }, pino.destination({ dest: 2, sync: true }));

/** Runs stages until SIGINT, SIGTERM, the end of who forked it, or the end of one for good; then exits the process. */
export async function untilSignalled(
  flags: RunFlags,
  options: Pick<ProcessOptions, 'stages' | 'nodes' | 'runtime' | 'journals'> & Partial<ProcessOptions>,
) {
  const logger = loggerOf(flags);
  const log: Log = (text, fields) => logger.info(fields, text);
  let exitCode: number = RUN_EXIT.stopped;
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  // Forked by the demo, a bench or chaos: nothing outlives who started it, however that ended.
  if (process.connected) process.once('disconnect', end);
  const over = new AbortController();
  void ended.then(() => over.abort());
  const peers = [...options.stages, ...options.nodes.map((node) => `kubelet/${node}`)];
  // Until there are certificates no stage is there that could say what it waits for.
  const waiting = flags.issuedCertificates
    ? await serveHelperStatus(flags.status, peers.join(', '), () => [
        'a certificate of the links: kubedirect signer has not issued it yet. Does it run? What it says is in its log',
      ])
    : null;
  const tls = await tlsOf(flags, peers, over.signal, log).catch((error: unknown) => {
    if (over.signal.aborted) process.exit(RUN_EXIT.stopped);
    throw error;
  });
  await waiting?.close();
  const running = await startProcess({
    kubeconfig: flags.kubeconfig,
    namespace: flags.namespace,
    watchNamespace: flags.watchNamespace,
    host: flags.host,
    traces: flags.traces,
    holder: flags.holder,
    lease: flags.lease,
    status:
      flags.status === undefined ? undefined : { listen: flags.status, isOpen: isLoopback(flags.status) },
    tls,
    wireSchema: flags.wireSchema,
    otlp: flags.otlp,
    log,
    fatal: (error) => {
      const code = error instanceof KubedirectError ? error.code : 'UNEXPECTED';
      logger.error({ code, err: error }, 'a stage is over');
      exitCode = code === 'AGENT_SUPERSEDED' ? RUN_EXIT.superseded : RUN_EXIT.stageOver;
      end();
    },
    ...options,
  });
  if (running.scaleApi !== null) logger.info({ scaleApi: running.scaleApi }, 'direct scale API');
  if (running.status !== null) logger.info({ status: running.status }, 'status');
  process.send?.({
    scaleApi: running.scaleApi,
    status: running.status,
    stages: running.stages.map(({ self }) => self),
  });
  const rehearsal = new AbortController();
  if (flags.rehearsal)
    // Nothing of it may end a process that leads: it is a play. Its code is loaded once the stages run.
    void import('../rehearsal/rehearsal.ts')
      .then(({ rehearse }) =>
        rehearse({
          runtime: options.runtime === 'publish' ? 'publish' : 'runs',
          traces: flags.traces !== undefined,
          signal: rehearsal.signal,
        }),
      )
      .then(
        (played) => logger[played.finding === null ? 'info' : 'error'](played, 'rehearsed'),
        (err: unknown) => logger.error({ err }, 'the rehearsal failed; the first scale-out will be slower'),
      );
  await ended;
  rehearsal.abort();
  await running.stop();
  process.exit(exitCode);
}

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug'];

/** Reads the level of the log. */
export function level(text: string): string {
  if (LEVELS.includes(text)) return text;
  throw new InvalidArgumentError(
    `FLAG_INVALID: expected one of ${LEVELS.join(', ')}, got ${JSON.stringify(text)}.`,
  );
}

/** Reads the schema of the links. */
function wireSchema(text: string): number {
  const schema = Number(text);
  if (Number.isSafeInteger(schema) && schema >= FIRST_SCHEMA && schema <= SCHEMA) return schema;
  throw new InvalidArgumentError(
    `FLAG_INVALID: expected ${FIRST_SCHEMA} to ${SCHEMA}, got ${JSON.stringify(text)}.`,
  );
}

/** Reads `host:port`, with IPv6 in brackets or not. */
export function hostAndPort(text: string): string {
  const match = /^(.+):(\d{1,5})$/.exec(text);
  if (match !== null && Number(match[2]) <= 65_535) return text;
  throw new InvalidArgumentError(`FLAG_INVALID: expected host:port, got ${JSON.stringify(text)}.`);
}

/** Reads where to listen: `host:port`, or `:port` for every address of this machine, a Pod's loopback (`kubectl port-forward`) among them. */
export const whereToListen = (text: string): string =>
  /^:\d/.test(text) ? hostAndPort(`*${text}`).slice(1) : hostAndPort(text);

const LOOPBACK = /^(127(\.\d+){3}|localhost|\[?::1\]?):\d+$/;

/** Whether only this machine can connect there. */
export const isLoopback = (address: string): boolean => LOOPBACK.test(address);

/** Reads who runs the containers. */
export function runtimeName(text: string): ProcessOptions['runtime'] {
  if (text !== 'publish' && text !== 'simulated' && text !== 'cri')
    throw new InvalidArgumentError(
      `FLAG_INVALID: expected publish, simulated or cri, got ${JSON.stringify(text)}.`,
    );
  return text;
}

/** Reads `duration/deadline/retry`, seconds, each above the next, as client-go asks. */
export function leaseTimes(text: string): Required<LeaseTimes> {
  const [durationSeconds = 0, renewDeadlineSeconds = 0, retrySeconds = 0, ...more] = text
    .split('/')
    .map(Number);
  const isOrdered =
    durationSeconds > renewDeadlineSeconds && renewDeadlineSeconds > retrySeconds && retrySeconds > 0;
  // Whole seconds: the Lease's own field knows no others.
  if (isOrdered && more.length === 0 && Number.isSafeInteger(durationSeconds))
    return { durationSeconds, renewDeadlineSeconds, retrySeconds };
  throw new InvalidArgumentError(
    `FLAG_INVALID: expected seconds as duration/deadline/retry, each above the next, such as 15/10/2; got ${JSON.stringify(text)}.`,
  );
}

/** Options of both commands. */
export function withCommonOptions(command: Command): Command {
  return command
    .option(
      '--kubeconfig <file>',
      'how to reach the API Server (default: KUBECONFIG, ~/.kube/config, in-cluster)',
    )
    .option('--namespace <name>', 'namespace of the Leases and the owner switch')
    .option('--watch-namespace <name>', 'manage the Deployments of this namespace alone (default: of all)')
    .option('--host <address>', 'address to listen on for upstreams', '127.0.0.1')
    .option(
      '--holder <identity>',
      'identity on Leases; in a Pod its name, by which the fence of leaders knows it',
      process.env.POD_NAME ?? `${os.hostname()}-${process.pid}`,
    )
    .option(
      '--certificates <folder>',
      'mutual TLS on the links, by these (kubedirect certificates); without: plain text',
    )
    .option(
      '--issued-certificates',
      'mutual TLS on the links, by certificates that kubedirect signer issues in the cluster; renewed without a restart',
    )
    .option(
      '--status <host:port>',
      'serve /healthz, /readyz, /metrics, /pods and /steps there; beyond loopback the last two want a token of who may list Pods',
      whereToListen,
    )
    .option(
      '--no-rehearsal',
      'do not play a few scale-outs to the machines before the first real one: it will be several times slower',
    )
    .option(
      '--wire-schema <n>',
      'schema that the links speak: an older one to rehearse an upgrade',
      wireSchema,
      SCHEMA,
    )
    .option('--traces <folder>', 'record every step there, NDJSON')
    .addOption(
      new Option(
        '--otlp <url>',
        'tell a collector the spans of each scale-out, by OTLP over HTTP: http://collector:4318',
      ).env('OTEL_EXPORTER_OTLP_ENDPOINT'),
    )
    .option('--log-level <level>', LEVELS.join(', '), level, 'info')
    .addHelpText(
      'after',
      '\nExit codes: 0 stopped by a signal, 2 usage, 20 a stage is over (the log says why),\n21 another agent has taken the Node over: do not start this one again.',
    );
}

/** Several `host:port`, with commas. */
export function addresses(text: string): readonly string[] {
  const all = text.split(',').filter((one) => one !== '');
  if (all.length === 0)
    throw new InvalidArgumentError('FLAG_INVALID: expected host:port, or several with commas.');
  return all.map(hostAndPort);
}
