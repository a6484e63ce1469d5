/** A long swarm: it goes on over what fails, counts by what seeds are about, and can be ended at any time with what it has. */
import { drawPlan, type Envelope, themeOf } from './draw.ts';
import { runPlan } from './run.ts';
import { withWorkers } from './swarm.ts';

/** Of the seeds of one theme. */
interface Counts {
  readonly runs: number;
  readonly steps: number;
  /** Virtual ms. */
  readonly time: number;
  /** Pods that were created. */
  readonly created: number;
  readonly failed: number;
}

/** What so many seeds came to. */
export interface Tally {
  readonly themes: Readonly<Record<string, Counts>>;
  readonly failures: readonly { readonly seed: number; readonly property: string; readonly text: string }[];
}

/** Some seeds in a row. */
export interface Stretch {
  readonly seed: number;
  readonly runs: number;
  readonly envelope: Envelope;
}

const NONE: Counts = { runs: 0, steps: 0, time: 0, created: 0, failed: 0 };

const plus = (a: Counts, b: Counts): Counts => ({
  runs: a.runs + b.runs,
  steps: a.steps + b.steps,
  time: a.time + b.time,
  created: a.created + b.created,
  failed: a.failed + b.failed,
});

function added(all: Tally, more: Tally): Tally {
  const themes = { ...all.themes };
  for (const [theme, counts] of Object.entries(more.themes))
    themes[theme] = plus(themes[theme] ?? NONE, counts);
  return { themes, failures: [...all.failures, ...more.failures] };
}

/** Runs some seeds, all of them. */
export function tallyOf({ seed: first, runs, envelope }: Stretch): Tally {
  let all: Tally = { themes: {}, failures: [] };
  for (let seed = first; seed < first + runs; seed += 1) {
    const { finding, steps, time, created } = runPlan(drawPlan(seed, envelope));
    const counts = { runs: 1, steps, time, created, failed: finding === null ? 0 : 1 };
    const failures = finding === null ? [] : [{ seed, property: finding.property, text: finding.text }];
    all = added(all, { themes: { [themeOf(seed, envelope)]: counts }, failures });
  }
  return all;
}

/** Seeds that a worker takes at a time: few, so that an end does not wait long. */
const STRETCH = 10;

/** Runs seeds until it is over, or so many were run. */
export async function longSwarm(
  { seed, runs, envelope }: Stretch,
  workers: number,
  isOver: () => boolean,
): Promise<Tally> {
  let all: Tally = { themes: {}, failures: [] };
  let next = 0;
  await withWorkers(workers, async (run) => {
    while (!isOver() && next < runs) {
      const many = Math.min(STRETCH, runs - next);
      const stretch = { seed: seed + next, runs: many, envelope };
      next += many;
      // Others add to it meanwhile.
      const more = await run({ stretch });
      all = added(all, more);
    }
  });
  return all;
}

/** All themes together. */
export const totalOf = ({ themes }: Tally): Counts => Object.values(themes).reduce(plus, NONE);

/** The table in `docs/fuzz.md`. */
export function swarmPage(tally: Tally, of: { first: number; minutes: number; workers: number }): string {
  const row = (name: string, { runs, steps, time, created, failed }: Counts) =>
    `| ${name} | ${runs} | ${steps} | ${(time / 3_600_000).toFixed(1)} | ${created} | ${failed} |`;
  const rows = Object.entries(tally.themes).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const total = totalOf(tally);
  const failures = tally.failures
    .toSorted((a, b) => a.seed - b.seed)
    .map(({ seed, property, text }) => `- seed ${seed}: \`${property}\`: ${text}`);
  return `## A long swarm

Seeds from ${of.first} on for ${of.minutes.toFixed(1)} minutes with ${of.workers} workers, by what each is about (\`impl/simulator/themes.ts\`): ${total.failed} of ${total.runs} failed.
Written by \`kubedirect fuzz --for ${Math.round(of.minutes)}m --out docs/fuzz.md\`; ended before, it writes what it has.

| theme | seeds | steps | hours of virtual time | Pods created | failed |
|---|---:|---:|---:|---:|---:|
${[...rows.map(([name, counts]) => row(name, counts)), row('all', total)].join('\n')}
${failures.length === 0 ? '' : `\n${failures.join('\n')}\n`}`;
}
