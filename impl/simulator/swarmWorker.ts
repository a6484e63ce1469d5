/** A worker thread that runs the seeds that it is given, until one fails. */
import { parentPort } from 'node:worker_threads';
import { type Campaign, runSeeds } from './fuzz.ts';

parentPort?.on('message', (campaign: Campaign) =>
  parentPort?.postMessage(runSeeds(campaign, () => performance.now())),
);
