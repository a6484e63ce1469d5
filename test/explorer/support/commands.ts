/**
 * Machine pairs as a model-based system: commands that a world may do, beside a model that knows only what was asked of them. A run that
 * fails tells what it did as a script of the golden kind.
 */
import fc from 'fast-check';
import { describeMove } from '../../../impl/explorer/describe.ts';
import { idleMoves, isOptional, type Move, movesOf, plainMoves } from '../../../impl/explorer/moves.ts';
import { snapshot } from '../../../impl/explorer/snapshot.ts';
import { type Edge, firstWorld, outcomes, worldChecks } from '../../../impl/explorer/system.ts';
import type { Setting, World } from '../../../impl/explorer/world.ts';
import { settle } from '../../../machines/environment/network.ts';
import { PROPERTIES } from '../../../spec/properties/index.ts';

/** What is known without looking at the machines: how often each thing was done. */
export interface Model {
  readonly limits: Readonly<Record<string, number>>;
  readonly done: Record<string, number>;
}

/** The machines, in their world. */
export class Real {
  readonly setting: Setting;
  readonly #checks: ReturnType<typeof worldChecks>;
  world: World;
  /** What was done so far, as a golden scenario says it. */
  readonly script: string[] = [];

  constructor(setting: Setting) {
    this.setting = setting;
    this.#checks = worldChecks(setting);
    this.world = firstWorld(setting);
  }

  /** Makes a move, and requires all properties. */
  go(move: Move): void {
    const way = outcomes(this.setting, this.world, move).next().value;
    if (way === undefined) return;
    this.script.push(`> ${describeMove({ move, steps: [] })}`);
    this.#require(this.world, way.label, way.state);
    this.world = way.state;
  }

  #require(before: World, edge: Edge, after: World): void {
    const { states, steps } = this.#checks;
    const broken = [
      ...Object.entries(steps).map(([name, check]) => [name, check(before, edge, after)] as const),
      ...Object.entries(states).map(([name, check]) => [name, check(after)] as const),
    ].find(([, text]) => text !== null);
    if (broken !== undefined) throw new Error(`${broken[0]}: ${broken[1]}`);
  }

  /** No more faults: to rest, and on as far as timers lead. */
  rest(): void {
    this.world = { ...this.world, network: settle(this.world.network) };
    for (let moves = 0; moves < 3000; moves += 1) {
      const move = plainMoves(this.setting, this.world).next().value ?? idleMoves(this.world).next().value;
      if (move === undefined || (this.atRest() === null && !this.#isBusy())) break;
      this.go(move);
    }
    const text = this.atRest();
    if (text !== null) throw new Error(text);
  }

  #isBusy(): boolean {
    return plainMoves(this.setting, this.world).next().value !== undefined;
  }

  atRest(): string | null {
    const view = snapshot(this.setting, this.world);
    for (const name of this.setting.description.eventually) {
      const text = PROPERTIES[name].check(view as never);
      if (text !== null) return `${name}: ${text}`;
    }
    return null;
  }
}

/** Does one of the moves of a kind that are possible. */
class Go implements fc.Command<Model, Real> {
  readonly #kind: string;
  readonly #pick: number;

  constructor(kind: string, pick: number) {
    this.#kind = kind;
    this.#pick = pick;
  }

  check({ limits, done }: Readonly<Model>): boolean {
    return (done[this.#kind] ?? 0) < (limits[this.#kind] ?? Number.POSITIVE_INFINITY);
  }

  run(model: Model, real: Real): void {
    const all = movesOf(real.setting, real.world);
    const mine = all.filter((move) =>
      this.#kind === 'deliver' ? !isOptional(move) : move.kind === this.#kind,
    );
    const move = mine[this.#pick % Math.max(1, mine.length)];
    if (move === undefined) return;
    model.done[this.#kind] = (model.done[this.#kind] ?? 0) + 1;
    real.go(move);
  }

  toString(): string {
    return `${this.#kind} ${this.#pick}`;
  }
}

/** Lets everything come to rest, which must be as the model says. */
class Rest implements fc.Command<Model, Real> {
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    real.rest();
    // The model: what people asked for, no more and no less.
    const acts = model.done.user ?? 0;
    if (real.world.acts !== acts)
      throw new Error(`Model: ${acts} acts were done, and ${real.world.acts} are known`);
  }
  toString(): string {
    return 'rest';
  }
}

/** Runs of commands: mostly what happens of itself, now and then a fault or what people do, and rest. */
export function commandsOf(kinds: readonly string[], size: number) {
  const go = (kind: string) => fc.nat(7).map((pick) => new Go(kind, pick));
  const others = kinds.map((kind) => ({ weight: 1, arbitrary: go(kind) }));
  const steps = fc.oneof({ weight: 2 * kinds.length, arbitrary: go('deliver') }, ...others);
  // Each is drawn as often as it is named.
  return fc.commands([...Array<typeof steps>(12).fill(steps), fc.constant(new Rest())], {
    size: 'max',
    maxCommands: size,
  });
}

/** A run; at its end all comes to rest. */
export function runIn(setting: Setting, commands: Iterable<fc.Command<Model, Real>>): void {
  const limits = { user: setting.description.script?.length ?? 0 };
  const real = new Real(setting);
  try {
    fc.modelRun(() => ({ model: { limits, done: {} }, real }), [...commands, new Rest()]);
  } catch (error) {
    throw new Error([(error as Error).message, ...real.script].join('\n'), { cause: error });
  }
}
