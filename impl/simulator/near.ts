/**
 * The neighbourhood of a plan that was kept: what happened there happens again, a little sooner or later, a little faster or slower, one step
 * more or less. Where a fault must fall on one moment, seeds drawn from everything come there too seldom.
 */
import type { Latencies, Plan, PlannedAct, PlannedFault } from './plan.ts';
import { Random } from './random.ts';

/** How far from the kept plan: most seeds are close to it. */
const [CLOSE, FAR] = [0.3, 150];

function moved<T extends { readonly at: number }>(dice: Random, things: readonly T[], by: number): T[] {
  return things
    .map((thing) => ({ ...thing, at: Math.max(0, thing.at + dice.between(-by, by)) }))
    .toSorted((a, b) => a.at - b.at);
}

function movedStep(dice: Random, fault: PlannedFault): PlannedFault {
  if (fault.fault !== 'crashAt' || dice.chance(0.5)) return fault;
  return { ...fault, step: Math.max(1, fault.step + dice.whole(-1, 1)) };
}

function latenciesNear(dice: Random, latencies: Latencies): Latencies {
  const entries = Object.entries(latencies).map(([of, ms]) => [of, ms * dice.scale(0.8, 1.25)]);
  return Object.fromEntries(entries) as unknown as Latencies;
}

/**
 * The plan of a seed near another plan. When it heals nothing is moved: what is asked for then is asked last.
 *
 * @param mutants - rules that are switched off
 */
export function planNear(kept: Plan, seed: number, mutants: readonly string[] = []): Plan {
  const dice = new Random(seed, 'near');
  const by = dice.scale(CLOSE, FAR);
  const isLast = ({ at }: PlannedAct) => at >= kept.healAt;
  const acts = moved(
    dice,
    kept.acts.filter((one) => !isLast(one)),
    by,
  ).map((one) => ({ ...one, at: Math.min(one.at, kept.healAt) }));
  const faults = moved(dice, kept.faults, by).map((one) => ({
    ...movedStep(dice, one),
    at: Math.min(one.at, kept.healAt - 1),
  }));
  return {
    ...kept,
    seed,
    latencies: dice.chance(0.5) ? kept.latencies : latenciesNear(dice, kept.latencies),
    acts: [...acts, ...kept.acts.filter(isLast)],
    faults,
    mutants,
  };
}
