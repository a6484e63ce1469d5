/**
 * The five stages as pure machines: the same that are explored, fuzzed and run.
 *
 * @example
 * const [state, effects] = replicaSetStage.start({ incarnation: 1 });
 * const [next, more] = replicaSetStage.step(state, { type: 'synced', what: 'replicaSets' });
 *
 * @packageDocumentation
 */
export { autoscalerStage } from './autoscaler/index.ts';
export { deploymentStage } from './deployment/index.ts';
export { kubeletStage } from './kubelet/index.ts';
export * from './ownership/link/index.ts';
export { replicaSetMachine, replicaSetStage } from './replicaset/index.ts';
export { schedulerStage } from './scheduler/index.ts';
