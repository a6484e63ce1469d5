/** What `kubedirect fuzz --coverage` does and says. */
import { coveragePage } from '../../simulator/coverage.ts';
import { FAULTS } from '../../simulator/draw.ts';
import { reach, WAYS } from '../../simulator/reach.ts';
import { FUZZ_EXIT } from '../exit.ts';
import { commit } from './commit.ts';
import { envelopeOf } from './envelope.ts';
import type { FuzzFlags } from './run.ts';
import { writeSection } from './section.ts';

/** Runs seeds chosen in each way; returns the exit code. */
export function fuzzCoverage(flags: FuzzFlags): number {
  const { seed, runs = 500, out } = flags;
  const all = WAYS.map((how) => reach(seed, runs, envelopeOf(flags), how));
  const page = coveragePage(all, FAULTS);
  if (out === undefined) process.stdout.write(page);
  else writeSection(out, 'coverage', page);
  const failed = all.flatMap((one) => one.failed);
  for (const { seed: bad, property, envelope } of failed) {
    const { theme, close } = envelope;
    const about = theme === undefined ? '' : ` --theme ${theme}${close ? ' --close' : ''}`;
    process.stdout.write(`--seed ${bad}${about} at commit ${commit()}: ${property} BROKEN\n`);
  }
  return failed.length === 0 ? FUZZ_EXIT.held : FUZZ_EXIT.safety;
}
