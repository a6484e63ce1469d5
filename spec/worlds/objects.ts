/** Small objects that worlds are made of. */
import type { DeploymentFact, ReplicaSetFact } from '../facts.ts';
import type { Resources } from '../vocabulary.ts';

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
