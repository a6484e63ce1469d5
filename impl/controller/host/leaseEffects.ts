/** Effects on Leases and Nodes: consistent reads, registration, marks, drains, acknowledgements. */
import type { Effect } from '../../../spec/effects.ts';
import { readPeerIncarnation } from '../incarnation.ts';
import { isKubernetesError } from '../kubernetes/errors.ts';
import { pathOf } from '../kubernetes/paths.ts';
import {
  ACKNOWLEDGED_OWNER_ANNOTATION,
  AGENT_ADDRESS_ANNOTATION,
  AGENT_INCARNATION_ANNOTATION,
  DRAINED_ANNOTATION,
  formatAcknowledgement,
  formatFence,
  leaseName,
  MARK_ANNOTATION,
} from '../names.ts';
import { nodeFact } from './facts.ts';
import type { NodeObject } from './objects.ts';
import { persist, tell } from './persist.ts';
import type { Life } from './runner.ts';

type Of<T extends Effect['type']> = Extract<Effect, { type: T }>;

/** Consistent read of a peer's incarnation. */
export function readLease(life: Life, { subject, token }: Of<'readLease'>): void {
  persist(
    life,
    `read of ${subject}'s incarnation`,
    () => readPeerIncarnation(life.client, subject, life.namespace),
    (incarnation) => life.give({ type: 'leaseRead', subject, token, incarnation }),
    (error) => {
      tell(life, `read of ${subject}'s incarnation`)(error);
      life.give({ type: 'leaseRead', subject, token, incarnation: null });
    },
  );
}

/** Consistent list of all Nodes. */
export function listNodes(life: Life): void {
  persist(
    life,
    'list of Nodes',
    () => life.client.list<NodeObject>(pathOf({ resource: 'nodes' })),
    ({ items }) => life.give({ type: 'nodesListed', nodes: items.map(nodeFact) }),
    tell(life, 'list of Nodes'),
  );
}

const nodePath = (name: string) => pathOf({ resource: 'nodes', name });

/** Writes the agent's incarnation and address on its Node, unless a higher one stands there. */
export function register(life: Life): void {
  const name = life.node as string;
  persist(
    life,
    'registration on the Node',
    async () => {
      for (;;) {
        const node = await life.client.get<NodeObject>(nodePath(name));
        if (node === undefined) throw new Error(`Node ${name} does not exist`);
        const fact = nodeFact(node);
        if (fact.agent !== null && fact.agent > life.incarnation) return fact;
        if (fact.agent === life.incarnation && fact.address === life.address) return fact;
        const annotations = {
          [AGENT_INCARNATION_ANNOTATION]: String(life.incarnation),
          [AGENT_ADDRESS_ANNOTATION]: life.address,
        };
        const { uid, resourceVersion } = node.metadata;
        const patch = { metadata: { uid, resourceVersion, annotations } };
        try {
          return nodeFact(await life.client.patchNode<NodeObject>(name, patch, 'kubedirect-agent'));
        } catch (error) {
          if (!isKubernetesError(error, 'Conflict')) throw error;
        }
      }
    },
    (node) => life.give({ type: 'registered', node }),
    (error) => life.stop(`registration on Node ${name} failed: ${String(error)}`),
  );
}

/** Consistent read of a Node. */
export function readNode(life: Life, { node: name, token }: Of<'readNode'>): void {
  persist(
    life,
    `read of Node ${name}`,
    () => life.client.get<NodeObject>(nodePath(name)),
    (node) => life.give({ type: 'nodeRead', name, token, node: node === undefined ? null : nodeFact(node) }),
    tell(life, `read of Node ${name}`),
  );
}

/** S marks a Node. A write whose fate is not known is answered as a conflict: the Node is read again, and shows it. */
export function mark(life: Life, { node, nodeUid, mark: fence, resourceVersion }: Of<'mark'>): void {
  const annotations = { [MARK_ANNOTATION]: formatFence(fence) };
  life.client
    .patchNode(node, { metadata: { uid: nodeUid, resourceVersion, annotations } }, 'kubedirect-scheduler')
    .then(() => 'written' as const)
    .catch((error: unknown) => {
      if (isKubernetesError(error, 'NotFound')) return 'gone' as const;
      tell(life, `mark on Node ${node}`)(error);
      return 'conflict' as const;
    })
    .then((outcome) => life.give({ type: 'marked', node, mark: fence, outcome }));
}

/** K writes the drain it completed on its Node. */
export function reportDrain(life: Life, { mark: fence }: Of<'reportDrain'>): void {
  const annotations = { [DRAINED_ANNOTATION]: formatFence(fence) };
  persist(
    life,
    'report of a drain',
    () => life.client.patchNode(life.node as string, { metadata: { annotations } }, 'kubedirect-agent'),
    () => {},
    tell(life, 'report of a drain'),
  );
}

/** Says on the own Lease (K: Node) which owner of managed Pods was seen. */
export function acknowledgeOwner(life: Life, { owner, switchVersion }: Of<'acknowledgeOwner'>): void {
  const annotations = { [ACKNOWLEDGED_OWNER_ANNOTATION]: formatAcknowledgement(owner, switchVersion) };
  const path =
    life.node === null
      ? pathOf({ resource: 'leases', namespace: life.namespace, name: leaseName(life.self as 'scheduler') })
      : nodePath(life.node);
  persist(
    life,
    'acknowledgement of the owner',
    () =>
      life.client.request({ method: 'PATCH', path, patchType: 'merge', body: { metadata: { annotations } } }),
    () => {},
    tell(life, 'acknowledgement of the owner'),
  );
}
