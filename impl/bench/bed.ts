/** A cluster that a figure runs on, real or embedded, and ours started on it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SYSTEM_NAMESPACE } from '../controller/names.ts';
import type { RuntimeName } from '../controller/process/process.ts';
import { type SpawnedStage, type SpawnedWaist, spawnWaist } from '../controller/process/spawn.ts';
import { startControlPlane } from '../controlplane/index.ts';
import { kubeconfigsBy } from '../demo/cluster.ts';
import { ACCOUNTS, serviceAccountUser } from '../deploy/identities.ts';
import { startEmbedded } from '../embedded/index.ts';

/** A cluster, however it is made. */
export interface Bed {
  readonly kubeconfig: string;
  /** Of an account of ours. */
  kubeconfigOf(account: string): Promise<string>;
  /** The API Server's. */
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

/** Which. */
export interface BedOptions {
  readonly nodes: number;
  /** The embedded cluster, a model of the API Server: to see that a figure works. */
  readonly embedded: boolean;
  readonly onProgress: (line: string) => void;
}

/** Starts one; `limits`: those of the stock controllers' clients. */
export async function openBed(options: BedOptions, limits: 'stock' | 'lifted'): Promise<Bed> {
  const { nodes, embedded, onProgress } = options;
  if (!embedded) {
    const control = await startControlPlane({ nodes, limits, onProgress });
    return {
      kubeconfig: control.kubeconfig,
      kubeconfigOf: (account) => control.serviceAccountKubeconfig(SYSTEM_NAMESPACE, account),
      metrics: () => control.metrics(),
      stop: () => control.stop(),
    };
  }
  const model = await startEmbedded({ nodes, stockRateLimit: limits === 'stock' ? 'default' : 'lifted' });
  return {
    kubeconfig: model.kubeconfig,
    kubeconfigOf: async (account) => model.kubeconfigFor(serviceAccountUser(SYSTEM_NAMESPACE, account)),
    metrics: async () => (await fetch(`${model.url}/metrics`)).text(),
    stop: () => model.stop(),
  };
}

/** How ours is started. */
export interface SpawnOptions {
  readonly nodes: number;
  readonly runtime: Extract<RuntimeName, 'publish' | 'simulated'>;
  readonly folder: string;
  readonly traces: boolean;
  /** The stages above the tail in one process; else each in its own. */
  readonly together: boolean;
}

/** Starts ours on it, with the status of each process served. */
export async function spawnOn(bed: Bed, options: SpawnOptions): Promise<SpawnedWaist> {
  const { nodes, runtime, folder, traces, together } = options;
  const kubeconfigs = await kubeconfigsBy((account) => bed.kubeconfigOf(account));
  const kubelet = runtime === 'publish' ? kubeconfigs.kubelet : await bed.kubeconfigOf(ACCOUNTS.simulator);
  const status = ['--status', '127.0.0.1:0'];
  return spawnWaist({
    kubeconfigs: { ...kubeconfigs, kubelet },
    ...(together && { control: await bed.kubeconfigOf(ACCOUNTS.control) }),
    nodes: Array.from({ length: nodes }, (_, i) => `node-${i}`),
    ...{ runtime, folder, traces, rehearses: true, agentMore: status, runMore: status },
  });
}

/** Until it holds. @throws if it does not within two minutes */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const late = performance.now() + 120_000; !(await holds()); await sleep(100))
    if (performance.now() > late) throw new Error(`${what}: not within 120 s`);
}

/** Every link of these stages is open. @throws as {@link until} */
export async function untilReady(stages: Iterable<Pick<SpawnedStage, 'name' | 'status'>>): Promise<void> {
  for (const { name, status } of stages)
    await until(`${name} ready`, async () => (await fetch(`http://${status}/readyz`)).ok);
}
