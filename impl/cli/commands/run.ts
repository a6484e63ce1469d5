/** `kubedirect run`: stages of the narrow waist in this process. */
import { type Command, InvalidArgumentError } from 'commander';
import { KubedirectError } from '../../../spec/errors.ts';
import { LED_STAGES, type StageName } from '../../../spec/vocabulary.ts';
import { WatchedFiles } from '../../controller/links/watchedFiles.ts';
import type { ProcessOptions } from '../../controller/process/process.ts';
import type { ScaleApiFlags } from '../../controller/process/scaling.ts';
import { readKeyPair } from '../keyPair.ts';
import {
  hostAndPort,
  isLoopback,
  leaseTimes,
  loggerOf,
  type RunFlags,
  runtimeName,
  untilSignalled,
  withCommonOptions,
} from '../stages.ts';

function stageList(text: string): Exclude<StageName, 'kubelet'>[] {
  const names = text.split(',').filter((name) => name !== '');
  const known: readonly string[] = LED_STAGES;
  const wrong = names.filter((name) => !known.includes(name));
  if (names.length === 0 || wrong.length > 0)
    throw new InvalidArgumentError(
      `FLAG_INVALID: expected a comma-separated list of ${known.join(', ')}; got ${JSON.stringify(text)}.`,
    );
  return names as Exclude<StageName, 'kubelet'>[];
}

interface ScaleFlags {
  readonly scaleApi?: string;
  readonly scaleApiTls?: string;
  readonly scaleApiOpen?: boolean;
}

/** @throws KubedirectError `FLAG_INVALID`, `CERTIFICATES_UNREADABLE` */
function scaleApiOf(
  { scaleApi, scaleApiTls, scaleApiOpen = false }: ScaleFlags,
  log: (text: string, fields: object) => void,
): ScaleApiFlags | undefined {
  if (scaleApi === undefined) return undefined;
  if (!isLoopback(scaleApi) && (scaleApiOpen || scaleApiTls === undefined))
    throw new KubedirectError(
      'FLAG_INVALID',
      `--scale-api ${scaleApi}: expected a loopback address, or --scale-api-tls without --scale-api-open: tokens must not travel in plain text, nor others scale what is not theirs`,
    );
  return {
    listen: scaleApi,
    isOpen: scaleApiOpen,
    tls:
      scaleApiTls === undefined
        ? undefined
        : new WatchedFiles(
            () => readKeyPair(scaleApiTls),
            (what, err) =>
              log(`certificate of the scale API: ${what}`, { ...(err !== undefined && { err }) }),
          ),
  };
}

/** Adds the command. */
export function register(program: Command): void {
  withCommonOptions(
    program
      .command('run')
      .description('Run stages of the narrow waist in this process')
      .requiredOption('--stages <list>', 'autoscaler,deployment,replicaset,scheduler', stageList)
      .option(
        '--runtime <name>',
        'that of the agents: if they run the containers, the write-back begins behind the chain',
        runtimeName,
        'publish',
      )
      .option(
        '--lease <seconds>',
        'leader election, seconds: duration/deadline/retry (default: 15/10/2)',
        leaseTimes,
      )
      .option(
        '--no-hand-over',
        'do not publish unbound what finds no room for 10 s: then neither the stock scheduler nor a cluster autoscaler sees it. It is never done where the agents run the containers (--runtime): their Nodes are tainted for stock',
      )
      .option(
        '--scale-api <host:port>',
        'serve the direct scale API there (with the autoscaler); callers show a token of the API Server',
        hostAndPort,
      )
      .option(
        '--scale-api-tls <folder>',
        'serve it by TLS: tls.crt and tls.key are there, as in a Secret; looked at every 10 s, new ones are taken without a restart',
      )
      .option('--scale-api-open', 'ask no caller of it for a token; only on a loopback address'),
  ).action(
    (
      flags: RunFlags &
        ScaleFlags & {
          stages: ReturnType<typeof stageList>;
          runtime: ProcessOptions['runtime'];
          handOver: boolean;
        },
    ) =>
      untilSignalled(flags, {
        stages: flags.stages,
        nodes: [],
        runtime: flags.runtime,
        handsOver: flags.handOver,
        journals: '',
        scaleApi: scaleApiOf(flags, (text, fields) => loggerOf(flags).info(fields, text)),
      }),
  );
}
