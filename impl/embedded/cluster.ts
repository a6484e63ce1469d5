/**
 * The world behind the server: carries out requests, lets the stock controllers act when something is due, and hands every
 * change to the watches. It decides nothing: what happens is in `machines/environment`.
 */
import { apiVersionOf } from '../../machines/environment/apiserver/definition.ts';
import type { Pod } from '../../machines/environment/apiserver/kube.ts';
import { resourceAt, resourceOfStorage } from '../../machines/environment/apiserver/registry.ts';
import type { ApiRequest, ApiResponse, WatchEvent } from '../../machines/environment/apiserver/types.ts';
import type { StockCall } from '../../machines/environment/controllers/session.ts';
import { advance, request as carryOut, due, type World } from '../../machines/environment/world.ts';
import type { Counters } from './counters.ts';
import { objectText } from './serialize.ts';
import { Watches } from './watches.ts';

/** The least time from a change until a stock controller acts on it: what a watch and an informer take. */
const REACTION_MS = 2;

/** Which stock clients watch a resource: what the same changes would have carried to them. */
const STOCK_WATCHERS: Readonly<Record<string, readonly string[]>> = {
  pods: ['system:kube-controller-manager', 'system:kube-scheduler'],
  nodes: ['system:kube-controller-manager', 'system:kube-scheduler'],
  'replicasets.apps': ['system:kube-controller-manager', 'system:kube-scheduler'],
  'deployments.apps': ['system:kube-controller-manager'],
  namespaces: ['system:kube-controller-manager'],
  serviceaccounts: ['system:kube-controller-manager'],
};

/** `{"type":"MODIFIED","object":}` and a line's end. */
const FRAME_BYTES = 32;

/** @internal */
export class Cluster {
  world: World;
  readonly watches: Watches;
  readonly counters: Counters;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(world: World, counters: Counters) {
    this.world = world;
    this.counters = counters;
    this.watches = new Watches(() => this.world.api.revision);
    this.#arm();
  }

  /** Carries out a client's request, now. */
  request(asked: ApiRequest): ApiResponse {
    const [world, response, events] = carryOut(this.world, asked);
    this.world = world;
    this.#publish(events);
    if (response.checks !== undefined) this.counters.checks(response.checks);
    if (events.length > 0) this.#arm();
    return response;
  }

  /** Lets the stock controllers do what is due now, and once more as long as that makes more due. */
  settle(): void {
    const now = Date.now();
    for (let steps = 0; steps < 1000 && (due(this.world) ?? Number.POSITIVE_INFINITY) <= now; steps++)
      this.#advance(now);
    this.#arm();
  }

  #advance(now: number): void {
    const { world, events, calls } = advance(this.world, now);
    this.world = world;
    this.#publish(events);
    for (const call of calls) this.#count(call);
  }

  #arm(): void {
    const at = due(this.world);
    if (at === undefined || this.#stopped) return;
    const now = Date.now();
    const wanted = Math.max(at, now + REACTION_MS);
    if (this.#timerAt <= wanted) return;
    clearTimeout(this.#timer);
    this.#timerAt = wanted;
    this.#timer = setTimeout(() => this.#wake(), wanted - now);
  }

  #wake(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.#advance(Date.now());
    this.#arm();
  }

  #publish(events: readonly WatchEvent[]): void {
    if (events.length === 0) return;
    this.watches.publish(events);
    for (const event of events) this.#countStockWatches(event);
  }

  #countStockWatches(event: WatchEvent): void {
    const users = [...(STOCK_WATCHERS[event.resource] ?? [])];
    const node = event.resource === 'pods' ? (event.object as Pod).spec.nodeName : undefined;
    if (node !== undefined) users.push('system:node');
    if (users.length === 0) return;
    const definition = resourceOfStorage(event.resource);
    const bytes =
      Buffer.byteLength(objectText(definition, apiVersionOf(definition), event.object)) + FRAME_BYTES;
    for (const user of users)
      this.counters.addBytes({ resource: definition.plural, user, via: 'stock' }, bytes);
  }

  #count({ request, response }: StockCall): void {
    const definition = resourceAt(request.group, request.version, request.resource);
    if (definition === undefined) return;
    const { verb, group, version, resource, subresource, user, name, body } = request;
    const text =
      response.object === undefined
        ? JSON.stringify(response.body ?? {})
        : objectText(definition, apiVersionOf(definition), response.object);
    const base = { verb, group, version, resource, dryRun: false, via: 'stock' } as const;
    // Nodes are told apart by name; the counters are not that fine.
    const who = user.username.startsWith('system:node:') ? 'system:node' : user.username;
    this.counters.request({
      ...base,
      scope: name === undefined ? 'namespace' : 'resource',
      user: who,
      code: response.code,
      requestBytes: body === undefined ? 0 : Buffer.byteLength(JSON.stringify(body)),
      responseBytes: Buffer.byteLength(text),
      ...(subresource === undefined ? {} : { subresource }),
    });
    if (response.checks !== undefined) this.counters.checks(response.checks);
  }

  /** Stops the controllers and ends the watches. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.watches.stop();
  }
}
