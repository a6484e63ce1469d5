/**
 * Scale-out latency, side by side (`bench.md`, figure 1): from the write of the want to the 90th-percentile Pod seen Ready by a watch.
 *
 * On one control plane with lifted limits the contenders alternate, round by round: `floor` (a bare client), `k8s+` (stock), `kd` (ours,
 * runtime `publish`, the same kwok nodes). `k8s`, with stock limits, has a control plane of its own before that, since limits are
 * flags of the controllers. `tail` is ours with simulated containers: want to running at the tail, which no API call is part of.
 *
 * There are two floors. `floor` makes Pods that are nobody's, for which the stock controllers do nothing. `floor+` makes the requests of
 * ours: it writes the Deployment's replicas, and creates the Pods that our tail would, its ReplicaSet's; so the stock controllers keep
 * the statuses of both. It takes turns with `k8s+` before ours is started, which would take its Deployment for its own.
 *
 * A first round of all of them is not counted: it warms up the apiserver's caches, the disk, and what no rehearsal compiles of ours.
 *
 * Ours is two processes, as the README runs it: the stages above the tail, and the agent of all nodes; or one process a stage.
 */
import { fork } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReplicaSetObject } from '../controller/host/objects.ts';
import { createKubernetesClient, type KubernetesClient } from '../controller/kubernetes/client.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import { SYSTEM_NAMESPACE } from '../controller/names.ts';
import { type SpawnedWaist, spawnWaist } from '../controller/process/spawn.ts';
import { startControlPlane } from '../controlplane/index.ts';
import { kubeconfigsBy } from '../demo/cluster.ts';
import { PodObserver } from '../demo/observer.ts';
import {
  awaitReplicaSets,
  createDeployment,
  deployment,
  NAMESPACE,
  scaleDeployment,
} from '../demo/workload.ts';
import { ACCOUNTS } from '../deploy/identities.ts';
import { install } from '../deploy/install.ts';
import { readTrace } from '../trace/read.ts';
import { type Cpu, cpuBetween, cpuNow } from './cpu.ts';
import type { Order } from './floorMain.ts';
import { percentile } from './statistics.ts';

/** Who is measured. */
export const CONTENDERS = ['k8s', 'k8s+', 'floor', 'floor+', 'kd', 'tail'] as const;
/** One of {@link CONTENDERS}. */
export type Contender = (typeof CONTENDERS)[number];

/** One round of one contender, ms. */
export interface Sample {
  readonly contender: Contender;
  readonly round: number;
  readonly p50: number;
  readonly p90: number;
  readonly last: number;
  /** CPU seconds by program, from the want to the last Pod Ready. */
  readonly cpu: Cpu;
}

/** How to measure. */
export interface ScaleOutOptions {
  /** Of all functions together. */
  readonly pods: number;
  /** Deployments, which have as many Pods each. */
  readonly functions: number;
  readonly nodes: number;
  readonly rounds: number;
  /** Rounds of `k8s`, which is slow by its limits; 0 leaves it out. */
  readonly stockRounds: number;
  /** Each stage in a process of its own. */
  readonly apart: boolean;
  readonly onProgress: (line: string) => void;
}

const FLOOR_MAIN = path.join(import.meta.dirname, 'floorMain.ts');
const nodeNames = (nodes: number) => Array.from({ length: nodes }, (_, i) => `node-${i}`);

/** What one round showed: latencies, ascending, ms. */
interface Measured {
  readonly ascending: readonly number[];
  readonly cpu: Cpu;
}

function sampleOf(contender: Contender, round: number, { ascending, cpu }: Measured): Sample {
  return {
    contender,
    round,
    p50: percentile(ascending, 0.5),
    p90: percentile(ascending, 0.9),
    last: percentile(ascending, 1),
    cpu,
  };
}

/** Pods of one function. */
const each = ({ pods, functions }: ScaleOutOptions) => Math.ceil(pods / functions);
/** Names of the Deployments of a contender: one alone bears its name. */
const namesOf = (name: string, { functions }: ScaleOutOptions): readonly string[] =>
  functions === 1 ? [name] : Array.from({ length: functions }, (_, i) => `${name}-${i}`);

