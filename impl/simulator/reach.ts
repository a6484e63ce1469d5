/** What many plans reach together, chosen in one way or another. */
import { Coverage } from './coverage.ts';
import { drawPlan, type Envelope } from './draw.ts';
import { runPlan } from './run.ts';
import { THEMES } from './themes.ts';

/** Ways to choose plans: as seeds draw what they are about; or each theme in turn, and of each every other time all in a few moments. */
export const WAYS = ['as drawn', 'each theme in turn'] as const;
/** One of them. */
export type Way = (typeof WAYS)[number];

/** What came of it. */
export interface Reach {
  readonly how: Way;
  readonly runs: number;
  readonly coverage: Coverage;
  /** Runs that did not hold: they reach what they reach until then. */
  readonly failed: readonly {
    readonly seed: number;
    readonly property: string;
    readonly envelope: Envelope;
  }[];
}

function envelopeOf(how: Way, run: number, envelope: Envelope): Envelope {
  if (how === 'as drawn') return envelope;
  const { name: theme } = THEMES[run % THEMES.length] as (typeof THEMES)[number];
  return { ...envelope, theme, close: Math.floor(run / THEMES.length) % 2 === 1 };
}

/** Runs plans one after the other. */
export function reach(seed: number, runs: number, envelope: Envelope, how: Way): Reach {
  const coverage = new Coverage();
  const failed: { seed: number; property: string; envelope: Envelope }[] = [];
  for (let run = 0; run < runs; run += 1) {
    const about = envelopeOf(how, run, envelope);
    const { finding } = runPlan(drawPlan(seed + run, about), null, coverage);
    if (finding !== null) failed.push({ seed: seed + run, property: finding.property, envelope: about });
  }
  return { how, runs, coverage, failed };
}
