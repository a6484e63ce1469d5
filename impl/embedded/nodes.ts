/** What an embedded cluster is born with: the Namespaces, and Nodes as kwok makes them. */
import { apply } from '../../machines/environment/apiserver/apply.ts';
import { emptyApi } from '../../machines/environment/apiserver/store.ts';
import type { ApiRequest, ApiState } from '../../machines/environment/apiserver/types.ts';
import { timestamp } from '../../machines/environment/mint.ts';
import { ADMINISTRATOR } from './identity.ts';

/** @internal */
export interface Birth {
  readonly seed: number;
  readonly now: number;
  readonly nodes: number;
  readonly capacity: Readonly<Record<'cpu' | 'memory' | 'pods', string>>;
  readonly historyLimit?: number;
}

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

function nodeBody(index: number, birth: Birth): object {
  const name = `node-${index}`;
  const capacity = { ...birth.capacity, 'ephemeral-storage': '1Ti' };
  const time = timestamp(birth.now);
  const condition = (type: string, status: string, reason: string) => ({
    type,
    status,
    reason,
    message: reason,
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  });
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'beta.kubernetes.io/arch': 'amd64',
        type: 'kwok',
      },
      annotations: { 'kwok.x-k8s.io/node': 'fake', 'node.alpha.kubernetes.io/ttl': '0' },
    },
    spec: {
      podCIDR: `10.${64 + (index >> 8)}.${index & 255}.0/24`,
      podCIDRs: [`10.${64 + (index >> 8)}.${index & 255}.0/24`],
    },
    status: {
      capacity,
      allocatable: capacity,
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID'),
        condition('Ready', 'True', 'KubeletReady'),
      ],
      addresses: [
        { type: 'InternalIP', address: `10.0.${index >> 8}.${index & 255}` },
        { type: 'Hostname', address: name },
      ],
      nodeInfo: {
        architecture: 'amd64',
        operatingSystem: 'linux',
        osImage: 'simulated',
        kernelVersion: 'simulated',
        containerRuntimeVersion: 'simulated',
        kubeletVersion: 'v1.36.3-embedded',
        kubeProxyVersion: '',
        machineID: '',
        systemUUID: '',
        bootID: '',
      },
    },
  };
}

function create(state: ApiState, asked: Pick<ApiRequest, 'resource' | 'body' | 'now'>): ApiState {
  const options = { fieldManager: 'kubedirect-embedded' };
  const [next, response] = apply(state, {
    verb: 'create',
    group: '',
    version: 'v1',
    options,
    user: ADMINISTRATOR,
    ...asked,
  });
  if (response.code !== 201)
    throw new Error(`the embedded cluster could not be made: ${JSON.stringify(response.body)}`);
  return next;
}

/** The API Server of a new cluster. */
export function newborn(birth: Birth): ApiState {
  const { historyLimit, now, seed } = birth;
  let state = emptyApi({ seed, ...(historyLimit === undefined ? {} : { historyLimit }) });
  for (const name of NAMESPACES)
    state = create(state, { resource: 'namespaces', body: { metadata: { name } }, now });
  for (let i = 0; i < birth.nodes; i++)
    state = create(state, { resource: 'nodes', body: nodeBody(i, birth), now });
  return state;
}
