/**
 * What runs: hosts of the machines, clusters to run them on, checks of what they did.
 *
 * @packageDocumentation
 */
export { type ProcessOptions, type RunningProcess, startProcess } from './controller/process/process.ts';
export { type SpawnedWaist, type SpawnOptions, spawnWaist } from './controller/process/spawn.ts';
export { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './controlplane/index.ts';
export { type Embedded, type EmbeddedOptions, startEmbedded } from './embedded/index.ts';
export { judgeTrace, type Verdict } from './trace/checks.ts';
export type { Trace, TraceLine } from './trace/parse.ts';
export { readTrace } from './trace/read.ts';
