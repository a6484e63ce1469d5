/**
 * The upstream's end of a link: one gRPC client, one HTTP/2 connection, one stream. It is not reused: what is broken
 * stays broken, and the host dials again.
 */
import * as grpc from '@grpc/grpc-js';
import { KubedirectError } from '../../../spec/errors.ts';
import type { PeerName } from '../../../spec/vocabulary.ts';
import { SCHEMA } from '../../../spec/wire/codec.ts';
import {
  type ConnectionOptions,
  type LinkConnection,
  type LinkEvents,
  StreamConnection,
} from './connection.ts';
import { identityOf, wrongIdentity } from './identity.ts';
import type { LocalLinks } from './local.ts';
import { newestOf, type TlsSource } from './rotation.ts';
import {
  channelOptions,
  HALF_OPEN_MS,
  METHOD_PATH,
  passBytes,
  ROLE_HEADER,
  schemaOf,
  withSchema,
} from './rpc.ts';
import { fromStatus } from './status.ts';

/** How to reach a downstream. @public */
export interface DialOptions extends ConnectionOptions {
  /** `host:port`, or `unix:<path>`. */
  readonly address: string;
  /** Own identity. With TLS it must be that of the certificate. */
  readonly role: PeerName;
  /** Identity expected of the peer; with TLS another is refused by `PEER_WRONG_IDENTITY`. */
  readonly peer: PeerName;
  /** Mutual TLS; plain text without. */
  readonly tls?: TlsSource | undefined;
  /** The stages of this process: one that is at the address is reached without a socket. */
  readonly local?: LocalLinks | undefined;
  /** Time without a sign of life after which the link is broken, and the time to connect (default 5,000 ms). */
  readonly keepAliveMs?: number;
}

/** TLS server name (SNI), the same for all. */
const SERVER_NAME = 'link.kubedirect.dev';

/** Time a peer has to end its side after ours has ended. */
const LINGER_MS = 1_000;

/**
 * Connects to a downstream. All outcomes come as events: `opened`, or `broken` by `LINK_UNREACHABLE`, `PEER_WRONG_IDENTITY`, `PEER_WRONG_ROLE`, …
 * @public
 */
export function dial(options: DialOptions, events: LinkEvents): LinkConnection {
  return options.local?.dial(options, events) ?? dialBySocket(options, events);
}

function dialBySocket(options: DialOptions, events: LinkEvents): LinkConnection {
  let refusal: KubedirectError | null = null;
  const credentials = credentialsOf(options, (error) => {
    refusal = error;
  });
  const keepAliveMs = options.keepAliveMs ?? HALF_OPEN_MS;
  const client = new grpc.Client(options.address, credentials, {
    ...channelOptions(options),
    // Every link has a connection of its own, breaks alone, and is never retried behind our back.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    // Node refuses an IP address as the TLS server name; the name is not looked at, the identity is.
    ...(options.tls === undefined ? {} : { 'grpc.ssl_target_name_override': SERVER_NAME }),
  });
  const metadata = withSchema(new grpc.Metadata(), options.schema ?? SCHEMA);
  metadata.set(ROLE_HEADER, options.role);
  const call = client.makeBidiStreamRequest(METHOD_PATH, passBytes, passBytes, metadata);

  const connection = new StreamConnection(
    {
      peer: options.peer,
      stream: call,
      incoming: 'up',
      finish(error) {
        if (error.code !== 'LINK_CLOSED') return call.cancel();
        call.end();
        setTimeout(() => call.cancel(), LINGER_MS).unref();
      },
    },
    options,
  );
  const connecting = setTimeout(() => {
    const text = `could not connect to ${options.peer} at ${options.address}: expected an answer within ${keepAliveMs} ms, got none`;
    connection.break(refusal ?? new KubedirectError('LINK_UNREACHABLE', text));
  }, keepAliveMs);
  call.on('metadata', (said: grpc.Metadata) => {
    clearTimeout(connecting);
    connection.speaks(schemaOf(said));
    connection.open();
  });
  // Every end of a call is told by its status; the 'error' that may come beside it says the same.
  call.on('error', () => {});
  call.on('status', (status: grpc.StatusObject) => {
    clearTimeout(connecting);
    connection.lost(refusal ?? fromStatus(status, { peer: options.peer, opened: connection.isOpen }));
    client.close();
  });
  connection.attach(events);
  return connection;
}

function credentialsOf(
  { tls: source, peer }: DialOptions,
  refuse: (error: KubedirectError) => void,
): grpc.ChannelCredentials {
  const tls = newestOf(source);
  if (tls === undefined) return grpc.credentials.createInsecure();
  return grpc.credentials.createSsl(Buffer.from(tls.ca), Buffer.from(tls.key), Buffer.from(tls.cert), {
    // The address does not matter, the identity does: Pods move, and a node's address is whatever it says.
    checkServerIdentity(_host, certificate) {
      try {
        const got = identityOf(certificate);
        if (got === peer) return undefined;
        throw wrongIdentity(peer, got);
      } catch (error) {
        if (error instanceof KubedirectError) refuse(error);
        return error as Error;
      }
    },
  });
}
