/** The demo's story: stock 0 → 100 for comparison; ours 0 → 100 with the Scheduler killed in mid-burst; 100 → 10. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TRACE_HEADER } from '../../spec/trace.ts';
import { createKubernetesClient, type KubernetesClient } from '../controller/kubernetes/client.ts';
import { type SpawnedWaist, spawnWaist } from '../controller/process/spawn.ts';
import type { DemoCluster, RequestTotals } from './cluster.ts';
import { PodObserver } from './observer.ts';
import { createDeployment, deployment, NAMESPACE, scaleDeployment } from './workload.ts';

/** One scale-out as a user saw it. */
export interface ScaleOut {
  readonly pods: number;
  /** ms from the write of the want to the n-th Pod seen Ready; ascending. */
  readonly latencies: readonly number[];
  readonly requests: number;
  readonly bytes: number | null;
}

/** What the story came to. */
export interface Outcome {
  readonly stock: ScaleOut;
  readonly ours: ScaleOut;
  /** Ready Pods at the kill that were not Ready, or not the same, afterwards. */
  readonly disturbed: number;
  readonly readyAtKill: number;
  /** ms from the kill until all 100 were Ready. */
  readonly recoveryMs: number;
  readonly scaleInMs: number;
  /** Unix ms of the kill. */
  readonly killedAt: number;
}

/** How the demo is run. */
export interface ScenarioOptions {
  readonly cluster: DemoCluster;
  readonly folder: string;
  readonly pods: number;
  readonly rest: number;
  readonly onProgress: (line: string) => void;
  /** Whether the recorded trace shows nothing under way any more. */
  readonly atRest: () => boolean;
  /** Told whenever the number of Ready Pods changed. */
  readonly onReady: (ready: number, of: number) => void;
}

const since = (start: number, moments: readonly number[]) => moments.map((moment) => moment - start);
const spent = (before: RequestTotals, after: RequestTotals) => ({
  requests: after.requests - before.requests,
  bytes: before.bytes === null || after.bytes === null ? null : after.bytes - before.bytes,
});

/** Waits until the stages have told each other what the API Server showed; the verdict says if they never do. */
async function settle(atRest: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 20_000; performance.now() < deadline && !atRest(); )
    await sleep(250);
}

async function watching<T>(
  options: ScenarioOptions,
  client: KubernetesClient,
  name: string,
  act: (pods: PodObserver) => Promise<T>,
): Promise<T> {
  const pods = new PodObserver(client, NAMESPACE, `app=${name}`);
  const ticker = setInterval(() => options.onReady(pods.ready.size, options.pods), 100);
  try {
    await pods.synced();
    return await act(pods);
  } finally {
    clearInterval(ticker);
    await pods.stop();
  }
}

async function runStock(options: ScenarioOptions, client: KubernetesClient): Promise<ScaleOut> {
  const { cluster, pods: count } = options;
  await createDeployment(client, deployment('stock', false));
  await sleep(500);
  return watching(options, client, 'stock', async (pods) => {
    const before = await cluster.totals();
    const start = performance.now();
    await scaleDeployment(client, 'stock', count);
    await pods.until(`${count} stock Pods Ready`, () => pods.ready.size === count);
    const latencies = since(start, pods.readyAt);
    const cost = spent(before, await cluster.totals());
    await scaleDeployment(client, 'stock', 0);
    await pods.until('the stock Pods gone', () => pods.pods === 0);
    return { pods: count, latencies, ...cost };
  });
}

/** A line of the trace that no stage can write: the kill, as whoever looks at the trace sees it. */
function noteKill(folder: string, at: number): void {
  const line = { at, world: { fault: 'kill -9', peer: 'scheduler' } };
  const file = path.join(folder, 'traces', 'world.ndjson');
  fs.writeFileSync(file, `${JSON.stringify(TRACE_HEADER)}\n${JSON.stringify(line)}\n`);
}

async function runOurs(
  options: ScenarioOptions,
  client: KubernetesClient,
  waist: SpawnedWaist,
): Promise<Omit<Outcome, 'stock'>> {
  const { cluster, pods: count, rest, onProgress } = options;
  return watching(options, client, 'function', async (pods) => {
    const before = await cluster.totals();
    const start = performance.now();
    const first = Math.ceil(count * 0.6);
    await waist.scale(NAMESPACE, 'function', first);
    await pods.until('the first Pods Ready', () => pods.ready.size >= first / 2);
    const readyAtKill = pods.ready;
    const killedAt = performance.now();
    const killedAtUnix = Date.now();
    await waist.stages.scheduler.kill();
    noteKill(options.folder, killedAtUnix);
    onProgress(
      `kill -9 of the Scheduler with ${readyAtKill.size} Pods Ready, while the want goes from ${first} to ${count}`,
    );
    await waist.scale(NAMESPACE, 'function', count);
    await waist.stages.scheduler.start();
    await pods.until(`${count} Pods Ready`, () => pods.ready.size === count && pods.pods === count);
    const recoveryMs = performance.now() - killedAt;
    const latencies = since(start, pods.readyAt);
    const cost = spent(before, await cluster.totals());
    await sleep(1_000);
    const disturbed = [...readyAtKill].filter((uid) => !pods.ready.has(uid)).length;
    onProgress(`all ${count} Ready; scaling in to ${rest}`);
    const startIn = performance.now();
    await waist.scale(NAMESPACE, 'function', rest);
    await pods.until(`${rest} Pods left`, () => pods.pods === rest && pods.ready.size === rest);
    const scaleInMs = performance.now() - startIn;
    await settle(options.atRest);
    return {
      ours: { pods: count, latencies, ...cost },
      disturbed,
      readyAtKill: readyAtKill.size,
      recoveryMs,
      scaleInMs,
      killedAt: killedAtUnix,
    };
  });
}

/** Runs the story. @throws if a step is not reached in its time */
export async function runScenario(options: ScenarioOptions): Promise<Outcome> {
  const { cluster, onProgress, folder } = options;
  const client = createKubernetesClient({ kubeconfig: cluster.kubeconfig, userAgent: 'kubedirect-demo' });
  let waist: SpawnedWaist | null = null;
  try {
    onProgress(`stock Kubernetes: a Deployment goes 0 → ${options.pods}, for comparison`);
    const stock = await runStock(options, client);
    onProgress('starting the five stages, each a process');
    const { kubeconfigs, nodes } = cluster;
    waist = await spawnWaist({
      kubeconfigs,
      nodes,
      runtime: 'publish',
      folder,
      traces: true,
      rehearses: true,
    });
    await createDeployment(client, deployment('function', true));
    await sleep(1_500);
    onProgress(`through the narrow waist: a managed Deployment goes 0 → ${options.pods}`);
    const ours = await runOurs(options, client, waist);
    return { stock, ...ours };
  } finally {
    await waist?.stop();
    await client.close();
  }
}
