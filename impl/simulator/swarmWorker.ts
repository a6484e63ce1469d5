/** A worker thread that runs the seeds that it is given, until one fails; or the plans that it is given. */
import { parentPort } from 'node:worker_threads';
import { runSeeds } from './fuzz.ts';
import { tallyOf } from './longSwarm.ts';
import { runPlan } from './run.ts';
import type { Task } from './swarm.ts';

function answer(task: Task) {
  if ('plans' in task) return task.plans.map((plan) => runPlan(plan));
  return 'stretch' in task ? tallyOf(task.stretch) : runSeeds(task, () => performance.now());
}

parentPort?.on('message', (task: Task) => parentPort?.postMessage(answer(task)));
