/** Which worlds and mutants a `check` is about. */
import { KubedirectError } from '../../../spec/errors.ts';
import { MUTANTS } from '../../../spec/mutants.ts';
import { WORLDS, type WorldDescription } from '../../../spec/worlds/index.ts';
import { SHAPES, type Shape } from '../../../spec/worlds/shapes.ts';
import { SIZES } from '../../../spec/worlds/sizes.ts';

/** Who checks: the explorer over the machines, TLC over the TLA+ spec, or both, and that they agree. */
export type Engine = 'explorer' | 'tlc' | 'both';

/** @throws KubedirectError `FLAG_INVALID` */
export function worldNamed(name: string): WorldDescription {
  const world = WORLDS.find((one) => one.name === name);
  if (world !== undefined) return world;
  const names = [...WORLDS, ...SHAPES].map((one) => one.name).join(', ');
  throw new KubedirectError('FLAG_INVALID', `no world is named "${name}"; there are: ${names}`);
}

/**
 * The worlds named, or all that the engine can check.
 * @throws KubedirectError `FLAG_INVALID` for a world that is not there, or that has no spec for TLC
 */
export function worldsOf(
  names: readonly string[] | undefined,
  deep: boolean,
  engine: Engine,
): readonly WorldDescription[] {
  const hasSpec = ({ spec }: WorldDescription) => spec !== undefined;
  if (names === undefined)
    return WORLDS.filter((world) => (deep || !world.deep) && (engine !== 'tlc' || hasSpec(world)));
  return names
    .filter((name) => shapeNamed(name) === null)
    .map((name) => {
      const world = worldNamed(name);
      if (engine !== 'tlc' || hasSpec(world)) return world;
      const names = WORLDS.filter(hasSpec).map((one) => one.name);
      throw new KubedirectError(
        'FLAG_INVALID',
        `"${name}" has no TLA+ spec yet; these have: ${names.join(', ')}`,
      );
    });
}

/** The shape of that name; null if there is none. */
export function shapeNamed(name: string): Shape | null {
  return SHAPES.find((one) => one.name === name) ?? null;
}

/**
 * The shapes named, or all, if TLC is asked: it alone looks at them.
 * @throws KubedirectError `FLAG_INVALID` for one that is named, and TLC is not asked
 */
export function shapesOf(
  names: readonly string[] | undefined,
  deep: boolean,
  engine: Engine,
): readonly Shape[] {
  if (names === undefined) return engine === 'explorer' ? [] : SHAPES.filter((one) => deep || !one.deep);
  const shapes = names.flatMap((name) => shapeNamed(name) ?? []);
  if (engine !== 'explorer' || shapes.length === 0) return shapes;
  throw new KubedirectError('FLAG_INVALID', `"${shapes[0]?.name}" is for TLC: --engine tlc`);
}

/**
 * The order of a long check: deep worlds whose size is known, the small ones first; then what a short check does too; then those of which
 * nobody knows how large they are, first those that are TLA+ worlds.
 */
export function tellingFirst<T extends WorldDescription | Shape>(all: readonly T[]): readonly T[] {
  const unknown = (one: T) => ('spec' in one && one.spec !== undefined ? 2 : 3);
  const rank = (one: T) => (one.deep !== true ? 1 : SIZES[one.name] === undefined ? unknown(one) : 0);
  const size = (one: T) => (rank(one) === 0 ? (SIZES[one.name] as number) : 0);
  return [...all].sort((a, b) => rank(a) - rank(b) || size(a) - size(b));
}

/** @throws KubedirectError `FLAG_INVALID` */
export function mutantsOf(name: string | undefined): ReadonlySet<string> {
  if (name === undefined) return new Set();
  const names = MUTANTS.map((one) => one.name);
  if (!names.includes(name))
    throw new KubedirectError('FLAG_INVALID', `no mutant is named "${name}"; there are: ${names.join(', ')}`);
  return new Set([name]);
}
