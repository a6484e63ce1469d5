/** What `kubedirect fuzz --for` does and says. */
import { availableParallelism } from 'node:os';
import { longSwarm, swarmPage, totalOf } from '../../simulator/longSwarm.ts';
import { FUZZ_EXIT } from '../exit.ts';
import { commit } from './commit.ts';
import { envelopeOf } from './envelope.ts';
import type { FuzzFlags } from './run.ts';
import { writeSection } from './section.ts';

/** Runs seeds for so long, or until it is interrupted; returns the exit code. */
export async function fuzzFor(milliseconds: number, flags: FuzzFlags): Promise<number> {
  const { seed, runs = Number.POSITIVE_INFINITY, out, json = false } = flags;
  const workers = flags.workers ?? availableParallelism();
  const envelope = envelopeOf(flags);
  const begun = performance.now();
  let isInterrupted = false;
  const interrupt = () => {
    isInterrupted = true;
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const isOver = () => isInterrupted || performance.now() - begun > milliseconds;
  const tally = await longSwarm({ seed, runs, envelope }, workers, isOver);
  process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  const minutes = (performance.now() - begun) / 60_000;
  const page = swarmPage(tally, { first: seed, minutes, workers });
  if (json) process.stdout.write(`${JSON.stringify({ minutes, commit: commit(), ...tally })}\n`);
  else process.stdout.write(`${page}\nat commit ${commit()}\n`);
  if (out !== undefined) writeSection(out, 'swarm', page);
  return totalOf(tally).failed === 0 ? FUZZ_EXIT.held : FUZZ_EXIT.safety;
}
