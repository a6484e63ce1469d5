/** What one thread does: looks at states, and tells what can come next of each. */
import { PROPERTIES } from '../../../spec/properties/index.ts';
import { actionOf, restChecks } from '../check.ts';
import { hashOf } from '../fingerprint.ts';
import { isOptional, type Move } from '../moves.ts';
import { type Checks, failing, MoveError } from '../search.ts';
import { snapshot } from '../snapshot.ts';
import { type Edge, firstWorld, successors, worldChecks } from '../system.ts';
import type { Setting, World } from '../world.ts';
import { Tree } from './tree.ts';
import { Worlds } from './worlds.ts';

/** Where a property broke: in a state, or by a step from it. */
export interface Broken {
  readonly state: number;
  readonly step: Move | null;
  readonly property: string;
  readonly text: string;
}

/** What there is to know of the states from `from` to before `to`. */
export interface Expansion {
  readonly from: number;
  readonly to: number;
  /** Successors of each. */
  readonly counts: Uint16Array;
  /** Two words a successor. */
  readonly hashes: Uint32Array;
  /** The action of each successor, in this thread's numbers; {@link OPTIONAL} if it need not happen. */
  readonly actions: Int32Array;
  /** Names of actions that this thread has not named before. */
  readonly named: readonly string[];
  /** For each state, which of the world's `eventually` it does not satisfy, from 1; 0 if none. */
  readonly outside: Uint8Array;
  readonly witnessed: readonly string[];
  readonly broken: readonly Broken[];
}

/** No action: need not happen. */
export const OPTIONAL = -1;

/** What a thread begins with (plain data, and the shared tree). */
export interface Beginning {
  readonly description: Setting['description'];
  readonly mutants: readonly string[];
  readonly capacity: number;
  readonly tree: SharedArrayBuffer;
  readonly worldsKept: number;
}

/** One thread's part. */
export class Expander {
  readonly #setting: Setting;
  readonly #worlds: Worlds;
  readonly #checks: Checks<World, Edge>;
  readonly #rest: NonNullable<Checks<World, Edge>['rest']>;
  readonly #names = new Map<string, number>();
  readonly #unseen: Set<string>;
  /** Successors of states that were told, until it is known which of them are new. */
  readonly #waiting = new Map<number, readonly (readonly World[])[]>();
  #named: string[] = [];

  constructor(setting: Setting, { capacity, tree, worldsKept }: Omit<Beginning, 'description' | 'mutants'>) {
    this.#setting = setting;
    this.#worlds = new Worlds(setting, new Tree(capacity, tree), firstWorld(setting), worldsKept);
    this.#checks = worldChecks(setting);
    this.#rest = restChecks(setting);
    this.#unseen = new Set(setting.description.sometimes);
  }

  get remade(): number {
    return this.#worlds.remade;
  }

  /** `isNew`: for each successor of the states from `from` on, in their order. */
  keep(from: number, isNew: Uint8Array): void {
    let at = 0;
    for (const [offset, worlds] of (this.#waiting.get(from) ?? []).entries())
      for (const [ordinal, world] of worlds.entries()) {
        if (isNew[at] === 1) this.#worlds.keep(from + offset, ordinal, world);
        at += 1;
      }
    this.#waiting.delete(from);
  }

  expand(from: number, to: number): Expansion {
    const found: State[] = [];
    for (let state = from; state < to; state += 1) found.push(this.#look(state));
    this.#waiting.set(
      from,
      found.map(({ next }) => next),
    );
    const named = this.#named;
    this.#named = [];
    return {
      from,
      to,
      counts: Uint16Array.from(found, ({ next }) => next.length),
      hashes: Uint32Array.from(found.flatMap(({ hashes }) => hashes)),
      actions: Int32Array.from(found.flatMap(({ actions }) => actions)),
      named,
      outside: Uint8Array.from(found, ({ outside }) => outside),
      witnessed: [...new Set(found.flatMap(({ witnessed }) => witnessed))],
      broken: found.flatMap(({ broken }) => broken),
    };
  }

  #look(number: number): State {
    const world = this.#worlds.of(number);
    const state: State = {
      next: [],
      hashes: [],
      actions: [],
      outside: this.#outside(world),
      witnessed: this.#witness(world),
      broken: [],
    };
    const note = (step: Move | null, failed: { property: string; text: string } | null) => {
      if (failed !== null) state.broken.push({ state: number, step, ...failed });
    };
    note(null, failing(this.#checks.states, world));
    let isAtRest = true;
    try {
      for (const { label, state: after } of successors(this.#setting, world)) {
        state.next.push(after);
        state.hashes.push(...hashOf(this.#setting, after));
        state.actions.push(isOptional(label.move) ? OPTIONAL : this.#action(label));
        isAtRest &&= isOptional(label.move);
        note(label.move, failing(this.#checks.steps, world, label, after));
      }
    } catch (error) {
      if (!(error instanceof MoveError)) throw error;
      note((error.label as Edge).move, { property: 'NoInvariantBroken', text: error.message });
    }
    if (isAtRest) note(null, failing(this.#rest.states, world));
    return state;
  }

  #outside(world: World): number {
    const view = snapshot(this.#setting, world);
    const { eventually } = this.#setting.description;
    return eventually.findLastIndex((name) => PROPERTIES[name].check(view as never) !== null) + 1;
  }

  #witness(world: World): string[] {
    const seen = [...this.#unseen].filter((name) => this.#checks.witnesses[name]?.(world));
    for (const name of seen) this.#unseen.delete(name);
    return seen;
  }

  #action(label: Edge): number {
    const name = actionOf(label);
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    this.#names.set(name, this.#names.size);
    this.#named.push(name);
    return this.#names.size - 1;
  }
}

interface State {
  readonly next: World[];
  readonly hashes: number[];
  readonly actions: number[];
  readonly outside: number;
  readonly witnessed: readonly string[];
  readonly broken: Broken[];
}
