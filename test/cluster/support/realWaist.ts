/**
 * The five stages as processes on the real control plane, each under its own ServiceAccount, with kubectl, histories of
 * Pods, and the judgement of the recorded traces: what the tests of this folder have in common.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKubernetesClient, type KubernetesClient } from '../../../impl/controller/kubernetes/client.ts';
import { pathOf } from '../../../impl/controller/kubernetes/paths.ts';
import type { KubernetesObject } from '../../../impl/controller/kubernetes/types.ts';
import { MANAGED_LABEL, SYSTEM_NAMESPACE } from '../../../impl/controller/names.ts';
import { SpawnedStage, type SpawnedWaist, spawnWaist } from '../../../impl/controller/process/spawn.ts';
import {
  binariesSupported,
  type ControlPlane,
  type ControlPlaneOptions,
  resolveBinaries,
  startControlPlane,
} from '../../../impl/controlplane/index.ts';
import { ACCOUNTS } from '../../../impl/deploy/identities.ts';
import { install } from '../../../impl/deploy/install.ts';
import { judgeTrace } from '../../../impl/trace/checks.ts';
import type { TraceFile } from '../../../impl/trace/parse.ts';
import { readTrace, readTraceFiles } from '../../../impl/trace/read.ts';
import { PodHistory } from './podHistory.ts';

/** Programs of the real control plane. */
export const NEEDED = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
  'kubectl',
] as const;
/** Whether this machine has or can build the real control plane. */
export const support = await binariesSupported([...NEEDED, 'kubemark']);
if (!support.ok) console.warn(`SKIPPED, the narrow waist on the real control plane: ${support.reason}`);

/** For `beforeAll`: the first run builds the programs. */
export const BUILD_MS = 30 * 60_000;
/** For one test. */
export const CASE_MS = 4 * 60_000;

/** What a managed (or not) Deployment of a test looks like. */
export interface DeploymentShape {
  readonly managed?: boolean;
  readonly replicas?: number;
  readonly requests?: Readonly<Record<string, string>>;
  /** More of the Pod's spec. */
  readonly pod?: object;
  /** More of the container. */
  readonly container?: object;
  /** More labels of the Pods. */
  readonly labels?: Readonly<Record<string, string>>;
  /** More of the Deployment's spec. */
  readonly spec?: object;
}

/** Manifest of a Deployment whose Pods carry `app: <name>`. */
export function deploymentManifest(name: string, shape: DeploymentShape, namespace = 'default'): object {
  const {
    managed = true,
    replicas = 0,
    requests = { cpu: '10m', memory: '10Mi' },
    pod = {},
    container = {},
    spec = {},
  } = shape;
  const labels = { app: name, ...(managed && { [MANAGED_LABEL]: 'true' }), ...shape.labels };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          containers: [{ name: 'main', image: 'none', resources: { requests }, ...container }],
          ...pod,
        },
      },
      ...spec,
    },
  };
}

/** A Deployment as a test reads it. */
export interface DeploymentSeen extends KubernetesObject {
  readonly spec: { readonly replicas: number };
  readonly status: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly updatedReplicas?: number;
  };
}

/** How {@link startRealWaist} starts. */
export interface RealWaistOptions extends ControlPlaneOptions {
  /** Nodes of the one agent process. Default: the kwok nodes of the start. */
  readonly agentNodes?: readonly string[];
  /** Who runs the containers. Default: stock kubelets. */
  readonly runtime?: 'publish' | 'cri';
  /** More arguments of the agent, asked for after `prepare`. */
  readonly agentMore?: () => readonly string[];
  /** The one namespace whose Deployments are managed; made. */
  readonly watchNamespace?: string;
  /** Called when the control plane is up and before the stages start: to add nodes. */
  readonly prepare?: (cluster: ControlPlane) => Promise<void>;
}

/** What recorded traces show. */
export interface Judgement {
  /** Steps that break a property, in words. */
  readonly broken: readonly string[];
  /** How often each property was put to the test. */
  readonly tested: Readonly<Record<string, number>>;
}

/** Everything a test file needs. */
export interface RealWaist {
  readonly cluster: ControlPlane;
  readonly client: KubernetesClient;
  readonly waist: SpawnedWaist;
  /** Logs, journals, traces. */
  readonly folder: string;
  kubectl(...args: string[]): Promise<string>;
  create(name: string, shape?: DeploymentShape): Promise<PodHistory>;
  /** By the direct scale API. */
  scale(name: string, replicas: number): Promise<void>;
  read(name: string): Promise<DeploymentSeen>;
  /** Waits until the stock Deployment status says exactly this and nothing is under way. */
  statusRests(name: string, replicas: number): Promise<void>;
  /** Another agent process, for some Nodes. Started. */
  agent(nodes: readonly string[]): Promise<SpawnedStage>;
  /** What was recorded until now, of each life the beginning; the stages go on. */
  recorded(): Promise<readonly TraceFile[]>;
  /** Waits until the traces show no property broken (confirmations may be under way), stops the stages, and judges. */
  judgeAtRest(): Promise<Judgement>;
  /** Stops the stages; the control plane stays. */
  stopStages(): Promise<void>;
  stop(): Promise<void>;
}

/** Polls until it holds. */
export async function until<T>(
  what: string,
  read: () => Promise<T | undefined | false>,
  timeoutMs = 90_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`never came to hold: ${what}`);
    await sleep(100);
  }
}

