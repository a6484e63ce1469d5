/** The objects of the growth figure. */
import type { DeploymentFact, NodeFact, PodFact, ReplicaSetFact } from '../../../spec/facts.ts';
import type { PodRecord, Resources } from '../../../spec/vocabulary.ts';
import * as objects from '../../../spec/worlds/objects.ts';
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
  const capacity = { cpu: REQUESTS.cpu * pods, memory: REQUESTS.memory * pods, pods };
  return overJson(
    objects.node(name, capacity, {
      ...{ uid: `node-uid-${name}`, agent, address: `${name}:1` },
      labels: { 'kubernetes.io/hostname': name },
    }),
  );
}

/** The object of a record, as a watch shows it. */
export function podFact(record: PodRecord, more: Partial<PodFact> = {}): PodFact {
  const { uid, replicaSet, revision, node, requests, priority } = record;
  const name = `function-0-6d4cf56db6-${uid}`;
  const shown = { uid, managed: true, replicaSet, revision, node, requests, priority };
  return overJson(
    objects.pod(name, `5b1f9c6b-7a11-4f1c-9d3b-${uid}`, { resourceVersion: '12345', ...shown, ...more }),
  );
}

/** A Pod of somebody else. */
export function strangerFact(i: number, node: string): PodFact {
  const more = { namespace: 'kube-system', metadataUid: uidOf('s', i), requests: REQUESTS };
  return overJson(objects.foreignPod(`stranger-${i}`, { node, ...more }));
}
