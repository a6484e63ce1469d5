/**
 * The stock controllers together: which key of which controller each change makes due, and one pure step that lets
 * all that is due act. A host calls {@link observe} with every change and {@link tick} when something is due.
 */
import type { Pod, ReplicaSet } from '../apiserver/kube.ts';
import { matchesSelector } from '../apiserver/selectors.ts';
import { objectsOf, ownedBy } from '../apiserver/store.ts';
import type { ApiState, KubeObject, UserInfo, WatchEvent } from '../apiserver/types.ts';
import { emptyMap, entriesFrom, type OrderedMap, removeIn, setIn } from '../orderedMap.ts';
import { syncDeployment } from './deployment/sync.ts';
import { collect, hasLostOwner, waitsForCollector } from './garbage.ts';
import {
  collectPodsOf,
  EVENT_LIFE_MS,
  ensureServiceAccount,
  expireEvent,
  finishNamespace,
  renewLease,
} from './housekeeping.ts';
import { type NodeBehaviour, type NodeSync, type PodLife, syncPod } from './kubelet/sync.ts';
import { watchNode } from './nodeLifecycle.ts';
import { controllerOf } from './ownership.ts';
import { emptyQueue, enqueue, forget, nextDue, retry, takeDue, type WorkQueue } from './queue.ts';
import { type SyncOutcome, syncReplicaSet } from './replicaSet/sync.ts';
import { isWaiting, NodeUsage, schedulePod } from './scheduler/schedule.ts';
import { type Bucket, type ClientLimit, type Session, type StockCall, Throttled } from './session.ts';

/** The controllers, in the order in which a step lets them act. @public */
export const CONTROLLERS = [
  'serviceAccounts',
  'namespaces',
  'garbage',
  'deployments',
  'replicaSets',
  'scheduler',
  'kubelet',
  'podGarbage',
  'nodeLeases',
  'nodeLifecycle',
  'eventExpiry',
] as const;
/** @public */
export type ControllerName = (typeof CONTROLLERS)[number];

/** What of the environment is simulated, and how. @public */
export interface StockOptions {
  readonly nodes: NodeBehaviour;
  /** Limit of each controller's client in the controller-manager; none: as fast as it goes. */
  readonly controllerLimit?: ClientLimit;
  readonly schedulerLimit?: ClientLimit;
  /** Controllers that are left out, for worlds in which they play no part. */
  readonly without?: readonly ControllerName[];
}

/** All that the stock controllers remember. @public */
export interface StockState {
  readonly options: StockOptions;
  readonly queues: Readonly<Record<ControllerName, WorkQueue>>;
  readonly buckets: Readonly<Partial<Record<ControllerName, Bucket>>>;
  /** `<namespace>/<name>` → the Pod's life on its simulated node. */
  readonly lives: OrderedMap<PodLife>;
  readonly addresses: number;
  /** Keys of Pods that fit nowhere when last looked at. */
  readonly unschedulable: OrderedMap<true>;
}

/** Controllers that have seen nothing. @public */
export function emptyStock(options: StockOptions): StockState {
  const queues = Object.fromEntries(CONTROLLERS.map((name) => [name, emptyQueue()])) as Record<
    ControllerName,
    WorkQueue
  >;
  return { options, queues, buckets: {}, lives: emptyMap(), addresses: 0, unschedulable: emptyMap() };
}

const KCM_GROUPS = ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'];
const account = (name: string): UserInfo => ({
  username: `system:serviceaccount:kube-system:${name}`,
  groups: KCM_GROUPS,
});

const USERS: Readonly<Record<ControllerName, { user: UserInfo; fieldManager: string }>> = {
  serviceAccounts: { user: account('service-account-controller'), fieldManager: 'kube-controller-manager' },
  namespaces: { user: account('namespace-controller'), fieldManager: 'kube-controller-manager' },
  garbage: { user: account('generic-garbage-collector'), fieldManager: 'kube-controller-manager' },
  deployments: { user: account('deployment-controller'), fieldManager: 'kube-controller-manager' },
  replicaSets: { user: account('replicaset-controller'), fieldManager: 'kube-controller-manager' },
  scheduler: {
    user: { username: 'system:kube-scheduler', groups: ['system:authenticated'] },
    fieldManager: 'kube-scheduler',
  },
  kubelet: {
    user: { username: 'system:node', groups: ['system:nodes', 'system:authenticated'] },
    fieldManager: 'kubelet',
  },
  podGarbage: { user: account('pod-garbage-collector'), fieldManager: 'kube-controller-manager' },
  nodeLeases: {
    user: { username: 'system:node', groups: ['system:nodes', 'system:authenticated'] },
    fieldManager: 'kubelet',
  },
  nodeLifecycle: { user: account('node-controller'), fieldManager: 'kube-controller-manager' },
  eventExpiry: {
    user: { username: 'system:apiserver', groups: ['system:masters'] },
    fieldManager: 'kube-apiserver',
  },
};

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
  if (key === undefined) return undefined;
  for (const [at, object] of entriesFrom(api.objects, key)) return at === key ? object : undefined;
  return undefined;
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

