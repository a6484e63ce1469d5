/** What both ends of the gRPC method of a link agree on; the schema is `spec/wire/kubedirect.proto`. */
import type { ChannelOptions } from '@grpc/grpc-js';

/** `rpc Open` of `service Link`. @internal */
export const METHOD_PATH = '/kubedirect.v1.Link/Open';

/** Request header: the identity that the upstream claims. With TLS the certificate must say the same. @internal */
export const ROLE_HEADER = 'kubedirect-role';

/** Time without a sign of life after which a link is half-open (protocol 12). @internal */
export const HALF_OPEN_MS = 5_000;

/** Frames are bytes to gRPC: the codec is ours. @internal */
export const passBytes = (frame: Buffer): Buffer => frame;

/** HTTP/2 pings by which a dead peer is found within `halfOpenMs`: half of it to the next ping, half to its answer. @internal */
export function keepAlive(halfOpenMs: number): ChannelOptions {
  return {
    'grpc.keepalive_time_ms': Math.max(1, Math.floor(halfOpenMs / 2)),
    'grpc.keepalive_timeout_ms': Math.max(1, Math.floor(halfOpenMs / 2)),
    'grpc.keepalive_permit_without_calls': 1,
  };
}
