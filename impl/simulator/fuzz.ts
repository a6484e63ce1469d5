/** A campaign: seeds one after the other, until there are enough, time is up, or one fails. */
import { drawPlan, type Envelope } from './draw.ts';
import type { Plan } from './plan.ts';
import { type Outcome, runPlan } from './run.ts';
import { shrink } from './shrink.ts';

/** What to run. */
export interface Campaign {
  /** The first seed. */
  readonly seed: number;
  readonly runs: number;
  /** No seed is begun after so many ms; null: no limit. */
  readonly milliseconds: number | null;
  readonly envelope: Envelope;
}

/** What came of it. */
export interface Seeds {
  /** Seeds begun. */
  readonly runs: number;
  readonly steps: number;
  /** Virtual ms of all worlds together. */
  readonly time: number;
  readonly milliseconds: number;
  /** The first seed that failed; null if none did. */
  readonly failed: number | null;
}

/** A failure. */
export interface Failure {
  readonly seed: number;
  readonly drawn: Plan;
  /** The smaller plan that breaks the same property. */
  readonly plan: Plan;
  readonly finding: NonNullable<Outcome['finding']>;
}

/**
 * Runs seeds.
 *
 * @param now - the clock by which time is up, ms
 */
export function runSeeds(campaign: Campaign, now: () => number): Seeds {
  const begun = now();
  let [steps, time] = [0, 0];
  for (let run = 0; run < campaign.runs; run += 1) {
    const passed = now() - begun;
    if (campaign.milliseconds !== null && passed > campaign.milliseconds)
      return { runs: run, steps, time, milliseconds: passed, failed: null };
    const seed = campaign.seed + run;
    const outcome = runPlan(drawPlan(seed, campaign.envelope));
    steps += outcome.steps;
    time += outcome.time;
    if (outcome.finding !== null)
      return { runs: run + 1, steps, time, milliseconds: now() - begun, failed: seed };
  }
  return { runs: campaign.runs, steps, time, milliseconds: now() - begun, failed: null };
}

/**
 * What a seed breaks, made smaller; null if it holds.
 *
 * @param tries - runs to spend on it
 */
export function failureOf(seed: number, envelope: Envelope, tries: number): Failure | null {
  const drawn = drawPlan(seed, envelope);
  const { finding } = runPlan(drawn);
  if (finding === null) return null;
  const plan = shrink(drawn, finding.property, tries);
  return { seed, drawn, plan, finding: runPlan(plan).finding ?? finding };
}
