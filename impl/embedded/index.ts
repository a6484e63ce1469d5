/**
 * The embedded cluster: the API Server model of `machines/environment` behind HTTP, with the stock controllers simulated.
 * For a first run and for tests, on a machine with nothing but Node. What it can not do is in `unsupported.ts`.
 *
 * @example
 * const cluster = await startEmbedded({ nodes: 5 });
 * // kubectl --kubeconfig ${cluster.kubeconfig} get nodes
 * await cluster.stop();
 */
export { startEmbedded } from './start.ts';
export type { Embedded, EmbeddedOptions, RateLimit, RequestCount } from './types.ts';
export { type Limit, limitOf, UNSUPPORTED } from './unsupported.ts';