/** Watches Pods with `app=name`, or `app` one of several, while `begin` scales out and `end` takes all away again. */
async function measure(
  client: KubernetesClient,
  names: readonly string[],
  pods: number,
  begin: () => Promise<unknown>,
  end: () => Promise<unknown>,
): Promise<Measured> {
  const name = names[0] as string;
  const observer = new PodObserver(client, NAMESPACE, `app in (${names.join(',')})`);
  try {
    await observer.synced();
    const before = cpuNow();
    const start = performance.now();
    await begin();
    await observer.until(`${pods} Pods of ${name} Ready`, () => observer.ready.size >= pods, 300_000);
    const cpu = cpuBetween(before, cpuNow());
    const ascending = observer.readyAt.map((moment) => moment - start);
    await end();
    await observer.until(`the Pods of ${name} gone`, () => observer.pods === 0, 300_000);
    await sleep(1_500);
    return { ascending, cpu };
  } finally {
    await observer.stop();
  }
}

async function stockRound(
  client: KubernetesClient,
  contender: 'k8s' | 'k8s+',
  round: number,
  options: ScaleOutOptions,
): Promise<Sample> {
  const names = namesOf('stock', options);
  const act = (replicas: number) => () =>
    Promise.all(names.map((name) => scaleDeployment(client, name, replicas)));
  const { pods } = options;
  return sampleOf(contender, round, await measure(client, names, pods, act(each(options)), act(0)));
}

/** The Deployments of `floor+`. */
const OWNED = 'floor-owned';

const replicaSetsOf = (client: KubernetesClient, names: readonly string[]) =>
  awaitReplicaSets(client, `app in (${names.join(',')})`, names.length);

/** Those of `floor+`. */
async function ownedReplicaSets(client: KubernetesClient, options: ScaleOutOptions) {
  const names = namesOf(OWNED, options);
  for (const name of names) await createDeployment(client, deployment(name, true));
  return replicaSetsOf(client, names);
}

/** A round of a bare client; of one that makes our requests, if it is given ReplicaSets. */
async function floorRound(
  client: KubernetesClient,
  kubeconfig: string,
  round: number,
  options: ScaleOutOptions,
  replicaSets: readonly ReplicaSetObject[],
): Promise<Sample> {
  const { pods: count } = options;
  const isOurs = replicaSets.length > 0;
  const name = `floor-${round}`;
  const names = isOurs ? namesOf(OWNED, options) : [name];
  const order: Order = { kubeconfig, name, count, nodes: nodeNames(options.nodes), round, replicaSets };
  const child = fork(FLOOR_MAIN);
  child.send(order);
  await new Promise((resolve) => child.once('message', resolve));
  const setReplicas = async (replicas: number) => {
    if (isOurs) await Promise.all(names.map((one) => scaleDeployment(client, one, replicas)));
  };
  const removeAll = () =>
    client.request({
      method: 'DELETE',
      path: pathOf({ resource: 'pods', namespace: NAMESPACE }),
      query: { labelSelector: `app in (${names.join(',')})` },
      body: { gracePeriodSeconds: 1 },
    });
  const begin = async () => {
    child.send('go');
    await setReplicas(each(options));
  };
  const end = async () => {
    child.disconnect();
    await setReplicas(0);
    await removeAll();
  };
  const contender = isOurs ? 'floor+' : 'floor';
  return sampleOf(contender, round, await measure(client, names, count, begin, end));
}

/** Asks for what is there first: an autoscaler's connection is open already, as that of stock's client here is. */
async function ourRound(
  client: KubernetesClient,
  waist: SpawnedWaist,
  round: number,
  options: ScaleOutOptions,
): Promise<Sample> {
  const names = namesOf('ours', options);
  const act = (replicas: number) => () =>
    Promise.all(names.map((name) => waist.scale(NAMESPACE, name, replicas)));
  await act(0)();
  return sampleOf('kd', round, await measure(client, names, options.pods, act(each(options)), act(0)));
}

/** Want to running at the tail: from the recorded moment of each `podStarted`. */
async function tailRound(
  client: KubernetesClient,
  waist: SpawnedWaist,
  folder: string,
  round: number,
  options: ScaleOutOptions,
): Promise<Sample> {
  const { pods } = options;
  const names = namesOf('tail', options);
  const scaleAll = (replicas: number) =>
    Promise.all(names.map((name) => waist.scale(NAMESPACE, name, replicas)));
  let want = 0;
  await scaleAll(0);
  const begin = () => {
    want = Date.now();
    return scaleAll(each(options));
  };
  const { cpu } = await measure(client, names, pods, begin, () => scaleAll(0));
  const moments = [...readTrace(path.join(folder, 'traces'))]
    .filter(([stage]) => stage.startsWith('kubelet/'))
    .flatMap(([, lines]) =>
      lines.filter(({ event, at }) => event.type === 'podStarted' && at >= want).map(({ at }) => at - want),
    );
  return sampleOf('tail', round, { ascending: moments.sort((a, b) => a - b).slice(0, pods), cpu });
}

