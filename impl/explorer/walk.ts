/**
 * Random walks through a world that is too large to search: a seed decides everything. First faults, then healing:
 * no more faults, what lingers is lost, everybody is served in random order, and timers fire when nothing else can
 * happen. At rest the world must have converged, and must stay so when the timers that are left fire.
 */
import { settle } from '../../machines/environment/network.ts';
import { PROPERTIES } from '../../spec/properties/index.ts';
import { idleMoves, isOptional, type Move, movesOf, plainMoves } from './moves.ts';
import { randomOf } from './mulberry.ts';
import { MoveError } from './search.ts';
import { snapshot } from './snapshot.ts';
import { type Edge, firstWorld, outcomes, worldChecks } from './system.ts';
import type { Setting, World } from './world.ts';

/** How a walk goes. */
export interface WalkOptions {
  readonly seed: number;
  /** Moves before healing begins. */
  readonly steps: number;
  /** Chance that a move is a fault, where one is possible. */
  readonly faultRate?: number;
  /** Moves allowed for healing. */
  readonly patience?: number;
}

/** What a walk found. */
export interface Walk {
  readonly seed: number;
  readonly edges: readonly Edge[];
  readonly violation: { readonly property: string; readonly text: string } | null;
  readonly witnessed: ReadonlySet<string>;
  readonly end: World;
}

/** One walk under way. */
class Walker {
  readonly #setting: Setting;
  readonly #random: () => number;
  readonly #checks: ReturnType<typeof worldChecks>;
  readonly edges: Edge[] = [];
  readonly witnessed = new Set<string>();
  world: World;
  violation: { property: string; text: string } | null = null;

  constructor(setting: Setting, seed: number) {
    this.#setting = setting;
    this.#random = randomOf(seed);
    this.#checks = worldChecks(setting);
    this.world = firstWorld(setting);
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#random() * items.length)];
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  /** Makes a move; now and then with a crash inside of it. */
  take(move: Move, crashes: boolean): void {
    try {
      const ways = outcomes(this.#setting, this.world, move);
      let way = ways.next().value;
      if (crashes && this.chance(0.05)) way = this.pick([...ways]) ?? way;
      if (way !== undefined) this.arrive(way.label, way.state);
    } catch (error) {
      if (!(error instanceof MoveError)) throw error;
      this.edges.push(error.label as Edge);
      this.violation = { property: 'NoInvariantBroken', text: error.message };
    }
  }

  arrive(edge: Edge, after: World): void {
    const before = this.world;
    this.edges.push(edge);
    this.world = after;
    const { states, steps, witnesses } = this.#checks;
    for (const [property, check] of Object.entries(steps)) this.note(property, check(before, edge, after));
    for (const [property, check] of Object.entries(states)) this.note(property, check(after));
    for (const [name, sees] of Object.entries(witnesses)) if (sees(after)) this.witnessed.add(name);
  }

  note(property: string, text: string | null): void {
    if (text !== null && this.violation === null) this.violation = { property, text };
  }

  /** Moves with faults. */
  suffer(steps: number, faultRate: number): void {
    for (let step = 0; step < steps && this.violation === null; step += 1) {
      const moves = movesOf(this.#setting, this.world);
      const faults = moves.filter(isOptional);
      const others = moves.filter((move) => !isOptional(move));
      const move =
        others.length === 0 || this.chance(faultRate)
          ? (this.pick(faults) ?? this.pick(others))
          : this.pick(others);
      if (move === undefined) return;
      this.take(move, true);
    }
  }

  /** Moves without faults, to rest. */
  heal(patience: number): void {
    this.world = { ...this.world, network: settle(this.world.network) };
    for (let step = 0; step < patience && this.violation === null; step += 1) {
      const people = movesOf(this.#setting, this.world, false).find(({ kind }) => kind === 'user');
      const move = this.pick([...plainMoves(this.#setting, this.world)]) ?? people;
      if (move !== undefined) this.take(move, false);
      else if (this.atRest() === null) return this.stay();
      else {
        const timer = this.pick([...idleMoves(this.world)]);
        if (timer === undefined) return this.complain();
        this.take(timer, false);
      }
    }
    if (this.violation === null) this.complain();
  }

  /** Fires what timers are left, and requires the same rest again. */
  stay(): void {
    for (let round = 0; round < 40 && this.violation === null; round += 1) {
      const move =
        this.pick([...plainMoves(this.#setting, this.world)]) ?? this.pick([...idleMoves(this.world)]);
      if (move === undefined) break;
      this.take(move, false);
    }
    for (let round = 0; round < 400 && this.violation === null; round += 1) {
      const move = this.pick([...plainMoves(this.#setting, this.world)]);
      if (move === undefined) return this.complain();
      this.take(move, false);
    }
  }

  /** What is not as it must be at rest. */
  atRest(): { property: string; text: string } | null {
    const view = snapshot(this.#setting, this.world);
    for (const property of this.#setting.description.eventually) {
      const text = PROPERTIES[property].check(view as never);
      if (text !== null) return { property, text };
    }
    return null;
  }

  complain(): void {
    this.violation = this.atRest();
  }
}

/** A walk by a seed. */
export function walk(setting: Setting, options: WalkOptions): Walk {
  const walker = new Walker(setting, options.seed);
  walker.suffer(options.steps, options.faultRate ?? 0.1);
  if (walker.violation === null) walker.heal(options.patience ?? 3000);
  const { edges, violation, witnessed, world } = walker;
  return { seed: options.seed, edges, violation, witnessed, end: world };
}

/** Replays moves as far as they are possible; for shortening. */
export function replay(setting: Setting, moves: readonly Move[]): readonly Edge[] {
  let world = firstWorld(setting);
  const edges: Edge[] = [];
  for (const move of moves) {
    const way = outcomes(setting, world, move).next().value;
    if (way === undefined) break;
    edges.push(way.label);
    world = way.state;
  }
  return edges;
}
