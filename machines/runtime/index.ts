/** The containers of a Pod, where our agent runs them. */
export { type Container, containerMachine, restartDelay } from './container.ts';
export * from './plan.ts';
export { hasStarted, isReady, type Pod, runtimePodMachine, startPod, stepPod } from './pod.ts';
export {
  type DryRunOutcome,
  startTemplate,
  stepTemplate,
  type Template,
  type TemplateEffect,
  type TemplateEvent,
  templateMachine,
} from './template.ts';
