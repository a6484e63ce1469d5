/** A replay file: a plan that failed, what it broke, and where it was found. */
import fs from 'node:fs';
import { KubedirectError } from '../../spec/errors.ts';
import type { Plan } from './plan.ts';
import { REPLAY_FORMAT, type Replay, replayText } from './replayFormat.ts';
import { checkTopology } from './topology.ts';

/** Writes a replay file. */
export function writeReplay(file: string, replay: Omit<Replay, 'format'>): void {
  fs.writeFileSync(file, replayText(replay));
}

const LISTS = ['nodes', 'deployments', 'foreign', 'acts', 'faults', 'mutants'] as const;

function isPlan(plan: Partial<Plan> | undefined): plan is Plan {
  return (
    plan !== undefined &&
    Number.isInteger(plan.seed) &&
    LISTS.every((list) => Array.isArray(plan[list])) &&
    typeof plan.latencies === 'object' &&
    typeof plan.finally === 'object' &&
    Number.isFinite(plan.healAt) &&
    (plan.nodes?.length ?? 0) > 0
  );
}

/**
 * Reads a replay file.
 * @throws KubedirectError `REPLAY_INVALID`, `TOPOLOGY_IMPOSSIBLE`
 */
export function readReplay(file: string): Replay {
  const fail = (why: string) => new KubedirectError('REPLAY_INVALID', `${file}: ${why}`);
  let replay: Partial<Replay>;
  try {
    replay = JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<Replay>;
  } catch (error) {
    throw fail(
      `expected a replay file, JSON as fuzz --out writes it (view and validate take traces): ${(error as Error).message}`,
    );
  }
  if (replay?.format !== REPLAY_FORMAT)
    throw fail(
      `expected a replay file (fuzz --out writes them), whose "format" is ${REPLAY_FORMAT}; got ${JSON.stringify(replay?.format)}`,
    );
  if (!isPlan(replay.plan)) throw fail('holds no plan, or a damaged one');
  checkTopology(replay.plan);
  return replay as Replay;
}
