/**
 * Figure 6 (serving): a gateway, functions with simulated bodies, and a trace in the shape of the Azure Functions trace (`serving/trace.ts`).
 *
 * The contenders are scaled by the same decider (`machines/autoscaler/decider`, after Knative's KPA) under the same policy. On stock it
 * is in the gateway's process and writes `spec.replicas`; in ours it is A's own, and hears of the load by the direct scale API. `k8s`,
 * `k8s+` and `kd` learn of instances by a watch of Pods; `tail` from the agents, which run the (simulated) containers. `k8s` has a control
 * plane of its own, for limits are flags of the controllers.
 *
 * *Slowdown* of an invocation: from its arrival to its end, to the length of its body; averaged over the invocations of each function.
 */
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AUTOSCALING_PREFIX, DEFAULT_POLICY } from '../../spec/autoscaling.ts';
import { createKubernetesClient, type KubernetesClient } from '../controller/kubernetes/client.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import type { KubernetesObject } from '../controller/kubernetes/types.ts';
import { SYSTEM_NAMESPACE } from '../controller/names.ts';
import { Deciders } from '../controller/process/deciders.ts';
import type { SpawnedWaist } from '../controller/process/spawn.ts';
import { awaitReplicaSets, deployment, NAMESPACE } from '../demo/workload.ts';
import { install } from '../deploy/install.ts';
import { type Bed, type BedOptions, openBed, spawnOn, until, untilReady } from './bed.ts';
import { type Endpoints, endpointsByTail, endpointsByWatch, type Listener } from './serving/endpoints.ts';
import { Gateway, type Served } from './serving/gateway.ts';
import { Latest } from './serving/latest.ts';
import { drawTrace, type ServingTrace, type TraceParameters } from './serving/trace.ts';

/** Who serves. */
export const SERVERS = ['k8s', 'k8s+', 'kd', 'tail'] as const;
/** One of {@link SERVERS}. */
export type Server = (typeof SERVERS)[number];

/** How to measure. */
export interface ServingOptions extends BedOptions {
  readonly trace: TraceParameters;
  readonly rounds: number;
  /** Seconds of the deciders' stable window: instances stay so long at least. */
  readonly window: number;
  readonly servers: readonly Server[];
}

/** One trace served. */
export interface ServingSample {
  readonly server: Server;
  readonly round: number;
  readonly served: readonly Served[];
  /** Invocations that had not begun when it was given up. */
  readonly unserved: number;
  readonly instances: { readonly peak: number; readonly ever: number };
  /** Requests to scale, or reports, that failed. */
  readonly failed: number;
}

/** Whose Deployments: both sides have their own. */
type Side = 'stock' | 'ours';
const SIDE_LABEL = 'bench-side';
const selectorOf = (side: Side) => `${SIDE_LABEL}=${side}`;
const nameOf = (side: Side, name: string) => `${side}-${name}`;

/** A Deployment for each function, and the ReplicaSets that stock makes for them. */
async function createFunctions(
  client: KubernetesClient,
  side: Side,
  { functions }: ServingTrace,
  window: number,
) {
  const policy = { target: '1', window: `${window}s` };
  for (const { name } of functions) {
    const body = deployment(nameOf(side, name), side === 'ours');
    const { template } = body.spec;
    const labelled = {
      ...template,
      metadata: { labels: { ...template.metadata.labels, [SIDE_LABEL]: side } },
    };
    const annotations = Object.entries(policy).map(([key, value]) => [`${AUTOSCALING_PREFIX}${key}`, value]);
    const metadata = {
      ...body.metadata,
      ...(side === 'ours' && { annotations: Object.fromEntries(annotations) }),
    };
    await client.request({
      method: 'POST',
      path: pathOf({ resource: 'deployments', namespace: NAMESPACE }),
      body: { ...body, metadata, spec: { ...body.spec, template: labelled } },
    });
  }
  await awaitReplicaSets(client, selectorOf(side), functions.length);
}

/** Who scales by what the gateway reports. */
interface Scaler {
  report(of: number, concurrency: number): void;
  readonly failed: number;
  close(): void;
}

