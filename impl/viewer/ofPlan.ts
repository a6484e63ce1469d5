/** A plan of the simulator, run, as a film. Runs in the page too. */
import type { Plan } from '../simulator/plan.ts';
import { recordPlan } from '../simulator/steps.ts';
import { type Film, type Frame, filmOf } from './film.ts';

/** Runs a plan. @param name - what it is called; the title says which rules are off too */
export function filmOfPlan(name: string, plan: Plan): Film {
  const { entries, outcome } = recordPlan(plan);
  const frames = entries.map(
    ({ cause, line }): Frame => ({ ...line, cause: cause === null ? null : cause - 1 }),
  );
  const { finding } = outcome;
  const { mutants } = plan;
  const title =
    mutants.length === 0
      ? name
      : `${name}, with the rule${mutants.length === 1 ? '' : 's'} ${mutants.join(', ')} off`;
  const verdict = finding === null ? null : { property: finding.property, text: finding.text };
  return { ...filmOf({ title, clock: 'virtual', frames, verdict }), plan };
}