/** When something is due; undefined if nothing is. @public */
export function stockDue(stock: StockState): number | undefined {
  let first: number | undefined;
  for (const name of CONTROLLERS) {
    const at = nextDue(stock.queues[name]);
    if (at !== undefined && (first === undefined || at < first)) first = at;
  }
  return first;
}

function limitOf(options: StockOptions, name: ControllerName): ClientLimit | undefined {
  if (name === 'scheduler') return options.schedulerLimit;
  return name === 'kubelet' || name === 'nodeLeases' || name === 'eventExpiry'
    ? undefined
    : options.controllerLimit;
}

function openSession(api: ApiState, stock: StockState, name: ControllerName, now: number): Session {
  const limit = limitOf(stock.options, name);
  const bucket = stock.buckets[name] ?? { tokens: limit?.burst ?? 0, at: now };
  return { api, now, client: { ...USERS[name], limit }, bucket, events: [], calls: [] };
}

/** What a controller's turn works with, beside the session. */
interface Turn {
  readonly nodes: NodeSync;
  readonly usage: NodeUsage;
  unschedulable: OrderedMap<true>;
}

function work(name: ControllerName, session: Session, key: string, turn: Turn): SyncOutcome {
  switch (name) {
    case 'deployments':
      return syncDeployment(session, key);
    case 'replicaSets':
      return syncReplicaSet(session, key);
    case 'scheduler': {
      const outcome = schedulePod(session, key, turn.usage);
      turn.unschedulable = outcome.waiting
        ? setIn(turn.unschedulable, key, true)
        : removeIn(turn.unschedulable, key);
      return outcome;
    }
    case 'kubelet':
      return syncPod(turn.nodes, key);
    case 'garbage':
      return collect(session, key);
    case 'namespaces':
      return finishNamespace(session, key);
    case 'serviceAccounts':
      return ensureServiceAccount(session, key);
    case 'podGarbage':
      return collectPodsOf(session, key);
    case 'nodeLeases':
      return renewLease(session, key);
    case 'nodeLifecycle':
      return watchNode(session, key);
    case 'eventExpiry':
      return expireEvent(session, key);
  }
}

/** What a step did. @public */
export interface TickResult {
  readonly api: ApiState;
  readonly stock: StockState;
  readonly events: readonly WatchEvent[];
  readonly calls: readonly StockCall[];
}

/** Lets one controller work off what is due. */
function takeTurn(api: ApiState, stock: StockState, name: ControllerName, now: number): TickResult {
  const session = openSession(api, stock, name, now);
  const nodes: NodeSync = {
    session,
    behaviour: stock.options.nodes,
    lives: stock.lives,
    addresses: stock.addresses,
  };
  const turn: Turn = { nodes, usage: new NodeUsage(api), unschedulable: stock.unschedulable };
  let queue = stock.queues[name];
  for (let next = takeDue(queue, now); next !== undefined; next = takeDue(queue, now)) {
    const [rest, key] = next;
    queue = rest;
    try {
      const { failed, again } = work(name, session, key, turn);
      queue = failed ? retry(queue, key, now) : forget(queue, key);
      // A time that has come would keep this turn going for ever: the next millisecond will do.
      if (again !== undefined) queue = enqueue(queue, key, Math.max(again, now + 1));
    } catch (limit) {
      if (!(limit instanceof Throttled)) throw limit;
      queue = enqueue(queue, key, limit.until);
      break;
    }
  }
  const next: StockState = {
    ...stock,
    queues: { ...stock.queues, [name]: queue },
    buckets:
      session.client.limit === undefined ? stock.buckets : { ...stock.buckets, [name]: session.bucket },
    lives: nodes.lives,
    addresses: nodes.addresses,
    unschedulable: turn.unschedulable,
  };
  return { api: session.api, stock: next, events: session.events, calls: session.calls };
}

/**
 * One step: each controller works off what is due at `now`. What they change is noted, and due in the next step:
 * so a step ends, and the controllers see one another's changes as they would through watches.
 * @param only - one controller, for a world that takes their steps apart
 */
export function tick(api: ApiState, stock: StockState, now: number, only?: ControllerName): TickResult {
  const events: WatchEvent[] = [];
  const calls: StockCall[] = [];
  let here = { api, stock };
  for (const name of only === undefined ? CONTROLLERS : [only]) {
    if ((nextDue(here.stock.queues[name]) ?? Number.POSITIVE_INFINITY) > now) continue;
    const turn = takeTurn(here.api, here.stock, name, now);
    here = { api: turn.api, stock: observe(turn.stock, turn.api, turn.events, now) };
    events.push(...turn.events);
    calls.push(...turn.calls);
  }
  return { ...here, events, calls };
}
