/** A world as a system to search: each state has its fingerprint. */
import { fingerprint } from './fingerprint.ts';
import type { System } from './search.ts';
import { type Edge, firstWorld, successors } from './system.ts';
import type { Setting, World } from './world.ts';

/** The world as a system. */
export function worldSystem(setting: Setting): System<World, Edge> {
  return {
    initial: firstWorld(setting),
    successors: (world) => successors(setting, world),
    fingerprint: (world) => fingerprint(setting, world),
  };
}
