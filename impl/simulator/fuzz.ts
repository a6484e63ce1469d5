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
  /** Runs to spend on making a failure smaller. */
  readonly tries: number;
}

/** A failure. */
export interface Failure {
  readonly seed: number;
  readonly drawn: Plan;
  /** The smaller plan that breaks the same property. */
  readonly plan: Plan;
  readonly finding: NonNullable<Outcome['finding']>;
}

/** What came of it. */
export interface Report {
  /** Seeds begun. */
  readonly runs: number;
  readonly steps: number;
  /** Virtual ms of all worlds together. */
  readonly time: number;
  readonly milliseconds: number;
  /** The first failure; null if there was none. */
  readonly failure: Failure | null;
}

/**
 * Runs seeds.
 *
 * @param now - the clock by which time is up, ms
 */
export function fuzz(campaign: Campaign, now: () => number, progress: (report: Report) => void): Report {
  const begun = now();
  let report: Report = { runs: 0, steps: 0, time: 0, milliseconds: 0, failure: null };
  for (let run = 0; run < campaign.runs; run += 1) {
    if (campaign.milliseconds !== null && now() - begun > campaign.milliseconds) break;
    const seed = campaign.seed + run;
    const drawn = drawPlan(seed, campaign.envelope);
    const { finding, steps, time } = runPlan(drawn);
    report = {
      ...report,
      runs: report.runs + 1,
      steps: report.steps + steps,
      time: report.time + time,
      milliseconds: now() - begun,
    };
    progress(report);
    if (finding === null) continue;
    const plan = shrink(drawn, finding.property, campaign.tries);
    const small = runPlan(plan).finding ?? finding;
    return { ...report, failure: { seed, drawn, plan, finding: small } };
  }
  return report;
}
