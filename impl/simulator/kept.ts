/** Plans that were kept for what they showed: each a replay file of `test/simulator/found/`. */
import { fileURLToPath } from 'node:url';
import type { Plan } from './plan.ts';
import { readReplay } from './replayFile.ts';

const FOUND = new URL('../../test/simulator/found/', import.meta.url);

/** The plan of a name, with every rule on. */
export function keptPlan(name: string): Plan {
  return { ...readReplay(fileURLToPath(new URL(`${name}.json`, FOUND))).plan, mutants: [] };
}
