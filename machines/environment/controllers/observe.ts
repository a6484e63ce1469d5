/** Which key of which stock controller each change at the API Server makes due: their informers and event handlers. */
import type { Pod, ReplicaSet } from '../apiserver/kube.ts';
import { matchesSelector } from '../apiserver/selectors.ts';
import { objectAt, objectsOf, ownedBy } from '../apiserver/store.ts';
import type { ApiState, KubeObject, WatchEvent } from '../apiserver/types.ts';
import { emptyMap, entriesFrom } from '../orderedMap.ts';
import { hasLostOwner, waitsForCollector } from './garbage.ts';
import { EVENT_LIFE_MS } from './housekeeping.ts';
import { controllerOf } from './ownership.ts';
import { enqueue } from './queue.ts';
import { isWaiting } from './scheduler/schedule.ts';
import type { ControllerName, StockState } from './state.ts';

/** Pods of a Node that went are collected after this quarantine. */
const NODE_QUARANTINE_MS = 40_000;

type Due = (controller: ControllerName, key: string, at?: number) => void;

function ownerKey(object: KubeObject | undefined, kind: string, storage: string): string | undefined {
  const owner = object === undefined ? undefined : controllerOf(object);
  return owner?.kind === kind ? `${storage}/${object?.metadata.namespace}/${owner.name}` : undefined;
}

function observePod(api: ApiState, event: WatchEvent, due: Due): void {
  const pod = event.object as Pod;
  const sets = [
    ownerKey(pod, 'ReplicaSet', 'replicasets.apps'),
    ownerKey(event.previous, 'ReplicaSet', 'replicasets.apps'),
  ];
  for (const key of new Set(sets)) if (key !== undefined) due('replicaSets', key);
  if (sets[0] === undefined && event.type !== 'DELETED') {
    // An orphan: whoever's selector it meets may adopt it.
    for (const set of objectsOf(api, 'replicasets.apps', pod.metadata.namespace) as Iterable<ReplicaSet>) {
      const key = `replicasets.apps/${set.metadata.namespace}/${set.metadata.name}`;
      if (matchesSelector(set.spec.selector, pod.metadata.labels)) due('replicaSets', key);
    }
  }
  if (event.type === 'DELETED') {
    const set = ownerSet(api, sets[0]);
    const deployment = ownerKey(set, 'Deployment', 'deployments.apps');
    if (deployment !== undefined) due('deployments', deployment);
  }
  if ((pod.spec.nodeName ?? '') !== '' || event.type === 'DELETED') due('kubelet', event.key);
  else if (isWaiting(pod) && (event.type === 'ADDED' || !isWaiting(event.previous as Pod)))
    due('scheduler', event.key);
}

function ownerSet(api: ApiState, key: string | undefined): KubeObject | undefined {
  return key === undefined ? undefined : objectAt(api, key);
}

function observeReplicaSet(api: ApiState, event: WatchEvent, due: Due): void {
  due('replicaSets', event.key);
  const owners = [event.object, event.previous].map((object) =>
    ownerKey(object, 'Deployment', 'deployments.apps'),
  );
  for (const key of new Set(owners)) if (key !== undefined) due('deployments', key);
  if (owners[0] !== undefined || event.type === 'DELETED') return;
  for (const deployment of objectsOf(api, 'deployments.apps', event.object.metadata.namespace)) {
    due('deployments', `deployments.apps/${deployment.metadata.namespace}/${deployment.metadata.name}`);
  }
}

function observeOne(api: ApiState, event: WatchEvent, now: number, due: Due): void {
  const { object, type, key } = event;
  if (type === 'DELETED')
    for (const dependent of ownedBy(api, object.metadata.uid)) due('garbage', dependent);
  else if (waitsForCollector(object) || (type === 'ADDED' && hasLostOwner(api, object))) due('garbage', key);
  // An owner that waits for its dependents is looked at again as each one goes.
  if (type === 'DELETED')
    for (const owner of object.metadata.ownerReferences ?? [])
      dueOwner(api, object, owner.kind, owner.name, due);
  switch (event.resource) {
    case 'pods':
      return observePod(api, event, due);
    case 'replicasets.apps':
      return observeReplicaSet(api, event, due);
    case 'deployments.apps':
      return due('deployments', key);
    case 'namespaces':
      due('serviceAccounts', key);
      return due('namespaces', key);
    case 'serviceaccounts':
      if (type === 'DELETED') due('serviceAccounts', `namespaces/${object.metadata.namespace}`);
      return;
    case 'nodes':
      if (type === 'DELETED') due('podGarbage', key, now + NODE_QUARANTINE_MS);
      else due('nodeLifecycle', key);
      // Its annotation says whether it is simulated.
      if (object.metadata.annotations !== event.previous?.metadata.annotations) due('nodeLeases', key);
      return;
    case 'events':
      if (type === 'ADDED') due('eventExpiry', key, now + EVENT_LIFE_MS);
  }
}

const OWNER_STORAGE: Readonly<Record<string, string>> = {
  ReplicaSet: 'replicasets.apps',
  Deployment: 'deployments.apps',
};

function dueOwner(api: ApiState, dependent: KubeObject, kind: string, name: string, due: Due): void {
  const storage = OWNER_STORAGE[kind];
  if (storage === undefined) return;
  const key = `${storage}/${dependent.metadata.namespace}/${name}`;
  const owner = ownerSet(api, key);
  if (owner !== undefined && waitsForCollector(owner)) due('garbage', key);
}

/** True if the change may make room, or a place, for a Pod that waits. */
function mayHelp(event: WatchEvent): boolean {
  if (event.resource === 'nodes') {
    const before = event.previous;
    return (
      event.type === 'ADDED' ||
      before?.spec !== event.object.spec ||
      before?.status !== event.object.status ||
      before?.metadata.labels !== event.object.metadata.labels
    );
  }
  if (event.resource !== 'pods') return false;
  const phase = (event.object as Pod).status?.phase;
  return (
    event.type === 'DELETED' || (event.type === 'MODIFIED' && (phase === 'Failed' || phase === 'Succeeded'))
  );
}

/** Notes changes: makes due what they concern. `api` is the state after them. */
export function observe(
  stock: StockState,
  api: ApiState,
  events: readonly WatchEvent[],
  now: number,
): StockState {
  const queues = { ...stock.queues };
  const without = new Set(stock.options.without);
  const due: Due = (controller, key, at = now) => {
    if (!without.has(controller)) queues[controller] = enqueue(queues[controller], key, at);
  };
  let { unschedulable } = stock;
  for (const event of events) {
    observeOne(api, event, now, due);
    if (!mayHelp(event)) continue;
    for (const [key] of entriesFrom(unschedulable)) due('scheduler', key);
    unschedulable = emptyMap();
  }
  return { ...stock, queues, unschedulable };
}
