/** What both ends of the gRPC method of a link agree on; the schema is `spec/wire/kubedirect.proto`. */
import type { ChannelOptions, Metadata } from '@grpc/grpc-js';
import { FIRST_SCHEMA, MAX_FRAME_BYTES } from '../../../spec/wire/codec.ts';

/** `rpc Open` of `service Link`. @internal */
export const METHOD_PATH = '/kubedirect.v1.Link/Open';

/** Request header: the identity that the upstream claims. With TLS the certificate must say the same. @internal */
export const ROLE_HEADER = 'kubedirect-role';

/** Header both ways: the schema that the sender speaks. */
const SCHEMA_HEADER = 'kubedirect-schema';

/** Says it. @internal */
export function withSchema(metadata: Metadata, schema: number): Metadata {
  metadata.set(SCHEMA_HEADER, String(schema));
  return metadata;
}

/** What the peer said; one from before there was this header says nothing. @internal */
export function schemaOf(metadata: Metadata): number {
  const said = Number(metadata.get(SCHEMA_HEADER)[0]);
  return Number.isSafeInteger(said) && said >= FIRST_SCHEMA ? said : FIRST_SCHEMA;
}

/** Time without a sign of life after which a link is half-open (protocol 12). @internal */
export const HALF_OPEN_MS = 5_000;

/** Frames are bytes to gRPC: the codec is ours. @internal */
export const passBytes = (frame: Buffer): Buffer => frame;

/**
 * What both ends tell gRPC.
 *
 * A dead peer is found within `keepAliveMs` by HTTP/2 pings: half of it to the next ping, half to its answer. A frame that is too
 * large is found by the codec, which can say so to both hosts; gRPC's own limit, at twice that, keeps a peer from filling
 * the memory, and tells the sender only.
 */
export function channelOptions(options: {
  readonly keepAliveMs?: number;
  readonly maxFrameBytes?: number;
}): ChannelOptions {
  const half = Math.max(1, Math.floor((options.keepAliveMs ?? HALF_OPEN_MS) / 2));
  return {
    'grpc.keepalive_time_ms': half,
    'grpc.keepalive_timeout_ms': half,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.max_receive_message_length': 2 * (options.maxFrameBytes ?? MAX_FRAME_BYTES),
    'grpc.max_send_message_length': -1,
  };
}
