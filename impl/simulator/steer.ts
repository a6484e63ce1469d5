/** Steering by coverage: a plan that reached something new is kept, and changed. */
import { Coverage } from './coverage.ts';
import { drawPlan, type Envelope } from './draw.ts';
import type { Plan } from './plan.ts';
import { Random } from './random.ts';
import { type Outcome, runPlan } from './run.ts';

/** What came of it. */
export interface Steered {
  readonly runs: number;
  readonly coverage: Coverage;
  readonly failed: { readonly plan: Plan; readonly finding: NonNullable<Outcome['finding']> } | null;
}

/** Another plan, not far from this one: faults move, one comes twice, one goes. */
export function changed(plan: Plan, dice: Random): Plan {
  const near = (at: number) =>
    Math.min(Math.max(0, Math.round(at + dice.between(-1, 1) * dice.scale(1, 5000))), plan.healAt - 1);
  const moved = plan.faults.map((fault) => (dice.chance(0.4) ? { ...fault, at: near(fault.at) } : fault));
  const twice = moved.flatMap((fault) =>
    dice.chance(0.3) ? [fault, { ...fault, at: near(fault.at) }] : [fault],
  );
  const faults = twice.filter(() => dice.chance(0.9)).sort((a, b) => a.at - b.at);
  return { ...plan, seed: dice.below(2 ** 31), faults };
}

/**
 * Runs plans one after the other.
 *
 * @param steers - whether plans that reached something new are changed and run again
 */
export function explore(seed: number, runs: number, envelope: Envelope, steers: boolean): Steered {
  const dice = new Random(seed, 'steer');
  const coverage = new Coverage();
  const kept: Plan[] = [];
  for (let run = 0; run < runs; run += 1) {
    const again = steers && kept.length > 0 && run % 2 === 1;
    const plan = again ? changed(dice.pick(kept), dice) : drawPlan(seed + run, envelope);
    const before = coverage.size;
    const { finding } = runPlan(plan, null, coverage);
    if (finding !== null) return { runs: run + 1, coverage, failed: { plan, finding } };
    if (coverage.size > before) kept.push(plan);
  }
  return { runs, coverage, failed: null };
}
