/** The TLC configuration of a world that is a TLA+ world too. */

import { PROPERTIES } from '../../spec/properties/index.ts';
import type { WorldDescription } from '../../spec/worlds/description.ts';
import { REST, translationOf } from './modules.ts';

/** What `-config` is given: budgets, mutants, and the properties that the world names. */
export function configOf(world: WorldDescription, mutants: Iterable<string> = []): string {
  const { constants, rest } = translationOf(world);
  const named = [...mutants].map((name) => `"${name}"`).join(', ');
  const states = world.always.filter((name) => PROPERTIES[name].kind === 'state');
  const steps = world.always.filter((name) => PROPERTIES[name].kind === 'step');
  return [
    `\\* ${world.name}: ${world.title}. Generated from spec/worlds.`,
    'SPECIFICATION FairSpec',
    'CONSTANTS',
    `  Mutants = {${named}}`,
    ...Object.entries(constants(world)).map(([name, value]) => `  ${name} = ${JSON.stringify(value)}`),
    ...states.map((name) => `INVARIANT ${name}`),
    ...(rest ? world.eventually.map((name) => `INVARIANT ${name}${REST}`) : []),
    ...[...steps, ...world.eventually].map((name) => `PROPERTY ${name}`),
    '',
  ].join('\n');
}

/** The same, of the graph alone: nothing is to hold. */
export const unjudged = (config: string): string =>
  config
    .split('\n')
    .filter((line) => !/^(INVARIANT|PROPERTY)/.test(line))
    .join('\n');
