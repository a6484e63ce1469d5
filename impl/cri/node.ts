/**
 * The Node of an agent that runs containers itself: its object with what the machine has, a taint that keeps Pods away that are not managed,
 * and the signs of life that the stock controllers look for. Written under the identity of a kubelet, which may do no more than that.
 */
import os from 'node:os';
import { KubedirectError } from '../../spec/errors.ts';
import { pause } from '../controller/kubernetes/backoff.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import type { KubernetesObject } from '../controller/kubernetes/types.ts';
import { AGENT_TAINT } from '../controller/names.ts';

/** Keeps Pods away that this node's agent does not run: it runs managed ones, which tolerate it by their template. @public */
export const NODE_TAINT = { key: AGENT_TAINT, value: 'cri', effect: 'NoSchedule' } as const;
const BEAT_MS = 10_000;
const LEASES = 'kube-node-lease';
/** In place of a kubelet's version: who keeps this Node. */
const KEPT_BY = 'kubedirect';

type NodeObject = KubernetesObject & {
  readonly status?: { readonly nodeInfo?: { readonly kubeletVersion?: string } };
};

/** What is said of a node. */
export interface NodeKeeping {
  readonly client: KubernetesClient;
  readonly name: string;
  /** Of the node, where Pods and kubectl find it. */
  readonly address: string;
  /** `containerd 1.6.20`, or another. */
  readonly runtime: string;
  readonly maxPods: number;
  /** Of the kubelet's API. */
  readonly port: number;
  readonly signal: AbortSignal;
  readonly log: (text: string, fields: Readonly<Record<string, unknown>>) => void;
}

function statusOf({ name, address, runtime, maxPods, port }: NodeKeeping) {
  const room = {
    cpu: String(os.availableParallelism()),
    memory: `${Math.floor(os.totalmem() / 1024)}Ki`,
    pods: String(maxPods),
  };
  const now = new Date().toISOString();
  const condition = (type: string, status: string, reason: string) => {
    return { type, status, reason, lastHeartbeatTime: now, lastTransitionTime: now };
  };
  return {
    capacity: room,
    allocatable: room,
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: name },
    ],
    conditions: [
      condition('Ready', 'True', 'AgentReady'),
      condition('MemoryPressure', 'False', 'AgentHasSufficientMemory'),
      condition('DiskPressure', 'False', 'AgentHasNoDiskPressure'),
      condition('PIDPressure', 'False', 'AgentHasSufficientPID'),
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    nodeInfo: {
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      operatingSystem: 'linux',
      kernelVersion: os.release(),
      osImage: os.version(),
      containerRuntimeVersion: runtime.replace(' ', '://'),
      kubeletVersion: KEPT_BY,
      machineID: '',
      systemUUID: '',
      bootID: '',
      kubeProxyVersion: '',
    },
  };
}

/** Makes the Node if there is none, and writes what it has. @throws KubedirectError `NODE_TAKEN` if a kubelet keeps it */
async function register(keeping: NodeKeeping): Promise<string> {
  const { client, name } = keeping;
  const path = pathOf({ resource: 'nodes', name });
  const found = await client.get<NodeObject>(path);
  const keeper = found?.status?.nodeInfo?.kubeletVersion ?? '';
  if (keeper !== '' && keeper !== KEPT_BY)
    throw new KubedirectError(
      'NODE_TAKEN',
      `Node ${name}: expected none, or one of this agent, got the one of a kubelet (${keeper}): its signs of life and its room are not ours to write. A cri agent has a Node of its own, <machine>-cri.`,
    );
  const node =
    found ??
    (await client.request<KubernetesObject>({
      method: 'POST',
      path: pathOf({ resource: 'nodes' }),
      body: {
        ...{ apiVersion: 'v1', kind: 'Node' },
        metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' } },
        spec: { taints: [NODE_TAINT] },
      },
    }));
  const body = { status: statusOf(keeping) };
  await client.request({ method: 'PATCH', path: `${path}/status`, patchType: 'strategic', body });
  return node.metadata.uid;
}

async function beat({ client, name }: NodeKeeping, uid: string): Promise<void> {
  const path = pathOf({ resource: 'leases', namespace: LEASES, name });
  const spec = {
    holderIdentity: name,
    leaseDurationSeconds: 40,
    renewTime: new Date().toISOString().replace('Z', '000Z'),
  };
  if ((await client.get(path)) !== undefined)
    return void (await client.request({ method: 'PATCH', path, patchType: 'merge', body: { spec } }));
  await client.request({
    method: 'POST',
    path: pathOf({ resource: 'leases', namespace: LEASES }),
    body: {
      ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
      metadata: { name, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }] },
      spec,
    },
  });
}

/** Keeps the Node until the signal: resolves once it is registered. Signs of life go on in the background. */
export async function keepNode(keeping: NodeKeeping): Promise<void> {
  const { signal, log } = keeping;
  const uid = await register(keeping);
  await beat(keeping, uid);
  void (async () => {
    for (;;) {
      await pause(BEAT_MS, signal);
      if (signal.aborted) return;
      await beat(keeping, uid).catch((error: Error) =>
        log('a sign of life of the Node was not taken', { error: error.message }),
      );
    }
  })();
}
