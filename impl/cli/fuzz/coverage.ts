/** What `kubedirect fuzz --coverage` does and says. */
import { coveragePage, type Reached } from '../../simulator/coverage.ts';
import { FAULTS } from '../../simulator/draw.ts';
import { writeReplay } from '../../simulator/replayFile.ts';
import { explore } from '../../simulator/steer.ts';
import { FUZZ_EXIT } from '../exit.ts';
import { commit } from './commit.ts';
import { envelopeOf } from './envelope.ts';
import type { FuzzFlags } from './run.ts';
import { writeSection } from './section.ts';

/** Runs seeds as they are drawn, then steered; returns the exit code. */
export function fuzzCoverage(flags: FuzzFlags): number {
  const { seed, runs = 500, out } = flags;
  const envelope = envelopeOf(flags);
  const all: Reached[] = [];
  for (const [how, steers] of [
    ['as drawn', false],
    ['steered', true],
  ] as const) {
    const { runs: done, coverage, failed } = explore(seed, runs, envelope, steers);
    if (failed !== null) {
      const { property, text, kind } = failed.finding;
      process.stdout.write(`${how}, run ${done} at commit ${commit()}: ${property} BROKEN: ${text}\n`);
      if (out !== undefined && !out.endsWith('.md'))
        writeReplay(out, { commit: commit(), property, text, plan: failed.plan });
      return FUZZ_EXIT[kind];
    }
    all.push({ how, runs: done, coverage });
  }
  const page = coveragePage(all, FAULTS);
  if (out === undefined) process.stdout.write(page);
  else writeSection(out, 'coverage', page);
  return FUZZ_EXIT.held;
}