async function withStockLimits(options: ScaleOutOptions, samples: Sample[]): Promise<void> {
  const { nodes, stockRounds, onProgress } = options;
  const control = await startControlPlane({ nodes, limits: 'stock', onProgress });
  const client = createKubernetesClient({ kubeconfig: control.kubeconfig });
  try {
    for (const name of namesOf('stock', options)) await createDeployment(client, deployment(name, false));
    await replicaSetsOf(client, namesOf('stock', options));
    for (let round = 1; round <= stockRounds; round++) {
      samples.push(await stockRound(client, 'k8s', round, options));
      onProgress(`k8s round ${round}: p90 ${(samples.at(-1)?.p90 ?? 0).toFixed(0)} ms`);
    }
  } finally {
    await client.close();
    await control.stop();
  }
}

async function withLiftedLimits(options: ScaleOutOptions, folder: string, samples: Sample[]): Promise<void> {
  const { nodes, rounds, onProgress } = options;
  const plane = await startControlPlane({ nodes, limits: 'lifted', onProgress });
  const client = createKubernetesClient({ kubeconfig: plane.kubeconfig });
  let waist: SpawnedWaist | null = null;
  const take = (sample: Sample) => {
    if (sample.round === 0) return onProgress(`${sample.contender} warm-up: p90 ${sample.p90.toFixed(0)} ms`);
    samples.push(sample);
    onProgress(
      `${sample.contender} round ${sample.round}: p90 ${sample.p90.toFixed(0)} ms, last ${sample.last.toFixed(0)} ms`,
    );
  };
  try {
    await install({
      connection: { kubeconfig: plane.kubeconfig },
      namespace: SYSTEM_NAMESPACE,
      simulator: true,
    });
    const accounts = await kubeconfigsBy((account) =>
      plane.serviceAccountKubeconfig(SYSTEM_NAMESPACE, account),
    );
    for (const name of namesOf('stock', options)) await createDeployment(client, deployment(name, false));
    const replicaSets = await ownedReplicaSets(client, options);
    await sleep(5_000);
    for (let round = 0; round <= rounds; round++) {
      take(await stockRound(client, 'k8s+', round, options));
      take(await floorRound(client, accounts.kubelet, round, options, replicaSets));
    }
    const control = options.apart
      ? undefined
      : await plane.serviceAccountKubeconfig(SYSTEM_NAMESPACE, ACCOUNTS.control);
    // One folder for both: agents that lost their journals would be in doubt for a minute.
    const common = { kubeconfigs: accounts, control, nodes: nodeNames(nodes), folder, rehearses: true };
    waist = await spawnWaist({
      ...common,
      runtime: 'publish',
      traces: false,
    });
    for (const name of [...namesOf('ours', options), ...namesOf('tail', options)])
      await createDeployment(client, deployment(name, true));
    await sleep(5_000);
    for (let round = 0; round <= rounds; round++) {
      take(await stockRound(client, 'k8s+', round, options));
      take(await floorRound(client, accounts.kubelet, round, options, []));
      take(await ourRound(client, waist, round, options));
    }
    await waist.stop();
    const simulator = await plane.serviceAccountKubeconfig(SYSTEM_NAMESPACE, ACCOUNTS.simulator);
    waist = await spawnWaist({
      ...common,
      kubeconfigs: { ...accounts, kubelet: simulator },
      runtime: 'simulated',
      traces: true,
    });
    await sleep(5_000);
    for (let round = 0; round <= rounds; round++)
      take(await tailRound(client, waist, folder, round, options));
  } finally {
    await waist?.stop();
    await client.close();
    await plane.stop();
  }
}

/** Measures all contenders. @throws if a round does not come to its end */
export async function measureScaleOut(options: ScaleOutOptions): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-bench-'));
  try {
    if (options.stockRounds > 0) await withStockLimits(options, samples);
    await withLiftedLimits(options, folder, samples);
    return samples;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
