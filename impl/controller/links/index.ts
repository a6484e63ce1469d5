/**
 * Links between adjacent stages over gRPC (protocol 3; schema in `spec/wire/kubedirect.proto`).
 *
 * The upstream dials, the downstream serves. Transport only: what a message means, and whether its session is the current
 * one, is decided by the machines.
 *
 * Certificates are made by `certificates.ts`, which is not exported here: a stage that runs does not load it.
 *
 * ```ts
 * const server = await serve({ address: '127.0.0.1:0', role: 'scheduler', tls }, (peer, connection) => events);
 * const connection = dial({ address: server.address, role: 'replicaset', peer: 'scheduler', tls }, events);
 * ```
 */
export type { ConnectionOptions, LinkConnection, LinkEvents, LinkStats } from './connection.ts';
export { type DialOptions, dial } from './dial.ts';
export {
  identityOf,
  identityToUri,
  isUpstreamOf,
  parsePeerName,
  type TlsOptions,
  upstreamOf,
} from './identity.ts';
export { type LocalDial, LocalLinks } from './local.ts';
export type { RotatingTls, TlsSource } from './rotation.ts';
export { type LinkServer, type ServeOptions, serve } from './serve.ts';
