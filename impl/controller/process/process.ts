/** One operating-system process with any of the stages in it: the body of `kubedirect run` and `kubedirect agent`. */
import os from 'node:os';
import path from 'node:path';
import { Registry } from 'prom-client';
import { type AutoscalerState, isAloneWithRequests } from '../../../machines/autoscaler/index.ts';
import { KubedirectError } from '../../../spec/errors.ts';
import { TIMERS } from '../../../spec/timers.ts';
import type { StageName } from '../../../spec/vocabulary.ts';
import { errorFields } from '../host/errorFields.ts';
import { watchTemplates } from '../host/observe.ts';
import { type PodRuntime, SimulatedRuntime } from '../host/runtime.ts';
import { StageProcess } from '../host/stageProcess.ts';
import { STAGES } from '../host/stages.ts';
import { Templates } from '../host/templates.ts';
import { WatchHub } from '../host/watchHub.ts';
import { pause } from '../kubernetes/backoff.ts';
import { createKubernetesClient, type KubernetesClient } from '../kubernetes/client.ts';
import { EventRecorder, writeEvent } from '../kubernetes/events.ts';
import type { LeaseTimes } from '../lease.ts';
import { LocalLinks, type TlsSource } from '../links/index.ts';
import { metrics } from '../metrics.ts';
import { SCALE_ADDRESS_ANNOTATION, SYSTEM_NAMESPACE } from '../names.ts';
import { callersOf, reviewsClient } from './callers.ts';
import { leaderOf } from './forward.ts';
import { gaugesOf } from './gauges.ts';
import type { Listening } from './listen.ts';
import type { Tracing } from './otlp.ts';
import { podsOf } from './pods.ts';
import { readinessOf } from './readiness.ts';
import { bothOf, Recent } from './recent.ts';
import { type ScaleApiFlags, serveScaling } from './scaling.ts';
import { serveStatus } from './statusServer.ts';
import { recordTo } from './trace.ts';

/** How the status is served. @public */
export interface StatusFlags {
  /** `host:port`. */
  readonly listen: string;
  /** `/pods` too is told to everyone who can connect; else to those who may list Pods at the API Server. */
  readonly isOpen: boolean;
}

/** Who runs the containers: stock kubelets, nobody (a start is a delay), or our agents by a container runtime. @public */
export type RuntimeName = 'publish' | 'simulated' | 'cri';

/** What a process runs. @public */
export interface ProcessOptions {
  readonly kubeconfig?: string | undefined;
  /** Stages of this process; `kubelet` is given by `nodes`. */
  readonly stages: readonly Exclude<StageName, 'kubelet'>[];
  /** Nodes that this process is the Kubelet stage of. */
  readonly nodes: readonly string[];
  /** Who runs the containers: the stock kubelets of the nodes, or our agents. */
  readonly runtime: RuntimeName;
  /** `cri`: opens the runtime of a node. */
  readonly openRuntime?:
    | ((
        node: string,
        templates: Templates,
        log: ProcessOptions['log'],
        client: KubernetesClient,
      ) => Promise<PodRuntime>)
    | undefined;
  /**
   * S publishes unbound what finds no room (protocol 7). Default: yes. Never where our agents run the containers, whatever is said here: their
   * Nodes are tainted for stock's scheduler, and it would only be kept from them.
   */
  readonly handsOver?: boolean | undefined;
  /** `simulated`: how long a start takes, ms. */
  readonly startMs?: number | undefined;
  readonly namespace?: string | undefined;
  /** The one namespace whose Deployments are managed. Default: all. */
  readonly watchNamespace?: string | undefined;
  /** Address to listen on; ports are chosen by the system. Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** A: how the direct scale API is served. */
  readonly scaleApi?: ScaleApiFlags | undefined;
  /** K: folder of the journals. */
  readonly journals: string;
  readonly holder?: string | undefined;
  /** Times of leader election. */
  readonly lease?: LeaseTimes | undefined;
  readonly traces?: string | undefined;
  /** What a stage, or `kubelet/<node>`, authenticates by on its links; absent: plain text. */
  readonly tls?: ((peer: string) => TlsSource) | undefined;
  /** Schema that its links speak, to rehearse an upgrade with. Default: the newest. */
  readonly wireSchema?: number | undefined;
  /** URL of a collector that is told the spans of each scale-out, by OTLP over HTTP. Default: nothing is traced. */
  readonly otlp?: string | undefined;
  /** Where `/healthz`, `/readyz`, `/metrics`, `/pods` and `/steps` are served. */
  readonly status?: StatusFlags | undefined;
  readonly log: (text: string, fields: Readonly<Record<string, unknown>>) => void;
  /** A stage is over for good. Not told of a superseded agent while other stages of this process go on. */
  readonly fatal: (error: unknown) => void;
}

