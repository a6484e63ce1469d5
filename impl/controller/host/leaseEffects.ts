/** Effects on Leases and Nodes: consistent reads, registration, marks, drains, acknowledgements. */
import { mayStand } from '../../../machines/ownership/registration.ts';
import type { Effect } from '../../../spec/effects.ts';
import { readPeerIncarnation } from '../incarnation.ts';
import { pause } from '../kubernetes/backoff.ts';
import { isKubernetesError } from '../kubernetes/errors.ts';
import { pathOf } from '../kubernetes/paths.ts';
import type { KubernetesObject } from '../kubernetes/types.ts';
import {
  ACKNOWLEDGED_OWNER_ANNOTATION,
  AGENT_ADDRESS_ANNOTATION,
  AGENT_INCARNATION_ANNOTATION,
  DRAINED_ANNOTATION,
  formatAcknowledgement,
  formatFence,
  INCARNATION_ANNOTATION,
  leaseName,
  MARK_ANNOTATION,
} from '../names.ts';
import { nodeFact } from './facts.ts';
import { fenced } from './fenced.ts';
import type { NodeObject } from './objects.ts';
import { ask, persist, tell } from './persist.ts';
import type { Life } from './runner.ts';

type Of<T extends Effect['type']> = Extract<Effect, { type: T }>;

/** Consistent read of a peer's incarnation. */
export function readLease(life: Life, { subject, token }: Of<'readLease'>): void {
  ask(
    life,
    `read of ${subject}'s incarnation`,
    () => readPeerIncarnation(life.client, subject, life.namespace),
    (read) => life.give({ type: 'leaseRead', subject, token, ...read }),
  );
}

/** Consistent list of all Nodes. */
export function listNodes(life: Life): void {
  ask(
    life,
    'list of Nodes',
    () => life.client.list<NodeObject>(pathOf({ resource: 'nodes' })),
    ({ items }) => life.give({ type: 'nodesListed', nodes: items.map(nodeFact) }),
  );
}

const nodePath = (name: string) => pathOf({ resource: 'nodes', name });

/** Writes the agent's incarnation and address on its Node, unless a higher one stands there. Waits for a Node that is absent. */
export function register(life: Life): void {
  const name = life.node as string;
  ask(
    life,
    'registration on the Node',
    async () => {
      for (;;) {
        const node = await life.client.get<NodeObject>(nodePath(name));
        if (node === undefined) throw new Error(`Node ${name} does not exist`);
        const fact = nodeFact(node);
        if (!mayStand(life.incarnation, fact.agent)) return fact;
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
  );
}

/** Consistent read of a Node. */
export function readNode(life: Life, { node: name, token }: Of<'readNode'>): void {
  ask(
    life,
    `read of Node ${name}`,
    () => life.client.get<NodeObject>(nodePath(name)),
    (node) => life.give({ type: 'nodeRead', name, token, node: node === undefined ? null : nodeFact(node) }),
  );
}

/** S marks a Node. A write whose fate is not known is answered as a conflict: the Node is read again, and shows it. */
export function mark(life: Life, { node, nodeUid, mark: fence, resourceVersion }: Of<'mark'>): void {
  const annotations = { [MARK_ANNOTATION]: formatFence(fence) };
  const patch = { metadata: { uid: nodeUid, resourceVersion, annotations } };
  fenced(life, () => life.client.patchNode(node, patch, 'kubedirect-scheduler'))
    .then(() => 'written' as const)
    .catch(async (error: unknown) => {
      if (isKubernetesError(error, 'NotFound')) return 'gone' as const;
      tell(life, `mark on Node ${node}`)(error);
      // The machine tries again at once: a server that refuses for another reason must not be asked in a tight loop.
      if (!isKubernetesError(error, 'Conflict')) await pause(1_000, life.signal);
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

/** What each life has to say last: an older acknowledgement that is still being tried is given up. */
const lastWords = new WeakMap<Life, Of<'acknowledgeOwner'>>();

/** Says on the own Lease (K: Node) which owner of managed Pods was seen; a life that is superseded says nothing any more. */
export function acknowledgeOwner(life: Life, effect: Of<'acknowledgeOwner'>): void {
  const { owner, switchVersion } = effect;
  lastWords.set(life, effect);
  const annotations = { [ACKNOWLEDGED_OWNER_ANNOTATION]: formatAcknowledgement(owner, switchVersion) };
  const counter = life.node === null ? INCARNATION_ANNOTATION : AGENT_INCARNATION_ANNOTATION;
  const path =
    life.node === null
      ? pathOf({ resource: 'leases', namespace: life.namespace, name: leaseName(life.self as 'scheduler') })
      : nodePath(life.node);
  ask(
    life,
    'acknowledgement of the owner',
    async () => {
      const object = await life.client.get<KubernetesObject>(path);
      if (object?.metadata.annotations?.[counter] !== String(life.incarnation)) return;
      if (lastWords.get(life) !== effect) return;
      const { resourceVersion } = object.metadata;
      const body = { metadata: { resourceVersion, annotations } };
      await life.client.request({ method: 'PATCH', path, patchType: 'merge', body });
    },
    () => {},
  );
}
