/** A mutant put to the test in the world that is named for it: the property that breaks, and how soon. */
import { MUTANTS } from '../../spec/mutants.ts';
import { WORLDS } from '../../spec/worlds/index.ts';
import type { Tooth } from '../../spec/worlds/teeth.ts';
import { checkWorld, DEFAULT_EFFORT } from './check.ts';
import { settingOf } from './stages.ts';

/** What a mutant broke. */
export interface Bite extends Tooth {
  readonly rule: string;
  /** Null if nothing broke. */
  readonly property: string | null;
  /** Whether that is one of the properties that the mutant is said to break. */
  readonly isNamed: boolean;
  /** Length of the shortest counterexample. */
  readonly steps: number;
  /** States that were seen before it was found. */
  readonly states: number;
  readonly milliseconds: number;
}

/** Checks a mutant in its world. */
export function bite({ mutant, world, behind }: Tooth): Bite {
  const description = WORLDS.find(({ name }) => name === world);
  const known = MUTANTS.find(({ name }) => name === mutant);
  const second = MUTANTS.find(({ name }) => name === behind);
  if (description === undefined || known === undefined)
    throw new Error(`there is no world ${world}, or no mutant ${mutant}`);
  const { violation, states, milliseconds } = checkWorld(
    settingOf(description, new Set(behind === undefined ? [mutant] : [mutant, behind])),
    DEFAULT_EFFORT,
  );
  const property = violation?.property ?? null;
  return {
    mutant,
    world,
    ...(behind === undefined ? {} : { behind }),
    rule: known.rule,
    property,
    isNamed: property !== null && [...known.breaks, ...(second?.breaks ?? [])].includes(property),
    steps: violation?.moves.length ?? 0,
    states,
    milliseconds,
  };
}
