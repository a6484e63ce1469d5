/** Which worlds and mutants a `check` is about. */
import { KubedirectError } from '../../../spec/errors.ts';
import { MUTANTS } from '../../../spec/mutants.ts';
import { WORLDS, type WorldDescription } from '../../../spec/worlds/index.ts';

/** Who checks: the explorer over the machines, TLC over the TLA+ spec, or both, and that they agree. */
export type Engine = 'explorer' | 'tlc' | 'both';

/** @throws KubedirectError `FLAG_INVALID` */
export function worldNamed(name: string): WorldDescription {
  const world = WORLDS.find((one) => one.name === name);
  if (world !== undefined) return world;
  const names = WORLDS.map((one) => one.name).join(', ');
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
  return names.map((name) => {
    const world = worldNamed(name);
    if (engine !== 'tlc' || hasSpec(world)) return world;
    const names = WORLDS.filter(hasSpec).map((one) => one.name);
    throw new KubedirectError(
      'FLAG_INVALID',
      `"${name}" has no TLA+ spec yet; these have: ${names.join(', ')}`,
    );
  });
}

/** @throws KubedirectError `FLAG_INVALID` */
export function mutantsOf(name: string | undefined): ReadonlySet<string> {
  if (name === undefined) return new Set();
  const names = MUTANTS.map((one) => one.name);
  if (!names.includes(name))
    throw new KubedirectError('FLAG_INVALID', `no mutant is named "${name}"; there are: ${names.join(', ')}`);
  return new Set([name]);
}
