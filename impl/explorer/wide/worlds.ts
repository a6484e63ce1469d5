/**
 * Worlds by the way to them. A thread keeps no more than so many; one that it no longer has (or that another thread found)
 * is made again from the nearest one on the way that it has.
 */
import { successors } from '../system.ts';
import type { Setting, World } from '../world.ts';
import type { Tree } from './tree.ts';

const ORDINALS = 2 ** 16;

/** What a thread has. */
export class Worlds {
  readonly #setting: Setting;
  readonly #tree: Tree;
  readonly #first: World;
  readonly #most: number;
  /** The oldest first. */
  readonly #kept = new Map<number, World>();
  /** How often one was made again. */
  remade = 0;

  constructor(setting: Setting, tree: Tree, first: World, most: number) {
    this.#setting = setting;
    this.#tree = tree;
    this.#first = first;
    this.#most = most;
  }

  keep(parent: number, ordinal: number, world: World): void {
    this.#kept.set(parent * ORDINALS + ordinal, world);
    if (this.#kept.size <= this.#most) return;
    const oldest = this.#kept.keys().next().value as number;
    this.#kept.delete(oldest);
  }

  #find(state: number): World | undefined {
    if (state === 0) return this.#first;
    return this.#kept.get(this.#tree.parentOf(state) * ORDINALS + this.#tree.ordinalOf(state));
  }

  of(state: number): World {
    const missing: number[] = [];
    let at = state;
    let world = this.#find(at);
    while (world === undefined) {
      missing.push(at);
      at = this.#tree.parentOf(at);
      world = this.#find(at);
    }
    for (const next of missing.reverse()) {
      world = this.#step(world, this.#tree.ordinalOf(next));
      this.keep(this.#tree.parentOf(next), this.#tree.ordinalOf(next), world);
      this.remade += 1;
    }
    return world;
  }

  #step(world: World, ordinal: number): World {
    let at = 0;
    for (const { state } of successors(this.#setting, world)) {
      if (at === ordinal) return state;
      at += 1;
    }
    throw new Error(`a world of ${this.#setting.description.name} has no successor ${ordinal} any more`);
  }
}
