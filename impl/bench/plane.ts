/** What figures have in common that run on a control plane: stock with lifted limits, ours installed beside it, each stage a process. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKubernetesClient, type KubernetesClient } from '../controller/kubernetes/client.ts';
import { SYSTEM_NAMESPACE } from '../controller/names.ts';
import type { RuntimeName } from '../controller/process/process.ts';
import type { SpawnedWaist } from '../controller/process/spawn.ts';
import { createDeployment, deployment } from '../demo/workload.ts';
import { install } from '../deploy/install.ts';
import { type Bed, type BedOptions, openBed, spawnOn, untilReady } from './bed.ts';

/** A control plane of a figure. */
export interface Plane extends Pick<Bed, 'metrics'> {
  readonly client: KubernetesClient;
  /** Of journals, logs and traces. */
  readonly folder: string;
  /** Starts ours, each stage a process, with its status served. Resolves when every link is open. */
  spawn(runtime: Extract<RuntimeName, 'publish' | 'simulated'>, traces: boolean): Promise<SpawnedWaist>;
}
/** Which. */
export type PlaneOptions = BedOptions;

/** Names of the Deployments: stock's and ours. */
export const DEPLOYMENTS = { stock: 'stock', ours: 'ours' } as const;
/** Until what was started has settled, ms. */
const SETTLE = 3_000;

/** Starts one with both Deployments, lets `act` use it, and ends it. */
export async function onPlane<T>(options: PlaneOptions, act: (plane: Plane) => Promise<T>): Promise<T> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-bench-'));
  const bed = await openBed(options, 'lifted');
  const client = createKubernetesClient({ kubeconfig: bed.kubeconfig });
  const spawn: Plane['spawn'] = async (runtime, traces) => {
    const waist = await spawnOn(bed, { nodes: options.nodes, runtime, folder, traces, together: false });
    await untilReady(Object.values(waist.stages));
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
