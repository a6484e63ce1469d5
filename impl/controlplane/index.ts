/**
 * A real Kubernetes control plane on loopback, for tests, benchmarks and `kubedirect up`. See `start.ts`.
 *
 * @packageDocumentation
 */
export { binariesSupported, type ResolveOptions, resolveBinaries, type Support } from './binaries.ts';
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
export { BINARY_NAMES, type BinaryName, KUBERNETES_VERSION } from './versions.ts';
