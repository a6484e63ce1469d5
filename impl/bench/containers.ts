/**
 * Real containers, side by side (`bench.md`, issue 7): from the write of the want to each process running, by containerd's own clock, and to its
 * Pod seen Ready. `stock`: the stock controllers with lifted limits, and the stock kubelet; `cri`: ours, the agent running the containers
 * itself. Each node has a containerd of its own, of the same kind; both take turns on one control plane. No readiness probes: what is Ready runs.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKubernetesClient, type KubernetesClient } from '../controller/kubernetes/client.ts';
import { SYSTEM_NAMESPACE } from '../controller/names.ts';
import { criArguments, type SpawnedWaist, spawnWaist } from '../controller/process/spawn.ts';
import { startControlPlane } from '../controlplane/index.ts';
import {
  ECHO_IMAGE,
  type RealContainerd,
  startRealContainerd,
  startRealNode,
} from '../controlplane/realnode.ts';
import { CriClient } from '../cri/client.ts';
import { NODE_TAINT } from '../cri/node.ts';
import { kubeconfigsBy } from '../demo/cluster.ts';
import { PodObserver } from '../demo/observer.ts';
import { createDeployment, deployment, NAMESPACE, scaleDeployment } from '../demo/workload.ts';
import { ACCOUNTS } from '../deploy/identities.ts';
import { install } from '../deploy/install.ts';
import { readTrace } from '../trace/read.ts';

/** Who is measured. */
export type ContainerContender = 'stock' | 'cri';

/** One round of one contender: ascending, ms from the want. */
export interface ContainerSample {
  readonly contender: ContainerContender;
  readonly count: number;
  readonly round: number;
  /** Process started, by containerd. */
  readonly running: readonly number[];
  /** Pod Ready at the API Server, by a watch. */
  readonly ready: readonly number[];
  /** `cri`: when K heard of each Pod, ms from the want: what comes before is the chain, what comes until it runs the runtime. */
  readonly assigned: readonly number[];
  /** `cri`: calls of the runtime until the last Pod was Ready, by method: how many, and ms of all. */
  readonly calls: Readonly<Record<string, Calls>>;
}

/** Calls of one method. */
export interface Calls {
  readonly count: number;
  readonly milliseconds: number;
}

/** How to measure. */
export interface ContainersOptions {
  readonly counts: readonly number[];
  readonly rounds: number;
  readonly onProgress: (line: string) => void;
}

const NODES = { stock: 'real-0', cri: 'cri-0' } as const;
const LABELLED = 'app';

function workload(contender: ContainerContender) {
  const body = deployment(contender, contender === 'cri', ECHO_IMAGE);
  const { template } = body.spec;
  const { key, value, effect } = NODE_TAINT;
  const spec = {
    ...template.spec,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 1,
    nodeSelector: { 'kubernetes.io/hostname': NODES[contender] },
    tolerations: [{ key, value, effect }],
  };
  return { ...body, spec: { ...body.spec, template: { ...template, spec } } };
}

const ascending = (values: readonly number[]) => [...values].sort((a, b) => a - b);

/** When the containers of the Pods of a Deployment were started, Unix ms. */
async function startedAt(runtime: CriClient, name: string): Promise<readonly number[]> {
  const containers = await runtime.containers({});
  const own = containers.filter(({ labels }) => labels['io.kubernetes.pod.name']?.startsWith(`${name}-`));
  const states = await Promise.all(own.map(({ id }) => runtime.containerStatus(id)));
  return states.map((state) => (state?.started_at ?? 0) / 1e6);
}

/** When K was given each Pod, Unix ms: by its trace. */
function assignedAt(folder: string, since: number): readonly number[] {
  return [...readTrace(path.join(folder, 'traces'))]
    .filter(([stage]) => stage.startsWith('kubelet/'))
    .flatMap(([, lines]) => lines)
    .flatMap(({ at, event }) =>
      event.type === 'received' && event.message.kind === 'Assign' && at >= since
        ? event.message.records.map(() => at)
        : [],
    );
}

/** What the agent's metrics say of its calls of the runtime until now. */
async function callsUntilNow(waist: SpawnedWaist): Promise<ReadonlyMap<string, Calls>> {
  const text = await (await fetch(`http://${waist.stages.kubelet.status}/metrics`)).text();
  const found = new Map<string, Calls>();
  for (const [, what, method = '', value] of text.matchAll(
    /^kubedirect_runtime_call_seconds_(sum|count)\{method="(\w+)"\} (\S+)$/gm,
  )) {
    const { count, milliseconds } = found.get(method) ?? { count: 0, milliseconds: 0 };
    const number = Number(value);
    found.set(
      method,
      what === 'sum' ? { count, milliseconds: number * 1_000 } : { count: number, milliseconds },
    );
  }
  return found;
}