/** A running process. @public */
export interface RunningProcess {
  readonly stages: readonly StageProcess[];
  /** `host:port`; null unless A runs here and was asked to serve it. */
  readonly scaleApi: string | null;
  /** `host:port` of `/healthz`, `/readyz` and `/metrics`; null unless asked for. */
  readonly status: string | null;
  stop(): Promise<void>;
}

const holderOf = ({ holder }: ProcessOptions) => holder ?? os.hostname();
const nameOf = (name: StageName, node: string | null) => (node === null ? name : `kubelet/${node}`);

function stageOptions(
  options: ProcessOptions,
  client: KubernetesClient,
  hub: WatchHub,
  templates: Templates,
  runtimes: ReadonlyMap<string, PodRuntime>,
  scaleAddress: () => string | null,
  tracing: Tracing | null,
) {
  const recorder = options.traces === undefined ? null : recordTo(options.traces);
  const recent = options.status === undefined ? null : new Recent();
  const recorders = [recorder, recent].filter((one) => one !== null);
  let alive = options.stages.length + options.nodes.length;
  const over = (error: unknown, stage: string) => {
    alive -= 1;
    const isSuperseded = error instanceof KubedirectError && error.code === 'AGENT_SUPERSEDED';
    if (!isSuperseded || alive === 0) return options.fatal(error);
    options.log('a stage is over, the others go on', { stage, ...errorFields(error) });
  };
  const local = new LocalLinks();
  const events = new EventRecorder(
    // Of a Node it stands in namespace `default`, where one that is limited to a namespace may not write.
    async (about, told, count) => {
      if (client.scope === undefined || about.namespace !== undefined)
        await writeEvent(client, about, told, count);
    },
    (error) => options.log('an Event was not written', errorFields(error)),
  );
  const make = (name: StageName, node: string | null): StageProcess => {
    const made: StageProcess = new StageProcess({
      stage: STAGES[name],
      node,
      client,
      hub,
      ...{ templates, events },
      namespace: options.namespace ?? SYSTEM_NAMESPACE,
      holder: holderOf(options),
      lease: options.lease,
      listen: `${options.host ?? '127.0.0.1'}:0`,
      tls: options.tls?.(nameOf(name, node)),
      local,
      bounds: { schema: options.wireSchema },
      journalFile: node === null ? null : path.join(options.journals, `${node}.journal`),
      runtime: node === null ? null : (runtimes.get(node) ?? null),
      runsContainers: options.runtime !== 'publish',
      manyNodes: options.nodes.length > 1,
      handsOver: name === 'scheduler' && options.handsOver !== false && options.runtime === 'publish',
      ...(name === 'autoscaler' && {
        leaseAnnotations: () => ({ [SCALE_ADDRESS_ANNOTATION]: scaleAddress() }),
      }),
      recorder: recorders.length > 0 ? bothOf(...recorders) : undefined,
      openSpan: tracing?.open,
      log: (text, fields) => options.log(text, { stage: nameOf(name, node), ...fields }),
      waitsFor: () => readinessOf([made]).flatMap(({ missing }) => missing),
      fatal: (error) => over(error, nameOf(name, node)),
    });
    return made;
  };
  return { recorder, recent, events, make };
}

