/**
 * The downstream's end of a link: a gRPC server that any number of upstreams may dial. Which of several connections counts
 * is decided by the fence of the machine behind it, not here.
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
import { identityOf, parsePeerName, wrongUpstream } from './identity.ts';
import type { LocalLinks } from './local.ts';
import { isRotating, providerOf, type TlsSource } from './rotation.ts';
import { channelOptions, METHOD_PATH, passBytes, ROLE_HEADER, schemaOf, withSchema } from './rpc.ts';
import { toStatus } from './status.ts';

/** How to be reached by upstreams. @public */
export interface ServeOptions extends ConnectionOptions {
  /** `host:port` (port 0 for any that is free), or `unix:<path>`. */
  readonly address: string;
  /** Own identity. Only a peer of the stage just above it is served. */
  readonly role: PeerName;
  /** Mutual TLS; plain text without, and then a peer is who it says it is. */
  readonly tls?: TlsSource | undefined;
  /** Time without a sign of life after which a link is broken (default 5,000 ms). */
  readonly keepAliveMs?: number;
  /** The stages of this process that dial it reach it without a socket. */
  readonly local?: LocalLinks | undefined;
  /** Told of each peer that was refused before it had a connection. */
  readonly onRefused?: (error: KubedirectError, from: string) => void;
}

/** A running server. @public */
export interface LinkServer {
  /** Where it listens, with the port that it was given. */
  readonly address: string;
  /** Closes all connections and stops listening. */
  close(): Promise<void>;
}

/** Time that peers have to end their side on `close`. */
const LINGER_MS = 1_000;

type Call = grpc.ServerDuplexStream<Buffer, Buffer>;

/**
 * Listens for upstreams. `onConnection` is called for each that was authenticated, and returns what to tell of it.
 * @throws KubedirectError `PORT_TAKEN`, `LINK_UNREACHABLE` (the address can not be listened on)
 * @public
 */
export async function serve(
  options: ServeOptions,
  onConnection: (peer: PeerName, connection: LinkConnection) => LinkEvents,
): Promise<LinkServer> {
  const connections = new Set<StreamConnection>();
  const server = new grpc.Server(channelOptions(options));
  const accept = (call: Call): void => {
    let peer: PeerName;
    try {
      peer = authenticate(call, options);
    } catch (error) {
      if (!(error instanceof KubedirectError)) throw error;
      options.onRefused?.(error, call.getPeer());
      call.emit('error', toStatus(error));
      return;
    }
    const connection = connectionOf(call, peer, options);
    connections.add(connection);
    call.once('close', () => connections.delete(connection));
    connection.attach(onConnection(peer, connection));
    // A host that does not want it now has closed it: then the peer is not told that it is open.
    if (connection.isBroken) return;
    call.sendMetadata(withSchema(new grpc.Metadata(), options.schema ?? SCHEMA));
    connection.open();
  };
  server.register(METHOD_PATH, crashOnThrow(accept), passBytes, passBytes, 'bidi');
  const port = await bind(server, options);
  const address = options.address.replace(/:0$/, `:${port}`);
  const closeLocal = options.local?.listen(address, options.role, onConnection);
  return {
    address,
    async close() {
      closeLocal?.();
      for (const connection of connections) connection.close('the server is stopping');
      await shutdown(server);
    },
  };
}

/** gRPC turns what a handler throws into a status; here it is a broken invariant, and ends the process. */
function crashOnThrow(accept: (call: Call) => void): (call: Call) => void {
  return (call) => {
    try {
      accept(call);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  };
}

function authenticate(call: Call, { tls, role }: ServeOptions): PeerName {
  const claimed = parsePeerName(String(call.metadata.get(ROLE_HEADER)[0] ?? ''));
  if (tls !== undefined) {
    const certificate = call.getAuthContext().sslPeerCertificate;
    if (certificate === undefined) {
      throw new KubedirectError('PEER_WRONG_IDENTITY', 'a peer has no certificate: expected one, got none');
    }
    const identity = identityOf(certificate);
    if (identity !== claimed) {
      throw new KubedirectError(
        'PEER_WRONG_IDENTITY',
        `a peer claims another role than its certificate's: expected ${identity}, got ${claimed}`,
      );
    }
  }
  const refusal = wrongUpstream(claimed, role);
  if (refusal !== null) throw refusal;
  return claimed;
}

function connectionOf(call: Call, peer: PeerName, options: ServeOptions): StreamConnection {
  const connection = new StreamConnection(
    { peer, stream: call, incoming: 'down', finish: (error) => call.emit('error', toStatus(error)) },
    options,
  );
  connection.speaks(schemaOf(call.metadata));
  // A connection that is lost ends its streams too, and says so just after.
  call.on('end', () => setImmediate(() => connection.close(`${peer} ended the link`)));
  call.on('cancelled', () => {
    connection.lost(new KubedirectError('LINK_BROKEN', `the link from ${peer} was lost: its end is gone`));
  });
  return connection;
}

function credentialsOf(tls: TlsSource | undefined): grpc.ServerCredentials {
  if (tls === undefined) return grpc.ServerCredentials.createInsecure();
  if (isRotating(tls)) {
    const provider = providerOf(tls);
    return grpc.experimental.createCertificateProviderServerCredentials(provider, provider, true);
  }
  const pair = { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) };
  return grpc.ServerCredentials.createSsl(Buffer.from(tls.ca), [pair], true);
}

function bind(server: grpc.Server, { address, tls }: ServeOptions): Promise<number> {
  const credentials = credentialsOf(tls);
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) return resolve(port);
      const code = error.message.includes('EADDRINUSE') ? 'PORT_TAKEN' : 'LINK_UNREACHABLE';
      reject(
        new KubedirectError(code, `can not listen: expected to at ${address}, got ${error.message}`, {
          cause: error,
        }),
      );
    });
  });
}

function shutdown(server: grpc.Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.forceShutdown(), LINGER_MS);
    server.tryShutdown(() => {
      clearTimeout(force);
      resolve();
    });
  });
}
