/** Small objects that worlds are made of. */
import type { DeploymentFact, NodeFact, PodFact, ReplicaSetFact } from '../facts.ts';
import type { PodRecord, Resources } from '../vocabulary.ts';

/** One Pod's worth of everything. @public */
export const ONE: Resources = { cpu: 1, memory: 1, pods: 1 };
/** `n` Pods' worth. @public */
export const room = (n: number): Resources => ({ cpu: n, memory: n, pods: n });

/** Deployment `d`, with template `t1`. @public */
export function deployment(replicas: number, uid = 'd'): DeploymentFact {
  return {
    uid,
    namespace: 'default',
    name: uid,
    resourceVersion: '1',
    generation: 1,
    replicas,
    replicasOwner: '',
    rest: 't1',
    written: null,
    template: 't1',
    deleting: false,
    paused: false,
  };
}

/** ReplicaSet `rs-t1` of Deployment `d`. @public */
export function replicaSet(replicas: number, change: Partial<ReplicaSetFact> = {}): ReplicaSetFact {
  return {
    uid: 'rs-t1',
    namespace: 'default',
    name: 'd-t1',
    deployment: 'd',
    revisionNumber: 1,
    revision: 't1',
    resourceVersion: '1',
    replicas,
    desired: replicas,
    written: null,
    template: 't1',
    deleting: false,
    requests: ONE,
    priority: 0,
    constraints: { nodeSelector: {}, tolerations: [], nodeAffinity: [] },
    ineligible: [],
    ...change,
  };
}

/** A Node that is ready, without an agent. @public */
export function node(name: string, capacity: Resources, change: Partial<NodeFact> = {}): NodeFact {
  return {
    name,
    uid: `uid-${name}`,
    resourceVersion: '1',
    capacity,
    labels: {},
    taints: [],
    unschedulable: false,
    ready: true,
    agent: null,
    address: '',
    mark: null,
    drained: null,
    ...change,
  };
}

/** A Pod's object as it is made: of nobody, not bound. @public */
export function pod(name: string, metadataUid: string, change: Partial<PodFact> = {}): PodFact {
  return {
    namespace: 'default',
    name,
    metadataUid,
    resourceVersion: '1',
    uid: null,
    managed: false,
    replicaSet: null,
    revision: '',
    node: null,
    phase: 'Pending',
    ready: false,
    deleting: false,
    requests: ONE,
    priority: 0,
    deletionCost: 0,
    ...change,
  };
}

/** The object that K publishes of a record; `runs`: its containers run already. @public */
export function publishedPod(
  name: string,
  metadataUid: string,
  record: PodRecord,
  where: { readonly node: string; readonly runs: boolean },
): PodFact {
  const { uid, replicaSet, revision, requests, priority } = record;
  const { node: on, runs } = where;
  const stamped = { uid, managed: true, replicaSet, revision, node: on, requests, priority };
  return pod(name, metadataUid, {
    ...stamped,
    phase: runs ? 'Running' : 'Pending',
    ready: runs && record.ready,
  });
}

/** The object that S publishes of a record for which there is no room: without a stamp, not bound. @public */
export function unboundPod(name: string, metadataUid: string, record: PodRecord): PodFact {
  const { uid: handedOver, replicaSet, revision, requests, priority } = record;
  return pod(name, metadataUid, { managed: true, replicaSet, revision, requests, priority, handedOver });
}

/** A Pod of somebody else, which runs on a Node. @public */
export function foreignPod(name: string, change: Partial<PodFact>): PodFact {
  return pod(name, `foreign-${name}`, { phase: 'Running', ready: true, ...change });
}
