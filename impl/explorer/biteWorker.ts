/** A worker thread that checks one mutant after another. */
import { parentPort } from 'node:worker_threads';
import type { Tooth } from '../../spec/worlds/teeth.ts';
import { bite } from './bite.ts';

parentPort?.on('message', (tooth: Tooth) => parentPort?.postMessage(bite(tooth)));
