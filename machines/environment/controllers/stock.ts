/**
 * The stock controllers at work: one pure step lets all that is due act. A host calls `observe` with every change and
 * {@link tick} when something is due.
 */
import type { ApiState, UserInfo, WatchEvent } from '../apiserver/types.ts';
import { type OrderedMap, removeIn, setIn } from '../orderedMap.ts';
import { syncDeployment } from './deployment/sync.ts';
import { collect } from './garbage.ts';
import {
  collectPodsOf,
  ensureServiceAccount,
  expireEvent,
  finishNamespace,
  renewLease,
} from './housekeeping.ts';
import { type NodeSync, syncPod } from './kubelet/sync.ts';
import { watchNode } from './nodeLifecycle.ts';
import { observe } from './observe.ts';
import { enqueue, forget, nextDue, retry, takeDue } from './queue.ts';
import { type SyncOutcome, syncReplicaSet } from './replicaSet/sync.ts';
import { NodeUsage, schedulePod } from './scheduler/schedule.ts';
import { type ClientLimit, type Session, type StockCall, Throttled } from './session.ts';
import { CONTROLLERS, type ControllerName, type StockOptions, type StockState } from './state.ts';

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
