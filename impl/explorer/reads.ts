/** Consistent reads: what each reading effect would be answered now. */
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { PodFact } from '../../spec/facts.ts';
import { type Api, isTail, nodeOf, type Process } from './world.ts';

/** The name of the object of a Pod: it follows from the uid. */
export function podName(api: Api, replicaSet: string, uid: string): string {
  return `${api.replicaSets[replicaSet]?.name ?? replicaSet}-${uid}`;
}

/** Pods on a node, in the order of their names. */
export function podsOn(api: Api, node: string): readonly PodFact[] {
  return Object.values(api.pods)
    .filter((pod) => pod.node === node)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The answer to a read, as the API Server stands; null if the effect is no read. */
export function answerNow(api: Api, process: Pick<Process, 'peer'>, effect: Effect): StageEvent | null {
  switch (effect.type) {
    case 'readLease': {
      const { subject, token } = effect;
      if (!isTail(subject))
        return { type: 'leaseRead', subject, token, incarnation: api.leases[subject] ?? null };
      const node = api.nodes[nodeOf(subject)];
      const incarnation = node?.agent ?? null;
      return { type: 'leaseRead', subject, token, incarnation, ...(node && { nodeUid: node.uid }) };
    }
    case 'listNodes':
      return {
        type: 'nodesListed',
        nodes: Object.values(api.nodes).sort((a, b) => (a.name < b.name ? -1 : 1)),
      };
    case 'readNode':
      return {
        type: 'nodeRead',
        name: effect.node,
        token: effect.token,
        node: api.nodes[effect.node] ?? null,
      };
    case 'readPod':
      return {
        type: 'podRead',
        uid: effect.uid,
        pod: api.pods[effect.name?.name ?? podName(api, effect.replicaSet, effect.uid)] ?? null,
      };
    case 'listPods':
      return { type: 'podsListed', pods: podsOn(api, nodeOf(process.peer)) };
    default:
      return null;
  }
}
