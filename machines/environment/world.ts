/**
 * The environment as one pure machine: the API Server, and the stock controllers that watch it and act through it.
 */
import { apply } from './apiserver/apply.ts';
import type { ApiRequest, ApiResponse, ApiState, WatchEvent } from './apiserver/types.ts';

/** @public */
export interface World {
  readonly api: ApiState;
}

/** Carries out a client's request. */
export function request(world: World, asked: ApiRequest): [World, ApiResponse, readonly WatchEvent[]] {
  const [api, response, events] = apply(world.api, asked);
  return [{ ...world, api }, response, events];
}
