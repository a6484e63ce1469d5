/**
 * The world behind the server: carries out requests, lets the stock controllers act when something changed or their time
 * has come, and hands every change to the watches.
 */
import type { ApiRequest, ApiResponse, WatchEvent } from '../../machines/environment/apiserver/types.ts';
import { request as carryOut, type World } from '../../machines/environment/world.ts';
import type { Counters } from './counters.ts';
import { Watches } from './watches.ts';

/** @internal */
export class Cluster {
  world: World;
  readonly watches: Watches;
  readonly counters: Counters;

  constructor(world: World, counters: Counters) {
    this.world = world;
    this.counters = counters;
    this.watches = new Watches(() => this.world.api.revision);
  }

  /** Carries out a client's request, now. */
  request(asked: ApiRequest): ApiResponse {
    const [world, response, events] = carryOut(this.world, asked);
    this.world = world;
    this.#publish(events);
    if (response.checks !== undefined) this.counters.checks(response.checks);
    return response;
  }

  #publish(events: readonly WatchEvent[]): void {
    if (events.length > 0) this.watches.publish(events);
  }

  /** Stops the controllers and ends the watches. */
  stop(): void {
    this.watches.stop();
  }
}
