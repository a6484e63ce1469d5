/** Consistent reads: what each reading effect would be answered now. */
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { PodFact } from '../../spec/facts.ts';
import type { PeerName } from '../../spec/vocabulary.ts';
import { type Api, isTail, nodeOf, type Process } from './world.ts';

/** The name of the object of a Pod: it follows from the uid. */
export function podName(api: Api, replicaSet: string, uid: string): string {
  return `${api.replicaSets[replicaSet]?.name ?? replicaSet}-${uid}`;
}

/** What a stage lists: K the Pods on its node, R the managed ones; in the order of their names. */
export function podsFor(api: Api, peer: PeerName): readonly PodFact[] {
  const isAsked = ({ node, managed }: PodFact) => (isTail(peer) ? node === nodeOf(peer) : managed);
  return Object.values(api.pods)
    .filter(isAsked)
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
      return { type: 'podsListed', pods: podsFor(api, process.peer) };
    default:
      return null;
  }
}
