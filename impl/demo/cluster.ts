/** The cluster that the demo runs on: embedded, or the real control plane. */
import fs from 'node:fs';
import type { StageName } from '../../spec/vocabulary.ts';
import { SYSTEM_NAMESPACE } from '../controller/names.ts';
import { startControlPlane } from '../controlplane/index.ts';
import { STAGE_ACCOUNTS } from '../deploy/identities.ts';
import { install } from '../deploy/install.ts';
import { startEmbedded } from '../embedded/index.ts';

/** Requests and body bytes of others than ourselves, as the API server counted them. */
export interface RequestTotals {
  readonly requests: number;
  /** null where the API server does not count bytes. */
  readonly bytes: number | null;
}

/** A cluster with its fence installed. */
export interface DemoCluster {
  readonly what: string;
  readonly nodes: readonly string[];
  readonly kubeconfig: string;
  readonly kubeconfigs: Readonly<Record<StageName, string>>;
  /** Requests so far, watches aside. */
  totals(): Promise<RequestTotals>;
  stop(): Promise<void>;
}

/** A kubeconfig for each stage, made by its account. */
export async function kubeconfigsBy(
  make: (account: string) => Promise<string>,
): Promise<Record<StageName, string>> {
  const entries = await Promise.all(
    Object.entries(STAGE_ACCOUNTS).map(async ([stage, account]) => [stage, await make(account)] as const),
  );
  return Object.fromEntries(entries) as Record<StageName, string>;
}

/** An embedded cluster of 5 nodes: seconds, nothing but Node. */
export async function embeddedCluster(onProgress: (line: string) => void): Promise<DemoCluster> {
  const embedded = await startEmbedded({ nodes: 5 });
  onProgress(`embedded API Server at ${embedded.url}`);
  await install({ connection: { kubeconfig: embedded.kubeconfig }, namespace: SYSTEM_NAMESPACE, onProgress });
  const user = (account: string) => `system:serviceaccount:${SYSTEM_NAMESPACE}:${account}`;
  return {
    what: 'embedded API Server (a model of the real one), 5 simulated nodes',
    nodes: Array.from({ length: 5 }, (_, i) => `node-${i}`),
    kubeconfig: embedded.kubeconfig,
    kubeconfigs: await kubeconfigsBy(async (account) =>
      embedded.kubeconfigFor(user(account), [
        'system:serviceaccounts',
        `system:serviceaccounts:${SYSTEM_NAMESPACE}`,
        'system:authenticated',
      ]),
    ),
    totals: async () =>
      embedded
        .requests()
        .filter(({ verb }) => verb !== 'watch')
        .reduce(
          (sum, row) => ({
            requests: sum.requests + row.count,
            bytes: sum.bytes + row.requestBytes + row.responseBytes,
          }),
          { requests: 0, bytes: 0 },
        ),
    stop: () => embedded.stop(),
  };
}

function requestCount(metrics: string): number {
  let requests = 0;
  for (const line of metrics.split('\n'))
    if (line.startsWith('apiserver_request_total{') && !line.includes('verb="WATCH"'))
      requests += Number(line.slice(line.lastIndexOf(' ') + 1));
  return requests;
}

/** The real control plane, with 5 kwok nodes. */
export async function realCluster(onProgress: (line: string) => void): Promise<DemoCluster> {
  const control = await startControlPlane({ nodes: 5, limits: 'lifted', onProgress });
  await install({ connection: { kubeconfig: control.kubeconfig }, namespace: SYSTEM_NAMESPACE, onProgress });
  return {
    what: `real control plane ${control.version} on this machine, 5 kwok nodes`,
    nodes: Array.from({ length: 5 }, (_, i) => `node-${i}`),
    kubeconfig: control.kubeconfig,
    kubeconfigs: await kubeconfigsBy((account) =>
      control.serviceAccountKubeconfig(SYSTEM_NAMESPACE, account),
    ),
    totals: async () => ({ requests: requestCount(await control.metrics()), bytes: null }),
    stop: () => control.stop(),
  };
}

/** Removes a folder, whatever is in it. */
export function removeFolder(folder: string): void {
  fs.rmSync(folder, { recursive: true, force: true });
}