function callsBetween(before: ReadonlyMap<string, Calls>, after: ReadonlyMap<string, Calls>) {
  const since = ([method, { count, milliseconds }]: readonly [string, Calls]) => {
    const earlier = before.get(method) ?? { count: 0, milliseconds: 0 };
    return [
      method,
      { count: count - earlier.count, milliseconds: milliseconds - earlier.milliseconds },
    ] as const;
  };
  return Object.fromEntries([...after].map(since).filter(([, { count }]) => count > 0));
}

interface Arena {
  readonly client: KubernetesClient;
  readonly runtimes: Readonly<Record<ContainerContender, CriClient>>;
  readonly waist: SpawnedWaist;
  readonly folder: string;
}

async function measure(arena: Arena, contender: ContainerContender, count: number, round: number) {
  const { client, runtimes, waist, folder } = arena;
  const scale = (replicas: number) =>
    contender === 'cri'
      ? waist.scale(NAMESPACE, contender, replicas)
      : scaleDeployment(client, contender, replicas);
  const observer = new PodObserver(client, NAMESPACE, `${LABELLED}=${contender}`);
  try {
    await observer.synced();
    await scale(0);
    const before = await callsUntilNow(waist);
    const [want, start] = [Date.now(), performance.now()];
    await scale(count);
    await observer.until(`${count} containers of ${contender}`, () => observer.ready.size >= count);
    const calls = contender === 'cri' ? callsBetween(before, await callsUntilNow(waist)) : {};
    const ready = observer.readyAt.map((moment) => moment - start);
    const running = (await startedAt(runtimes[contender], contender)).map((moment) => moment - want);
    const assigned = contender === 'cri' ? assignedAt(folder, want).map((moment) => moment - want) : [];
    await scale(0);
    await observer.until(`the Pods of ${contender} gone`, () => observer.pods === 0);
    while ((await startedAt(runtimes[contender], contender)).length > 0) await sleep(100);
    await sleep(1_000);
    return {
      ...{ contender, count, round, ready, calls },
      running: ascending(running),
      assigned: ascending(assigned),
    };
  } finally {
    await observer.stop();
  }
}

/**
 * Measures both, in turns. Linux and root only: real nodes.
 * @throws KubedirectError `REAL_NODE_UNSUPPORTED`; or if a round does not come to its end
 */
export async function measureContainers(options: ContainersOptions): Promise<readonly ContainerSample[]> {
  const { counts, rounds, onProgress } = options;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-bench-'));
  const plane = await startControlPlane({ nodes: 0, limits: 'lifted', onProgress });
  const client = createKubernetesClient({ kubeconfig: plane.kubeconfig });
  let waist: SpawnedWaist | null = null;
  let own: RealContainerd | null = null;
  const closing: (() => void)[] = [];
  try {
    await install({
      connection: { kubeconfig: plane.kubeconfig },
      namespace: SYSTEM_NAMESPACE,
      simulator: true,
    });
    const stock = await startRealNode(plane, NODES.stock);
    own = await startRealContainerd(plane, NODES.cri);
    const accounts = await kubeconfigsBy((account) =>
      plane.serviceAccountKubeconfig(SYSTEM_NAMESPACE, account),
    );
    const of = (account: string) => plane.serviceAccountKubeconfig(SYSTEM_NAMESPACE, account);
    waist = await spawnWaist({
      kubeconfigs: { ...accounts, kubelet: await of(ACCOUNTS.simulator) },
      control: await of(ACCOUNTS.control),
      nodes: [NODES.cri],
      runtime: 'cri',
      agentMore: [
        ...criArguments(own, await plane.userKubeconfig(`system:node:${NODES.cri}`, ['system:nodes'])),
        ...['--status', '127.0.0.1:0'],
      ],
      folder,
      traces: true,
      rehearses: true,
    });
    for (const contender of ['stock', 'cri'] as const) await createDeployment(client, workload(contender));
    await sleep(3_000);
    const runtimes = {
      stock: new CriClient(stock.containerdSocket),
      cri: new CriClient(own.containerdSocket),
    };
    closing.push(
      () => runtimes.stock.close(),
      () => runtimes.cri.close(),
    );
    const arena = { client, runtimes, waist, folder };
    const samples: ContainerSample[] = [];
    for (const count of counts)
      for (let round = 0; round <= rounds; round++)
        for (const contender of ['stock', 'cri'] as const) {
          const sample = await measure(arena, contender, count, round);
          if (round > 0) samples.push(sample);
          const last = (values: readonly number[]) => (values.at(-1) ?? 0).toFixed(0);
          const what = `${contender} ${count}, ${round === 0 ? 'warm-up' : `round ${round}`}`;
          onProgress(
            `${what}: last running after ${last(sample.running)} ms, Ready ${last(sample.ready)} ms`,
          );
        }
    return samples;
  } finally {
    for (const close of closing) close();
    await waist?.stop();
    await own?.stop();
    await client.close();
    await plane.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
