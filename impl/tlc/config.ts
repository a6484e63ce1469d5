/** The TLC configuration of a world that is a TLA+ world too. */

import { PROPERTIES } from '../../spec/properties/index.ts';
import type { FaultBudget, WorldDescription } from '../../spec/worlds/description.ts';

/** The budgets of `Link.tla`. */
function budgets({ crash, usurp, prompts, ...faults }: FaultBudget): Readonly<Record<string, number>> {
  return {
    Breaks: faults.break ?? 0,
    Lingers: faults.linger ?? 0,
    Duplicates: faults.duplicate ?? 0,
    Misdials: faults.misdial ?? 0,
    UpCrashes: crash?.replicaset ?? 0,
    DownCrashes: crash?.scheduler ?? 0,
    UpUsurps: usurp?.replicaset ?? 0,
    DownUsurps: usurp?.scheduler ?? 0,
    Mints: prompts?.mint ?? 0,
    Terminations: prompts?.end ?? 0,
    Changes: prompts?.change ?? 0,
    Deaths: prompts?.die ?? 0,
    Refusals: prompts?.full ?? 0,
    Findings: prompts?.find ?? 0,
  };
}

/** What `-config` is given: budgets, mutants, and the properties that the world names. */
export function configOf(world: WorldDescription, mutants: Iterable<string> = []): string {
  const named = [...mutants].map((name) => `"${name}"`).join(', ');
  const states = world.always.filter((name) => PROPERTIES[name].kind === 'state');
  const steps = world.always.filter((name) => PROPERTIES[name].kind === 'step');
  return [
    `\\* ${world.name}: ${world.title}. Generated from spec/worlds.`,
    'SPECIFICATION FairSpec',
    'CONSTANTS',
    `  Mutants = {${named}}`,
    ...Object.entries(budgets(world.faults)).map(([name, value]) => `  ${name} = ${value}`),
    ...states.map((name) => `INVARIANT ${name}`),
    ...[...steps, ...world.eventually].map((name) => `PROPERTY ${name}`),
    '',
  ].join('\n');
}
