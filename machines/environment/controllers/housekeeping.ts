/** Small stock controllers: Namespaces that go, their service accounts, Pods of Nodes that went, Node leases, old Events. */
import { conditionOf, isPodFinished, type Namespace, type Node, type Pod } from '../apiserver/kube.ts';
import {
  events,
  leases,
  namespaces,
  pods,
  RESOURCES,
  resourceOfStorage,
  serviceAccounts,
} from '../apiserver/registry.ts';
import { boundTo, findObject, objectAt, objectsOf } from '../apiserver/store.ts';
import { isSimulated } from './kubelet/sync.ts';
import type { SyncOutcome } from './replicaSet/sync.ts';
import { call, microNow, type Session, succeeded, target } from './session.ts';

/** How often what waits is looked at again. */
const POLL_MS = 100;
const DONE: SyncOutcome = { failed: false };

const namespaced = [...new Set(RESOURCES.filter((one) => one.namespaced).map((one) => one.storage))].map(
  resourceOfStorage,
);

/** Empties a Namespace that goes, then lets it go. */
export function finishNamespace(session: Session, key: string): SyncOutcome {
  const namespace = objectAt(session.api, key) as Namespace | undefined;
  if (namespace === undefined || namespace.metadata.deletionTimestamp === undefined) return DONE;
  const { name } = namespace.metadata;
  let left = 0;
  for (const definition of namespaced) {
    for (const object of objectsOf(session.api, definition.storage, name)) {
      if (object.metadata.deletionTimestamp === undefined)
        call(session, { verb: 'delete', ...target(definition, object) });
    }
    for (const _ of objectsOf(session.api, definition.storage, name)) left += 1;
  }
  if (left > 0) return { failed: false, again: session.now + POLL_MS };
  const body = { ...namespace, spec: { finalizers: [] } };
  return {
    failed: !succeeded(
      call(session, { verb: 'update', of: namespaces, name, subresource: 'finalize', body }),
    ),
  };
}

/** Every Namespace has a service account `default`. */
export function ensureServiceAccount(session: Session, key: string): SyncOutcome {
  const namespace = objectAt(session.api, key) as Namespace | undefined;
  if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return DONE;
  const { name } = namespace.metadata;
  if (findObject(session.api, serviceAccounts, name, 'default') !== undefined) return DONE;
  const response = call(session, {
    verb: 'create',
    of: serviceAccounts,
    namespace: name,
    body: { metadata: { name: 'default' } },
  });
  return { failed: !succeeded(response) };
}

/** Pods bound to a Node that does not exist are deleted by force (`podgc`). */
export function collectPodsOf(session: Session, key: string): SyncOutcome {
  if (objectAt(session.api, key) !== undefined) return DONE;
  for (const podKey of boundTo(session.api, key.slice('nodes/'.length))) {
    const pod = objectAt(session.api, podKey) as Pod | undefined;
    if (pod === undefined) continue;
    if (!isPodFinished(pod)) {
      const lost = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByPodGC',
        message: 'PodGC: node no longer exists',
      };
      const conditions = conditionOf(pod.status, 'DisruptionTarget') === undefined ? [lost] : [];
      const body = { status: { phase: 'Failed', conditions } };
      call(session, {
        verb: 'patch',
        ...target(pods, pod),
        subresource: 'status',
        body,
        patchType: 'strategic',
      });
    }
    call(session, {
      verb: 'delete',
      ...target(pods, pod),
      options: { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } },
    });
  }
  return DONE;
}

/** A kubelet renews its Lease this often. */
const RENEW_MS = 10_000;
const LEASE_NAMESPACE = 'kube-node-lease';

/** Renews the Lease of a simulated Node. */
export function renewLease(session: Session, key: string): SyncOutcome {
  const node = objectAt(session.api, key) as Node | undefined;
  if (node === undefined || !isSimulated(node)) return DONE;
  const { name, uid } = node.metadata;
  const user = { username: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated'] };
  const again = session.now + RENEW_MS;
  const known = findObject(session.api, leases, LEASE_NAMESPACE, name);
  const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: microNow(session) };
  if (known === undefined) {
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid }];
    const body = { metadata: { name, ownerReferences }, spec };
    call(session, { verb: 'create', of: leases, namespace: LEASE_NAMESPACE, body, user });
  } else call(session, { verb: 'update', ...target(leases, known), body: { ...known, spec }, user });
  return { failed: false, again };
}

/** `--event-ttl`. */
export const EVENT_LIFE_MS = 3_600_000;

/** Deletes an Event whose time is over. */
export function expireEvent(session: Session, key: string): SyncOutcome {
  const event = objectAt(session.api, key);
  if (event === undefined) return DONE;
  const last = Date.parse(String(event.lastTimestamp ?? event.metadata.creationTimestamp));
  const end = (Number.isNaN(last) ? Date.parse(event.metadata.creationTimestamp) : last) + EVENT_LIFE_MS;
  if (end > session.now) return { failed: false, again: end };
  call(session, { verb: 'delete', ...target(events, event) });
  return DONE;
}
