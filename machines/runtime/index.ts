/** The containers of a Pod, where our agent runs them. */
export { type Container, containerMachine, isReady, restartDelay } from './container.ts';
export * from './plan.ts';
export { type Pod, runtimePodMachine, startPod, stepPod } from './pod.ts';
