/** Seeds by as many workers as there are cores: each takes the next few. What is found does not depend on how many there are. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Campaign, Seeds } from './fuzz.ts';
import type { Stretch, Tally } from './longSwarm.ts';
import type { Plan } from './plan.ts';
import type { Outcome } from './run.ts';

/** Plans to be run, each to its end. */
export interface Batch {
  readonly plans: readonly Plan[];
}
/** What a worker is asked for. */
export type Task = Campaign | Batch | { readonly stretch: Stretch };

/** One of the workers: runs a campaign to its end, or to the first seed that fails; or some plans; or some seeds, all of them. */
export interface Runner {
  (campaign: Campaign): Promise<Seeds>;
  (batch: Batch): Promise<readonly Outcome[]>;
  (all: { readonly stretch: Stretch }): Promise<Tally>;
}

/** Nearly all that a run makes is gone soon after: in more room it dies before anybody looks for what lives. */
const LIMITS = { maxYoungGenerationSizeMb: 192 };

/** Has something done by several workers, each of which may be asked for one thing at a time. */
export async function withWorkers(workers: number, work: (run: Runner) => Promise<void>): Promise<void> {
  const one = async () => {
    const worker = new Worker(new URL('./swarmWorker.ts', import.meta.url), { resourceLimits: LIMITS });
    try {
      const run = async (task: Task) => {
        worker.postMessage(task);
        const [answer] = await once(worker, 'message');
        return answer;
      };
      await work(run as Runner);
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: workers }, one));
}

/** Seeds that a worker takes at a time. */
const CHUNK = 20;

/** Runs plans, some at a time; their outcomes come in the order of the plans. */
export async function runPlans(plans: readonly Plan[], workers: number): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  let next = 0;
  await withWorkers(workers, async (run) => {
    while (next < plans.length) {
      const at = next;
      next += CHUNK;
      const some = await run({ plans: plans.slice(at, at + CHUNK) });
      for (const [offset, outcome] of some.entries()) outcomes[at + offset] = outcome;
    }
  });
  return outcomes;
}

/** Runs a campaign; of the seeds that fail, the first one counts. */
export async function swarm(campaign: Campaign, workers: number, now: () => number): Promise<Seeds> {
  const begun = now();
  let next = 0;
  let all: Seeds = { runs: 0, steps: 0, time: 0, milliseconds: 0, failed: null };
  const isOver = () =>
    all.failed !== null ||
    next >= campaign.runs ||
    (campaign.milliseconds !== null && now() - begun > campaign.milliseconds);
  await withWorkers(workers, async (run) => {
    while (!isOver()) {
      const runs = Math.min(CHUNK, campaign.runs - next);
      const seed = campaign.seed + next;
      next += runs;
      const { failed, ...some } = await run({ ...campaign, seed, runs, milliseconds: null });
      all = {
        runs: all.runs + some.runs,
        steps: all.steps + some.steps,
        time: all.time + some.time,
        milliseconds: now() - begun,
        failed: all.failed === null || (failed ?? Infinity) < all.failed ? failed : all.failed,
      };
    }
  });
  return all;
}