/** Who runs the containers of each node; nobody of ours with `publish`. */
async function runtimesOf(
  { nodes, runtime, startMs = 0, openRuntime, log }: ProcessOptions,
  templates: Templates,
  client: KubernetesClient,
): Promise<ReadonlyMap<string, PodRuntime>> {
  if (runtime === 'publish') return new Map();
  const open = async (node: string) => {
    const opened =
      runtime === 'cri' ? await openRuntime?.(node, templates, log, client) : new SimulatedRuntime(startMs);
    if (opened === undefined) throw new RangeError('runtime cri: expected how to open it, got nothing');
    return [node, opened] as const;
  };
  return new Map(await Promise.all(nodes.map(open)));
}

/** What this A has taken and D may not know is said, if the link opens within a moment. */
async function lastRequests(autoscaler: StageProcess): Promise<void> {
  const until = AbortSignal.timeout(TIMERS.lastRequests);
  const isAlone = () =>
    autoscaler.life !== null && isAloneWithRequests(autoscaler.life.state as AutoscalerState);
  while (isAlone() && !until.aborted) await pause(20, until);
}

/**
 * Starts the stages; they take their Leases in the background.
 * @throws KubedirectError `KUBECONFIG_INVALID`, `JOURNAL_LOCKED`, `JOURNAL_FULL`, `PORT_TAKEN`, `RUNTIME_FAILED`
 * @public
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const client = createKubernetesClient({
    scope: options.watchNamespace,
    userAgent: `kubedirect/${holderOf(options)}`,
    ...(options.kubeconfig !== undefined && { kubeconfig: options.kubeconfig }),
  });
  const hub = new WatchHub(client, options.log);
  const reviews = reviewsClient(options.kubeconfig);
  const callers = callersOf(reviews);
  const templates = new Templates();
  const runtimes = await runtimesOf(options, templates, client);
  let scaleApi: Listening | null = null;
  const tracing =
    options.otlp === undefined
      ? null
      : (await import('./otlp.ts')).tracingTo(options.otlp, holderOf(options));
  const { recorder, recent, events, make } = stageOptions(
    options,
    client,
    hub,
    templates,
    runtimes,
    () => scaleApi?.address ?? null,
    tracing,
  );
  if (options.nodes.length > 0 || options.stages.includes('scheduler')) watchTemplates(hub, templates);
  const stages = [
    ...options.stages.map((name) => make(name, null)),
    ...options.nodes.map((node) => make('kubelet', node)),
  ];
  const autoscaler = stages.find(({ self }) => self === 'autoscaler');
  let status: Listening | null = null;
  const stop = async () => {
    await scaleApi?.close();
    await status?.close();
    if (autoscaler !== undefined) await lastRequests(autoscaler);
    await Promise.all(stages.map((stage) => stage.stop()));
    for (const runtime of runtimes.values()) runtime.close?.();
    events.close();
    await hub.close();
    await Promise.all([client.close(), reviews.close()]);
    recorder?.close();
    await tracing?.close();
  };
  try {
    // First: the Autoscaler stage says on its Lease where this is.
    if (autoscaler !== undefined && options.scaleApi !== undefined) {
      const leader = leaderOf(client, options.namespace ?? SYSTEM_NAMESPACE);
      scaleApi = await serveScaling(options.scaleApi, { autoscaler, callers, hub, leader });
    }
    for (const stage of stages) await stage.start();
    if (options.status !== undefined) {
      const { listen, isOpen } = options.status;
      status = await serveStatus(listen, Registry.merge([metrics, gaugesOf(stages)]), {
        readiness: () => readinessOf(stages),
        pods: () => podsOf(stages),
        steps: (after) => (recent as Recent).after(after),
        callers: isOpen ? null : callers,
      });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { stages, scaleApi: scaleApi?.address ?? null, status: status?.address ?? null, stop };
}
