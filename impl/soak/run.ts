/**
 * A soak: churn for a while on a real control plane, and after each cycle, at the same resting point, a look at memory, files, sockets, watches and
 * Pods. What grows from look to look is a leak.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PodObject } from '../controller/host/objects.ts';
import { createKubernetesClient, type KubernetesClient } from '../controller/kubernetes/client.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import { MANAGED_LABEL } from '../controller/names.ts';
import { type DemoCluster, realCluster } from '../demo/cluster.ts';
import { createDeployment, deployment, NAMESPACE, scaleDeployment } from '../demo/workload.ts';
import { again } from './again.ts';
import { BASELINE, type Churned, churn } from './churn.ts';
import { type Figures, figuresOf, metricOf } from './figures.ts';
import { type Course, coursesOf, FEWEST_SAMPLES } from './judge.ts';
import { SoakedWaist } from './waist.ts';

/** How to soak. @public */
export interface SoakOptions {
  readonly minutes: number;
  readonly nodes: number;
  /** Logs, journals, certificates, and `samples.ndjson`, a look a line. */
  readonly folder: string;
  readonly onProgress: (line: string) => void;
}

/** What a soak came to. @public */
export interface Soaked {
  readonly cycles: number;
  readonly seconds: number;
  readonly courses: readonly Course[];
  /** What is wrong, in words; empty if nothing is. */
  readonly broken: readonly string[];
}

const POLL_MS = 250;
/** Three minutes; in looks, so that a machine that slept has its chance. */
const LOOKS = 720;
/** After a cycle: what is under way ends, and what is idle is closed. */
const SETTLE_MS = 6_000;
const EXPECTED = Object.values(BASELINE).reduce((sum, count) => sum + count, 0);

const isReady = ({ metadata, status }: PodObject) =>
  metadata.deletionTimestamp === undefined &&
  status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;

function resting(client: KubernetesClient): Churned['rests'] {
  return async (name, count) => {
    const query = { labelSelector: `app=${name}` };
    for (let looks = 1; ; looks += 1) {
      const path = pathOf({ resource: 'pods', namespace: NAMESPACE });
      const { items = [] } = (await again(() => client.list<PodObject>(path, query))) ?? {};
      if (items.length === count && items.every(isReady)) return;
      if (looks === LOOKS)
        throw new Error(
          `${name} never came to ${count} Ready Pods: ${items.length} stand, ${items.filter(isReady).length} Ready`,
        );
      await sleep(POLL_MS);
    }
  };
}

async function look(client: KubernetesClient, waist: SoakedWaist): Promise<Figures> {
  await sleep(SETTLE_MS);
  const query = { labelSelector: `${MANAGED_LABEL}=true` };
  const [stages, listed, metrics = ''] = await Promise.all([
    figuresOf(waist.looked),
    again(() => client.list<PodObject>(pathOf({ resource: 'pods' }), query)),
    again(() => client.text('/metrics')),
  ]);
  const isWatch = (labels: string) => labels.includes('verb="WATCH"');
  return {
    ...stages,
    'API Server Pods': listed?.items.length ?? 0,
    'API Server watches': metricOf(metrics, 'apiserver_longrunning_requests', isWatch),
    'journals MB': waist.journalBytes / 1_048_576,
  };
}

/** Pods that a stage, or the API Server, has at rest beyond those that are asked for. */
function strays(figures: Figures): readonly string[] {
  return ['replicaset', 'scheduler', 'kubelet', 'API Server']
    .map((who) => [who, figures[`${who} Pods`]] as const)
    .filter(([, count]) => count !== EXPECTED)
    .map(([who, count]) => `${who} has ${count} Pods at rest, ${EXPECTED} are asked for`);
}

async function cycles(
  { minutes, folder, onProgress }: SoakOptions,
  churned: Churned,
): Promise<{ readonly samples: readonly Figures[]; readonly broken: readonly string[] }> {
  const samples: Figures[] = [];
  const start = performance.now();
  for (let cycle = 0; performance.now() - start < minutes * 60_000; cycle += 1) {
    const at = () => `${((performance.now() - start) / 60_000).toFixed(1)} min, cycle ${cycle}`;
    try {
      const befell = await churn(churned, cycle);
      const figures = await look(churned.client, churned.waist);
      samples.push(figures);
      const line = { cycle, seconds: Math.round((performance.now() - start) / 1000), befell, figures };
      fs.appendFileSync(path.join(folder, 'samples.ndjson'), `${JSON.stringify(line)}\n`);
      onProgress(`${at()}: ${befell}; ${Math.round(figures['scheduler rss MB'] as number)} MB in both of S`);
      const wrong = strays(figures);
      if (wrong.length > 0) return { samples, broken: wrong.map((each) => `${at()}: ${each}`) };
    } catch (error) {
      return { samples, broken: [`${at()}: ${(error as Error).message}`] };
    }
  }
  return { samples, broken: [] };
}

async function soakOn(cluster: DemoCluster, options: SoakOptions): Promise<Soaked> {
  const client = createKubernetesClient({ kubeconfig: cluster.kubeconfig, userAgent: 'kubedirect-soak' });
  const waist = new SoakedWaist(cluster, client, options.folder);
  const start = performance.now();
  try {
    await waist.start();
    const rests = resting(client);
    for (const [name, count] of Object.entries(BASELINE)) {
      await createDeployment(client, deployment(name, true));
      await scaleDeployment(client, name, count);
    }
    for (const [name, count] of Object.entries(BASELINE)) await rests(name, count);
    const { samples, broken } = await cycles(options, { client, waist, rests });
    const courses = samples.length < FEWEST_SAMPLES ? [] : coursesOf(samples);
    const grown = courses
      .filter(({ grows }) => grows)
      .map(({ name, first, last }) => `${name} grows: ${first.toFixed(1)} → ${last.toFixed(1)}`);
    return {
      ...{ cycles: samples.length, seconds: Math.round((performance.now() - start) / 1000), courses },
      broken: [...broken, ...grown],
    };
  } finally {
    await waist.stop();
    await client.close();
  }
}

/** Soaks on a real control plane of its own. @public */
export async function soak(options: SoakOptions): Promise<Soaked> {
  fs.mkdirSync(options.folder, { recursive: true });
  const kinds = { kwok: options.nodes, hollow: 0, real: 0 };
  // A machine that sleeps for a while loses no Node.
  const patient = { 'kube-controller-manager': ['--node-monitor-grace-period=15m'] };
  const cluster = await realCluster(options.onProgress, kinds, patient);
  try {
    return await soakOn(cluster, options);
  } finally {
    await cluster.stop();
  }
}
