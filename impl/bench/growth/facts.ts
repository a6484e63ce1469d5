/** The objects of the growth figure. */
import type { DeploymentFact, NodeFact, PodFact, ReplicaSetFact } from '../../../spec/facts.ts';
import type { PodRecord, Resources } from '../../../spec/vocabulary.ts';
import { overJson } from './world.ts';

/** One thousandth of a core, so that any number of Pods fits where it should. */
export const REQUESTS: Resources = { cpu: 100, memory: 134_217_728, pods: 1 };

/** uids have the length of real ones. */
export const uidOf = (kind: string, i: number): string =>
  `${kind}-${String(i).padStart(8, '0')}-4f1c-9d3b-5b1f9c6b7a11`;

/** An eligible ReplicaSet of the i-th Deployment. */
export function replicaSetFact(i: number, more: Partial<ReplicaSetFact> = {}): ReplicaSetFact {
  return overJson<ReplicaSetFact>({
    uid: uidOf('rs', i),
    namespace: 'default',
    name: `function-${i}-6d4cf56db6`,
    deployment: uidOf('d', i),
    revisionNumber: 1,
    revision: '6d4cf56db6',
    resourceVersion: String(1000 + i),
    replicas: 0,
    desired: 0,
    written: null,
    template: 'template-0',
    deleting: false,
    requests: REQUESTS,
    priority: 0,
    constraints: { nodeSelector: {}, tolerations: [], nodeAffinity: [] },
    ineligible: [],
    ...more,
  });
}

/** A Deployment. */
export function deploymentFact(i: number, more: Partial<DeploymentFact> = {}): DeploymentFact {
  return overJson<DeploymentFact>({
    uid: uidOf('d', i),
    namespace: 'default',
    name: `function-${i}`,
    resourceVersion: String(1000 + i),
    generation: 1,
    replicas: 0,
    replicasOwner: 'kubectl/Update/',
    rest: 'rest-0',
    written: null,
    template: 'template-0',
    deleting: false,
    paused: false,
    ...more,
  });
}

/** A Node with an agent and room for any number of Pods. */
export function nodeFact(name: string, agent: number, pods: number): NodeFact {
  return overJson<NodeFact>({
    name,
    uid: `node-uid-${name}`,
    resourceVersion: '1',
    capacity: { cpu: REQUESTS.cpu * pods, memory: REQUESTS.memory * pods, pods },
    labels: { 'kubernetes.io/hostname': name },
    taints: [],
    unschedulable: false,
    ready: true,
    agent,
    address: `${name}:1`,
    mark: null,
    drained: null,
  });
}

/** The object of a record, as a watch shows it. */
export function podFact(record: PodRecord, more: Partial<PodFact> = {}): PodFact {
  return overJson<PodFact>({
    namespace: 'default',
    name: `function-0-6d4cf56db6-${record.uid}`,
    metadataUid: `5b1f9c6b-7a11-4f1c-9d3b-${record.uid}`,
    resourceVersion: '12345',
    uid: record.uid,
    managed: true,
    replicaSet: record.replicaSet,
    revision: record.revision,
    node: record.node,
    phase: 'Pending',
    ready: false,
    deleting: false,
    requests: record.requests,
    priority: record.priority,
    deletionCost: 0,
    ...more,
  });
}

/** A Pod of somebody else. */
export function strangerFact(i: number, node: string): PodFact {
  return overJson<PodFact>({
    namespace: 'kube-system',
    name: `stranger-${i}`,
    metadataUid: uidOf('s', i),
    resourceVersion: '1',
    uid: null,
    managed: false,
    replicaSet: null,
    revision: '',
    node,
    phase: 'Running',
    ready: true,
    deleting: false,
    requests: REQUESTS,
    priority: 0,
    deletionCost: 0,
  });
}
