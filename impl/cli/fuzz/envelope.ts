/** What the flags decide instead of the seed. */
import type { Envelope } from '../../simulator/draw.ts';
import { readReplay } from '../../simulator/replayFile.ts';
import { mutantsOf } from '../check/choose.ts';
import type { FuzzFlags } from './run.ts';

/** As the simulator reads it. */
export function envelopeOf({ nodes, pods, rounds, theme, close, near, mutant }: FuzzFlags): Envelope {
  return {
    ...(nodes !== undefined && { nodes }),
    ...(pods !== undefined && { pods }),
    ...(rounds !== undefined && { rounds }),
    ...(theme !== undefined && { theme }),
    ...(close === true && { close }),
    ...(near !== undefined && { near: { ...readReplay(near).plan, mutants: [] } }),
    mutants: [...mutantsOf(mutant)],
  };
}
