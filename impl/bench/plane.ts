/** What figures have in common that run on a control plane: stock with lifted limits, ours installed beside it, each stage a process. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKubernetesClient, type KubernetesClient } from '../controller/kubernetes/client.ts';
import { SYSTEM_NAMESPACE } from '../controller/names.ts';
import type { RuntimeName } from '../controller/process/process.ts';
import { type SpawnedWaist, spawnWaist } from '../controller/process/spawn.ts';
import { startControlPlane } from '../controlplane/index.ts';
import { kubeconfigsBy } from '../demo/cluster.ts';
import { createDeployment, deployment } from '../demo/workload.ts';
import { ACCOUNTS, serviceAccountUser } from '../deploy/identities.ts';
import { install } from '../deploy/install.ts';
import { startEmbedded } from '../embedded/index.ts';

/** A cluster, however it is made. */
interface Bed {
  readonly kubeconfig: string;
  /** Of an account of ours. */
  kubeconfigOf(account: string): Promise<string>;
  /** The API Server's. */
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

/** A control plane of a figure. */
export interface Plane extends Pick<Bed, 'metrics'> {
  readonly client: KubernetesClient;
  /** Of journals, logs and traces. */
  readonly folder: string;
  /** Starts ours, each stage a process, with its status served. Resolves when every link is open. */
  spawn(runtime: Extract<RuntimeName, 'publish' | 'simulated'>, traces: boolean): Promise<SpawnedWaist>;
}
/** Which. */
export interface PlaneOptions {
  readonly nodes: number;
  /** The embedded cluster, a model of the API Server: to see that a figure works. */
  readonly embedded: boolean;
  readonly onProgress: (line: string) => void;
}

async function realBed({ nodes, onProgress }: PlaneOptions): Promise<Bed> {
  const control = await startControlPlane({ nodes, limits: 'lifted', onProgress });
  return {
    kubeconfig: control.kubeconfig,
    kubeconfigOf: (account) => control.serviceAccountKubeconfig(SYSTEM_NAMESPACE, account),
    metrics: () => control.metrics(),
    stop: () => control.stop(),
  };
}

async function embeddedBed({ nodes }: PlaneOptions): Promise<Bed> {
  const embedded = await startEmbedded({ nodes });
  const groups = [
    'system:serviceaccounts',
    `system:serviceaccounts:${SYSTEM_NAMESPACE}`,
    'system:authenticated',
  ];
  return {
    kubeconfig: embedded.kubeconfig,
    kubeconfigOf: async (account) =>
      embedded.kubeconfigFor(serviceAccountUser(SYSTEM_NAMESPACE, account), groups),
    metrics: async () => (await fetch(`${embedded.url}/metrics`)).text(),
    stop: () => embedded.stop(),
  };
}

/** Every link of every stage is open. @throws if they are not within two minutes */
async function ready({ stages }: SpawnedWaist): Promise<void> {
  for (const { name, status } of Object.values(stages))
    for (const late = performance.now() + 120_000; !(await fetch(`http://${status}/readyz`)).ok; ) {
      if (performance.now() > late) throw new Error(`${name} is not ready within 120 s`);
      await sleep(100);
    }
}

/** Names of the Deployments: stock's and ours. */
export const DEPLOYMENTS = { stock: 'stock', ours: 'ours' } as const;
/** Until what was started has settled, ms. */
const SETTLE = 3_000;

/** Starts one with both Deployments, lets `act` use it, and ends it. */
export async function onPlane<T>(options: PlaneOptions, act: (plane: Plane) => Promise<T>): Promise<T> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-bench-'));
  const bed = await (options.embedded ? embeddedBed(options) : realBed(options));
  const client = createKubernetesClient({ kubeconfig: bed.kubeconfig });
  const spawn: Plane['spawn'] = async (runtime, traces) => {
    const kubeconfigs = await kubeconfigsBy((account) => bed.kubeconfigOf(account));
    const kubelet = runtime === 'publish' ? kubeconfigs.kubelet : await bed.kubeconfigOf(ACCOUNTS.simulator);
    const status = ['--status', '127.0.0.1:0'];
    const waist = await spawnWaist({
      kubeconfigs: { ...kubeconfigs, kubelet },
      nodes: Array.from({ length: options.nodes }, (_, i) => `node-${i}`),
      ...{ runtime, folder, traces, rehearses: true, agentMore: status, runMore: status },
    });
    await ready(waist);
    await sleep(SETTLE);
    return waist;
  };
  try {
    await install({
      connection: { kubeconfig: bed.kubeconfig },
      namespace: SYSTEM_NAMESPACE,
      simulator: true,
    });
    for (const [side, name] of Object.entries(DEPLOYMENTS))
      await createDeployment(client, deployment(name, side === 'ours'));
    await sleep(SETTLE);
    return await act({ client, folder, spawn, metrics: () => bed.metrics() });
  } finally {
    await client.close();
    await bed.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