async function stageKubeconfigs(cluster: ControlPlane, runtime: 'publish' | 'cri') {
  const of = (account: string) => cluster.serviceAccountKubeconfig(SYSTEM_NAMESPACE, account);
  const [autoscaler, deployment, replicaset, scheduler, kubelet] = await Promise.all(
    [
      ACCOUNTS.autoscaler,
      ACCOUNTS.deployment,
      ACCOUNTS.replicaset,
      ACCOUNTS.scheduler,
      runtime === 'cri' ? ACCOUNTS.simulator : ACCOUNTS.publisher,
    ].map(of),
  );
  return {
    autoscaler: autoscaler!,
    deployment: deployment!,
    replicaset: replicaset!,
    scheduler: scheduler!,
    kubelet: kubelet!,
  };
}

function judge(folder: string): Judgement {
  const verdicts = judgeTrace(readTrace(path.join(folder, 'traces')));
  return {
    broken: verdicts.flatMap(({ property, broken }) => broken.map((text) => `${property}: ${text}`)),
    tested: Object.fromEntries(verdicts.map(({ property, tested }) => [property, tested])),
  };
}

/** Lines until now: no file is read to a later moment than another. */
async function recordedIn(folder: string): Promise<readonly TraceFile[]> {
  const now = Date.now();
  await sleep(200);
  return readTraceFiles(path.join(folder, 'traces')).map((file) => ({
    ...file,
    lines: file.lines.filter(({ line }) => line.at <= now),
  }));
}

/** Starts a control plane, installs, and starts the five stages. */
export async function startRealWaist(options: RealWaistOptions): Promise<RealWaist> {
  const { agentNodes, prepare, runtime = 'publish', agentMore, watchNamespace, ...forCluster } = options;
  await resolveBinaries(NEEDED, { onProgress: console.log });
  const cluster = await startControlPlane({ limits: 'lifted', ...forCluster });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-waist-'));
  const client = createKubernetesClient({ kubeconfig: cluster.kubeconfig, userAgent: 'kubedirect-test' });
  const histories: PodHistory[] = [];
  const agents: SpawnedStage[] = [];
  let waist: SpawnedWaist | null = null;
  const stopStages = async () => {
    await Promise.all(agents.map((each) => each.stop()));
    await waist?.stop();
  };
  const stop = async () => {
    await Promise.all(histories.map((each) => each.stop()));
    await stopStages();
    await client.close();
    await cluster.stop();
    if (process.env.KUBEDIRECT_KEEP === undefined) fs.rmSync(folder, { recursive: true, force: true });
    else console.log(`kept: ${folder}`);
  };
  try {
    if (watchNamespace !== undefined) await cluster.kubectl(['create', 'namespace', watchNamespace]);
    await install({
      connection: { kubeconfig: cluster.kubeconfig, scope: watchNamespace },
      namespace: SYSTEM_NAMESPACE,
      simulator: runtime === 'cri',
    });
    await prepare?.(cluster);
    const nodes = agentNodes ?? Array.from({ length: options.nodes ?? 0 }, (_, i) => `node-${i}`);
    const kubeconfigs = await stageKubeconfigs(cluster, runtime);
    const started = await spawnWaist({
      kubeconfigs,
      nodes,
      runtime,
      agentMore: agentMore?.() ?? [],
      folder,
      watchNamespace,
      traces: true,
    });
    waist = started;
    const kubectl = async (...args: string[]) => {
      const { stdout, stderr, code } = await cluster.kubectl(args);
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
      return stdout;
    };
    const read = (name: string) =>
      client.request<DeploymentSeen>({
        method: 'GET',
        path: pathOf({ resource: 'deployments', namespace: 'default', name }),
      });
    return {
      ...{ cluster, client, waist: started, folder, kubectl, read, stopStages, stop },
      async create(name, shape = {}) {
        const body = deploymentManifest(name, shape);
        await client.request({
          method: 'POST',
          path: pathOf({ resource: 'deployments', namespace: 'default' }),
          body,
        });
        const history = new PodHistory(client, 'default', `app=${name}`);
        histories.push(history);
        await history.synced();
        return history;
      },
      scale: (name, replicas) => started.scale('default', name, replicas),
      async statusRests(name, replicas) {
        await until(`the status of ${name} says ${replicas}`, async () => {
          const { metadata, spec, status } = await read(name);
          const { replicas: all = 0, readyReplicas = 0, availableReplicas = 0, updatedReplicas = 0 } = status;
          const counts = [spec.replicas, all, readyReplicas, availableReplicas, updatedReplicas];
          return (
            counts.every((count) => count === replicas) && status.observedGeneration === metadata.generation
          );
        });
      },
      async agent(names) {
        const args = [
          ...['agent', '--nodes', names.join(','), '--kubeconfig', kubeconfigs.kubelet],
          ...['--journals', path.join(folder, 'journals'), '--traces', path.join(folder, 'traces')],
        ];
        const agent = new SpawnedStage('kubelet', args, path.join(folder, `agent-${names[0]}.log`));
        agents.push(agent);
        await agent.start();
        return agent;
      },
      recorded: () => recordedIn(folder),
      async judgeAtRest() {
        await until(
          'the traces show every property',
          async () => judge(folder).broken.length === 0,
          30_000,
        ).catch(() => {});
        await stopStages();
        return judge(folder);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
