/** The Nodes that an embedded cluster is born with, as kwok makes them. */
import { timestamp } from '../../machines/environment/mint.ts';
import { request, type World } from '../../machines/environment/world.ts';
import { ADMINISTRATOR } from './identity.ts';

/** @internal */
export interface Birth {
  readonly now: number;
  readonly nodes: number;
  readonly capacity: Readonly<Record<'cpu' | 'memory' | 'pods', string>>;
}

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

/** The world with its Nodes. */
export function withNodes(world: World, birth: Birth): World {
  let here = world;
  const options = { fieldManager: 'kubedirect-embedded' };
  const base = {
    verb: 'create',
    group: '',
    version: 'v1',
    resource: 'nodes',
    options,
    user: ADMINISTRATOR,
  } as const;
  for (let i = 0; i < birth.nodes; i++) {
    const [next, response] = request(here, { ...base, body: nodeBody(i, birth), now: birth.now });
    if (response.code !== 201) throw new Error(`a Node could not be made: ${JSON.stringify(response.body)}`);
    here = next;
  }
  return here;
}