/** On stock: the same decider, and writes of `spec.replicas`. */
function stockScaler(
  client: KubernetesClient,
  { functions }: ServingTrace,
  window: number,
  readyOf: (of: number) => number,
): Scaler {
  const wants = new Map<string, number>();
  const writes = new Latest<number>(async (name, replicas) => {
    await client.patchDeployment(NAMESPACE, name, { spec: { replicas } }, 'autoscaler');
  });
  const names = functions.map(({ name }) => nameOf('stock', name));
  const indexes = new Map(names.map((name, i) => [name, i]));
  const deciders = new Deciders({
    incarnation: () => 1,
    standing: (name) => ({ want: wants.get(name) ?? 0, ready: readyOf(indexes.get(name) as number) }),
    scale(name, replicas) {
      wants.set(name, replicas);
      writes.say(name, replicas);
    },
    now: () => performance.now(),
  });
  for (const name of names)
    deciders.observe(name, { ...DEFAULT_POLICY, target: 1, windowMs: window * 1_000 });
  return {
    report: (of, concurrency) => void deciders.report(names[of] as string, 'gateway', concurrency),
    get failed() {
      return writes.failed;
    },
    close: () => deciders.close(),
  };
}

/** Ours: A's own decider, told by the direct scale API. */
function ourScaler(address: string, { functions }: ServingTrace): Scaler {
  const agent = new http.Agent({ keepAlive: true });
  const put = (name: string, concurrency: number) =>
    new Promise<void>((resolve, reject) => {
      const url = `http://${address}/v1/namespaces/${NAMESPACE}/deployments/${name}/concurrency`;
      const request = http.request(url, { method: 'PUT', agent }, (response) => {
        response.resume();
        response.on('end', () =>
          response.statusCode === 202 ? resolve() : reject(new Error(`${response.statusCode}`)),
        );
      });
      request.on('error', reject);
      request.end(JSON.stringify({ reporter: 'gateway', concurrency }));
    });
  const reports = new Latest(put);
  return {
    report: (of, concurrency) => reports.say(nameOf('ours', functions[of]?.name ?? ''), concurrency),
    get failed() {
      return reports.failed;
    },
    close: () => agent.destroy(),
  };
}

/** Given to what is still under way after the last arrival, ms. */
const PATIENCE_MS = 60_000;

async function serve(
  server: Server,
  round: number,
  trace: ServingTrace,
  scalerOf: (readyOf: (of: number) => number) => Scaler,
  learn: (listener: Listener) => Promise<Endpoints>,
  untilGone: () => Promise<void>,
): Promise<ServingSample> {
  const side: Side = server === 'k8s' || server === 'k8s+' ? 'stock' : 'ours';
  const indexes = new Map(trace.functions.map(({ name }, i) => [nameOf(side, name), i]));
  const gateway: Gateway = new Gateway(trace, (of, concurrency) => scaler.report(of, concurrency));
  const scaler = scalerOf((of) => gateway.readyOf(of));
  const told = (act: (of: number) => void) => (name: string) => {
    const of = indexes.get(name);
    if (of !== undefined) act(of);
  };
  const endpoints = await learn({
    up: (name, id) => told((of) => gateway.up(of, id))(name),
    down: (name, id) => told((of) => gateway.down(of, id))(name),
  });
  const begun = performance.now();
  for (const invocation of trace.invocations) {
    const wait = begun + invocation.at - performance.now();
    if (wait > 0) await sleep(wait);
    gateway.arrive(invocation);
  }
  const last = performance.now();
  while (gateway.under > 0 && performance.now() - last < PATIENCE_MS) await sleep(20);
  const unserved = trace.invocations.length - gateway.served.length;
  gateway.giveUp();
  // The autoscaler takes the instances away itself, as it hears that nothing is under way.
  await untilGone();
  gateway.close();
  await endpoints.close();
  scaler.close();
  const { served, instances } = gateway;
  return { server, round, served, unserved, instances, failed: scaler.failed };
}

