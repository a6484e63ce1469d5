/**
 * What the API Server would say, where none runs: one Deployment with one ReplicaSet, the Nodes with their agents, the Leases. A publish
 * is never answered, as of a server that is slow; so what is measured is the chain alone.
 */

import type { Effect } from '../../../spec/effects.ts';
import { KubedirectError } from '../../../spec/errors.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { PeerName } from '../../../spec/vocabulary.ts';
import { deploymentFact, nodeFact, replicaSetFact, uidOf } from '../growth/facts.ts';
import type { Order } from './order.ts';

/** The Deployment that is scaled. */
export const DEPLOYMENT = uidOf('d', 0);

const direct: StageEvent = { type: 'switchObserved', switch: { owner: 'direct', resourceVersion: '1' } };

/** What a stage hears at its start besides answers. */
export function observedBy({ stage, nodes, incarnations, room }: Order): readonly StageEvent[] {
  const deployments: readonly StageEvent[] = [
    { type: 'deploymentObserved', deployment: deploymentFact(0) },
    { type: 'synced', what: 'deployments' },
  ];
  const replicaSets: readonly StageEvent[] = [
    { type: 'replicaSetObserved', replicaSet: replicaSetFact(0) },
    { type: 'synced', what: 'replicaSets' },
  ];
  const pods: StageEvent = { type: 'synced', what: 'pods' };
  const agents = nodes.map((name): StageEvent => {
    return { type: 'nodeObserved', node: nodeFact(name, incarnations[`kubelet/${name}`] as number, room) };
  });
  switch (stage) {
    case 'autoscaler':
      return [direct, ...deployments];
    case 'deployment':
      return [direct, ...replicaSets, ...deployments];
    case 'replicaset':
      return [direct, ...replicaSets, pods];
    case 'scheduler':
      return [direct, ...agents, { type: 'synced', what: 'nodes' }, ...replicaSets, pods];
    case 'kubelet':
      return [direct, pods];
  }
}

/** Answers what is asked of the API Server. */
export class Answers {
  readonly #order: Order;
  #generation = 1;

  constructor(order: Order) {
    this.#order = order;
  }

  /**
   * The answer; null to what has none, undefined if it is not asked of the API Server.
   * @throws KubedirectError `INVARIANT_BROKEN` at what no run without a fault asks for
   */
  to(effect: Effect, self: PeerName): StageEvent | null | undefined {
    const { incarnations, room, nodes } = this.#order;
    const node = (name: string) => nodeFact(name, incarnations[`kubelet/${name}`] as number, room);
    const own = self.slice('kubelet/'.length);
    switch (effect.type) {
      case 'connect':
      case 'disconnect':
      case 'send':
      case 'journal':
      case 'startPod':
      case 'stopPod':
      case 'setTimer':
      case 'cancelTimer':
        return undefined;
      case 'publish':
      case 'report':
      case 'acknowledgeOwner':
        return null;
      case 'readLease': {
        const { subject, token } = effect;
        const incarnation = incarnations[subject] ?? null;
        const nodeUid = subject.startsWith('kubelet/') && node(subject.slice('kubelet/'.length)).uid;
        return { type: 'leaseRead', subject, token, incarnation, ...(nodeUid !== false && { nodeUid }) };
      }
      case 'listNodes':
        return { type: 'nodesListed', nodes: nodes.map(node) };
      case 'register':
        return { type: 'registered', node: node(own) };
      case 'readNode':
        return { type: 'nodeRead', name: effect.node, token: effect.token, node: node(effect.node) };
      case 'listPods':
        return { type: 'podsListed', pods: [] };
      case 'writeReplicas': {
        const { deployment, value, written } = effect;
        this.#generation += 1;
        const generation = this.#generation;
        const more = { generation, resourceVersion: String(1000 + generation), written };
        const replicas = value ?? written.value;
        const after = deploymentFact(0, { ...more, replicas, replicasOwner: 'kubedirect-d/Update/' });
        return { type: 'replicasWritten', deployment, after, refusal: null };
      }
      default:
        throw new KubedirectError(
          'INVARIANT_BROKEN',
          `${self} asked for ${effect.type}, which nobody expected`,
        );
    }
  }
}
