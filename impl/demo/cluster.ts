/** The cluster that the demo runs on: embedded, or the real control plane. */
import fs from 'node:fs';
import type { StageName } from '../../spec/vocabulary.ts';
import { SYSTEM_NAMESPACE } from '../controller/names.ts';
import {
  type ControlPlane,
  type ControlPlaneOptions,
  type NodeProcess,
  startControlPlane,
} from '../controlplane/index.ts';
import { type RealNode, startRealNode } from '../controlplane/realnode.ts';
import { STAGE_ACCOUNTS, serviceAccountUser } from '../deploy/identities.ts';
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
  /** Those whose kubelet is a process: hollow ones (the real kubelet's code), or a real one. */
  readonly kubelets: ReadonlyMap<string, NodeProcess | RealNode>;
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

const named = (kind: string, count: number) => Array.from({ length: count }, (_, i) => `${kind}-${i}`);

/** An embedded cluster of 5 nodes: seconds, nothing but Node. */
export async function embeddedCluster(onProgress: (line: string) => void): Promise<DemoCluster> {
  const embedded = await startEmbedded({ nodes: 5 });
  onProgress(`embedded API Server at ${embedded.url}`);
  await install({ connection: { kubeconfig: embedded.kubeconfig }, namespace: SYSTEM_NAMESPACE, onProgress });
  return {
    what: 'embedded API Server (a model of the real one), 5 simulated nodes',
    nodes: named('node', 5),
    kubelets: new Map(),
    kubeconfig: embedded.kubeconfig,
    kubeconfigs: await kubeconfigsBy(async (account) =>
      embedded.kubeconfigFor(serviceAccountUser(SYSTEM_NAMESPACE, account)),
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

/** How many nodes of each kind. */
export interface NodeKinds {
  readonly kwok: number;
  /** Kubemark: the real kubelet's code, containers in its memory. */
  readonly hollow: number;
  /** The stock kubelet with containerd. */
  readonly real: number;
}

async function startKubelets(control: ControlPlane, { hollow, real }: NodeKinds) {
  const kubelets: (NodeProcess | RealNode)[] = [];
  for (const name of named('hollow', hollow)) kubelets.push(await control.startHollowNode(name));
  for (const name of named('real', real)) kubelets.push(await startRealNode(control, name));
  return new Map(kubelets.map((kubelet) => [kubelet.name, kubelet]));
}

/** The real control plane, by default with 5 kwok nodes. */
export async function realCluster(
  onProgress: (line: string) => void,
  kinds: NodeKinds = { kwok: 5, hollow: 0, real: 0 },
  extraArgs: NonNullable<ControlPlaneOptions['extraArgs']> = {},
): Promise<DemoCluster> {
  const control = await startControlPlane({ nodes: kinds.kwok, limits: 'lifted', extraArgs, onProgress });
  try {
    await install({
      connection: { kubeconfig: control.kubeconfig },
      namespace: SYSTEM_NAMESPACE,
      onProgress,
    });
    const kubelets = await startKubelets(control, kinds);
    const others = kubelets.size === 0 ? '' : `, ${kinds.hollow} hollow, ${kinds.real} real`;
    return {
      what: `real control plane ${control.version} on this machine, ${kinds.kwok} kwok nodes${others}`,
      nodes: [...named('node', kinds.kwok), ...kubelets.keys()],
      kubelets,
      kubeconfig: control.kubeconfig,
      kubeconfigs: await kubeconfigsBy((account) =>
        control.serviceAccountKubeconfig(SYSTEM_NAMESPACE, account),
      ),
      totals: async () => ({ requests: requestCount(await control.metrics()), bytes: null }),
      async stop() {
        for (const kubelet of kubelets.values()) await kubelet.stop();
        await control.stop();
      },
    };
  } catch (error) {
    await control.stop();
    throw error;
  }
}

/** Removes a folder, whatever is in it. */
export function removeFolder(folder: string): void {
  fs.rmSync(folder, { recursive: true, force: true });
}
