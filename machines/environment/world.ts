/**
 * The environment as one pure machine: the API Server, and the stock controllers that watch it and act through it.
 * A client's request and the passing of time are its events.
 *
 * @example
 * let world = createWorld({ seed: 1, now: 0 });
 * [world] = request(world, { verb: 'create', group: 'apps', version: 'v1', resource: 'deployments', … });
 * world = settle(world, 60_000).world; // until nothing is due before then
 */
import { apply } from './apiserver/apply.ts';
import { emptyApi, objectsOf } from './apiserver/store.ts';
import type { ApiRequest, ApiResponse, ApiState, WatchEvent } from './apiserver/types.ts';
import { observe } from './controllers/observe.ts';
import type { StockCall } from './controllers/session.ts';
import { emptyStock, type StockOptions, type StockState, stockDue } from './controllers/state.ts';
import { tick } from './controllers/stock.ts';

/** @public */
export interface World {
  readonly api: ApiState;
  readonly stock: StockState;
}

/** @public */
export interface WorldOptions {
  readonly seed: number;
  readonly now: number;
  readonly historyLimit?: number;
  readonly stock?: Partial<StockOptions>;
}

/** What a step of the stock controllers did. @public */
export interface Step {
  readonly world: World;
  readonly events: readonly WatchEvent[];
  readonly calls: readonly StockCall[];
}

const BIRTH = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const ADMINISTRATOR = { username: 'system:admin', groups: ['system:masters', 'system:authenticated'] };

/** An empty cluster: its Namespaces, and nothing else. @public */
export function createWorld(options: WorldOptions): World {
  const { seed, now, historyLimit } = options;
  const api = emptyApi({ seed, ...(historyLimit === undefined ? {} : { historyLimit }) });
  const nodes = { podStartDelayMs: 0, podStopDelayMs: 0, refuseOvercommit: true };
  let world: World = { api, stock: emptyStock({ nodes, ...options.stock }) };
  for (const name of BIRTH) {
    const body = { metadata: { name } };
    const asked = {
      verb: 'create',
      group: '',
      version: 'v1',
      resource: 'namespaces',
      body,
      user: ADMINISTRATOR,
      now,
    } as const;
    [world] = request(world, asked);
  }
  return world;
}

/** Carries out a client's request. @public */
export function request(world: World, asked: ApiRequest): [World, ApiResponse, readonly WatchEvent[]] {
  const [api, response, events] = apply(world.api, asked);
  if (api === world.api) return [world, response, events];
  return [{ api, stock: observe(world.stock, api, events, asked.now) }, response, events];
}

/** When the stock controllers have something to do, Unix milliseconds; undefined if never. @public */
export function due(world: World): number | undefined {
  return stockDue(world.stock);
}

/** Lets the stock controllers do what is due. @public */
export function advance(world: World, now: number): Step {
  const { api, stock, events, calls } = tick(world.api, world.stock, now);
  return { world: { api, stock }, events, calls };
}

/**
 * Lets time pass until nothing is due up to `until`: virtual time, for models and tests.
 * @throws Error after `limit` steps: something is due for ever
 */
export function settle(world: World, from: number, until = from, limit = 100_000): Step & { now: number } {
  const events: WatchEvent[] = [];
  const calls: StockCall[] = [];
  let here = world;
  let now = from;
  for (let steps = 0; ; steps++) {
    const next = due(here);
    if (next === undefined || next > until) return { world: here, events, calls, now: until };
    if (steps >= limit)
      throw new Error(`the environment did not settle in ${limit} steps (now ${now}, due ${next})`);
    now = Math.max(now, next);
    const step = advance(here, now);
    here = step.world;
    events.push(...step.events);
    calls.push(...step.calls);
  }
}

/** The objects of a storage name, e.g. `pods`, `deployments.apps`; or those in one Namespace. @public */
export function list(world: World, storage: string, namespace?: string) {
  return [...objectsOf(world.api, storage, namespace)];
}
