/**
 * A real Kubernetes control plane on loopback, for tests, benchmarks and `kubedirect up`. See `start.ts`.
 *
 * @packageDocumentation
 */
export { type ResolveOptions, resolveBinaries } from './binaries.ts';
export { startControlPlane } from './start.ts';
export type {
  Component,
  ControlPlane,
  ControlPlaneOptions,
  HollowNode,
  HollowNodeOptions,
  KubectlResult,
  NodeCapacity,
  NodeProcess,
} from './types.ts';
export { type BinaryName, KUBERNETES_VERSION } from './versions.ts';