/** Until no instance is left. */
async function gone(client: KubernetesClient, side: Side): Promise<void> {
  const pods = pathOf({ resource: 'pods', namespace: NAMESPACE });
  for (const late = performance.now() + 300_000; ; ) {
    const { items } = await client.list<KubernetesObject>(pods, { labelSelector: selectorOf(side) });
    if (items.length === 0) return;
    if (performance.now() > late) throw new Error(`${items.length} Pods of ${side} do not go`);
    await sleep(500);
  }
}

const serveStock = (
  client: KubernetesClient,
  server: 'k8s' | 'k8s+',
  round: number,
  trace: ServingTrace,
  window: number,
) =>
  serve(
    server,
    round,
    trace,
    (readyOf) => stockScaler(client, trace, window, readyOf),
    (listener) => endpointsByWatch(client, selectorOf('stock'), listener),
    () => gone(client, 'stock'),
  );

/** Every link is open, and a report of each function is taken. */
async function awaitStages({ stages }: SpawnedWaist, { functions }: ServingTrace): Promise<void> {
  await untilReady([stages.autoscaler, stages.kubelet]);
  for (const { name } of functions) {
    const url = `http://${stages.autoscaler.scaleApi}/v1/namespaces/${NAMESPACE}/deployments/${nameOf('ours', name)}/concurrency`;
    const body = JSON.stringify({ reporter: 'gateway', concurrency: 0 });
    await until(`${name} known`, async () => (await fetch(url, { method: 'PUT', body })).status === 202);
  }
}

async function serveOurs(
  client: KubernetesClient,
  server: 'kd' | 'tail',
  round: number,
  trace: ServingTrace,
  waist: SpawnedWaist,
): Promise<ServingSample> {
  await awaitStages(waist, trace);
  const selector = selectorOf('ours');
  return serve(
    server,
    round,
    trace,
    () => ourScaler(waist.stages.autoscaler.scaleApi as string, trace),
    (listener) =>
      server === 'kd'
        ? endpointsByWatch(client, selector, listener)
        : endpointsByTail(client, selector, waist.stages.kubelet.status as string, listener),
    () => gone(client, 'ours'),
  );
}

async function withBed<T>(bed: Bed, act: (client: KubernetesClient) => Promise<T>): Promise<T> {
  const client = createKubernetesClient({ kubeconfig: bed.kubeconfig });
  try {
    return await act(client);
  } finally {
    await client.close();
    await bed.stop();
  }
}

/** Serves the trace by each of them. */
export async function measureServing(options: ServingOptions): Promise<readonly ServingSample[]> {
  const { nodes, rounds, window, servers, onProgress } = options;
  const trace = drawTrace(options.trace);
  const samples: ServingSample[] = [];
  const take = (sample: ServingSample) => {
    samples.push(sample);
    onProgress(
      `${sample.server} round ${sample.round}: ${sample.served.length} served, ${sample.served.filter(({ cold }) => cold).length} cold, ${sample.unserved} given up`,
    );
  };
  if (servers.includes('k8s'))
    await withBed(await openBed(options, 'stock'), async (client) => {
      await createFunctions(client, 'stock', trace, window);
      for (let round = 1; round <= rounds; round += 1)
        take(await serveStock(client, 'k8s', round, trace, window));
    });
  const others = servers.filter((server) => server !== 'k8s');
  if (others.length === 0) return samples;
  const bed = await openBed(options, 'lifted');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-bench-'));
  try {
    await withBed(bed, async (client) => {
      await install({
        connection: { kubeconfig: bed.kubeconfig },
        namespace: SYSTEM_NAMESPACE,
        simulator: true,
      });
      if (others.includes('k8s+')) await createFunctions(client, 'stock', trace, window);
      await createFunctions(client, 'ours', trace, window);
      for (let round = 1; round <= rounds; round += 1)
        for (const server of others) {
          if (server === 'k8s+') {
            take(await serveStock(client, server, round, trace, window));
            continue;
          }
          const runtime = server === 'kd' ? 'publish' : 'simulated';
          // One folder for both: agents that lost their journals would be in doubt for a minute.
          const waist = await spawnOn(bed, { nodes, runtime, folder, traces: false, together: true });
          try {
            take(await serveOurs(client, server, round, trace, waist));
          } finally {
            await waist.stop();
          }
        }
    });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  return samples;
}
