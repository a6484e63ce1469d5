/** What the stock controllers are, how they are set up, and what they remember between steps. */
import { emptyMap, type OrderedMap } from '../orderedMap.ts';
import type { NodeBehaviour, PodLife } from './kubelet/sync.ts';
import { emptyQueue, nextDue, type WorkQueue } from './queue.ts';
import type { Bucket, ClientLimit } from './session.ts';

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

/** When something is due; undefined if nothing is. @public */
export function stockDue(stock: StockState): number | undefined {
  let first: number | undefined;
  for (const name of CONTROLLERS) {
    const at = nextDue(stock.queues[name]);
    if (at !== undefined && (first === undefined || at < first)) first = at;
  }
  return first;
}
