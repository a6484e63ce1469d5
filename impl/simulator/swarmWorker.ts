/** A worker thread that runs the seeds that it is given, until one fails; or the plans that it is given. */
import { parentPort } from 'node:worker_threads';
import { runSeeds } from './fuzz.ts';
import { runPlan } from './run.ts';
import type { Task } from './swarm.ts';

parentPort?.on('message', (task: Task) =>
  parentPort?.postMessage(
    'plans' in task ? task.plans.map((plan) => runPlan(plan)) : runSeeds(task, () => performance.now()),
  ),
);
