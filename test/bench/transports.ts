/**
 * The contenders of `grpc.ts`: one bidirectional stream, frames down, an answer to each up.
 *
 * `grpc-js` and `connect-node` carry bytes and do nothing else; `links` is what the project runs: grpc-js with codec, checksum,
 * checks and coalescing.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { dial, serve, type TlsOptions } from '../../impl/controller/links/index.ts';
import type { Message } from '../../spec/messages.ts';
import type { PodRecord } from '../../spec/vocabulary.ts';
import { encodeFrame } from '../../spec/wire/codec.ts';

/** Names of the contenders. */
export const CONTENDERS = ['grpc-js', 'connect-node', 'links'] as const;
export type ContenderName = (typeof CONTENDERS)[number];

/** The sending end. */
export interface Client {
  /** Sends one small message. */
  ping(): void;
  /** Sends one batch of {@link BATCH} records. */
  batch(): void;
  close(): void;
}
export interface Contender {
  /** Listens on a free port; answers every frame. Resolves with `host:port`. */
  serve(tls: TlsOptions | null): Promise<string>;
  /** Connects; `answered` is called for each answer. */
  connect(address: string, tls: TlsOptions | null, answered: () => void): Promise<Client>;
}

/** Records in a batch. */
export const BATCH = 100;
const SESSION = { upstream: 1_795_474_800_000, downstream: 1_795_474_800_123, n: 1 };
const records: PodRecord[] = Array.from({ length: BATCH }, (_, i) => ({
  uid: `r${SESSION.upstream.toString(36)}-${(1_000 + i).toString(36)}`,
  replicaSet: '0b6c4a52-0f3b-4d3f-9a43-2f9f6d7b1c11',
  revision: '6f7c9d8b5d',
  requests: { cpu: 100, memory: 134_217_728, pods: 1 },
  priority: 0,
  node: `node-${1 + (i % 5)}`,
  phase: 'bound',
  ready: false,
  version: { stage: 'scheduler', incarnation: SESSION.upstream, counter: 5_000 + i },
}));
const PING: Message = { kind: 'Terminate', session: SESSION, uids: [records[0]!.uid] };
const ASSIGN: Message = { kind: 'Assign', session: SESSION, records };
const ANSWER: Message = { kind: 'Terminated', session: SESSION, uids: [records[0]!.uid] };
const PING_BYTES = Buffer.from(encodeFrame([PING]));
const ASSIGN_BYTES = Buffer.from(encodeFrame([ASSIGN]));
const ANSWER_BYTES = Buffer.from(encodeFrame([ANSWER]));

const SERVER_NAME = { 'grpc.ssl_target_name_override': 'link.kubedirect.dev' };
const METHOD = '/kubedirect.v1.Link/Open';
const pass = (bytes: Buffer): Buffer => bytes;

const grpcJs: Contender = {
  serve(tls) {
    const server = new grpc.Server();
    const answer = (call: grpc.ServerDuplexStream<Buffer, Buffer>): void => {
      call.on('data', () => call.write(ANSWER_BYTES));
    };
    server.register(METHOD, answer, pass, pass, 'bidi');
    const credentials =
      tls === null
        ? grpc.ServerCredentials.createInsecure()
        : grpc.ServerCredentials.createSsl(
            Buffer.from(tls.ca),
            [{ private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) }],
            true,
          );
    return new Promise((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', credentials, (error, port) =>
        error === null ? resolve(`127.0.0.1:${port}`) : reject(error),
      );
    });
  },
  async connect(address, tls, answered) {
    const credentials =
      tls === null
        ? grpc.credentials.createInsecure()
        : grpc.credentials.createSsl(Buffer.from(tls.ca), Buffer.from(tls.key), Buffer.from(tls.cert), {
            checkServerIdentity: () => undefined,
          });
    const client = new grpc.Client(address, credentials, tls === null ? {} : SERVER_NAME);
    const call = client.makeBidiStreamRequest(METHOD, pass, pass);
    call.on('data', answered);
    call.on('error', () => {});
    return {
      ping: () => call.write(PING_BYTES),
      batch: () => call.write(ASSIGN_BYTES),
      close() {
        call.cancel();
        client.close();
      },
    };
  },
};

const links: Contender = {
  async serve(tls) {
    const options = {
      address: '127.0.0.1:0',
      role: 'kubelet/node-1',
      ...(tls === null ? {} : { tls }),
    } as const;
    const server = await serve(options, (_, connection) => ({
      opened() {},
      message: () => connection.send(ANSWER),
      broken() {},
    }));
    return server.address;
  },
  connect(address, tls, answered) {
    return new Promise((resolve, reject) => {
      const connection = dial(
        { address, role: 'scheduler', peer: 'kubelet/node-1', ...(tls === null ? {} : { tls }) },
        {
          opened: () =>
            resolve({
              ping: () => connection.send(PING),
              batch: () => connection.send(ASSIGN),
              close: () => connection.close('measured'),
            }),
          message: answered,
          broken: (reason) => reject(new Error(reason)),
        },
      );
    });
  },
};

/**
 * `connect-node` is not a dependency: it is measured when a folder is named in which `@connectrpc/connect`, `@connectrpc/connect-node` and
 * `@bufbuild/protobuf` are installed.
 */
async function connectNode(folder: string): Promise<Contender> {
  const { resolve } = createRequire(`${folder}/package.json`);
  const load = (name: string) => import(pathToFileURL(resolve(name)).href);
  const [connect, protocol, node, protobuf, wkt] = await Promise.all(
    [
      '@connectrpc/connect',
      '@connectrpc/connect/protocol',
      '@connectrpc/connect-node',
      '@bufbuild/protobuf',
      '@bufbuild/protobuf/wkt',
    ].map(load),
  );
  const bytes = '.google.protobuf.BytesValue';
  const method = {
    name: 'Open',
    inputType: bytes,
    outputType: bytes,
    clientStreaming: true,
    serverStreaming: true,
  };
  const file = protobuf.create(wkt.FileDescriptorProtoSchema, {
    name: 'bench.proto',
    syntax: 'proto3',
    package: 'bench',
    dependency: ['google/protobuf/wrappers.proto'],
    service: [{ name: 'Link', method: [method] }],
  });
  const service = protobuf
    .createFileRegistry(file, () => wkt.file_google_protobuf_wrappers)
    .getService('bench.Link');
  const wrap = (value: Uint8Array) => protobuf.create(wkt.BytesValueSchema, { value });
  const http2 = await import('node:http2');
  return {
    serve(tls) {
      const handler = node.connectNodeAdapter({
        routes(router: { service(service: unknown, methods: object): void }) {
          router.service(service, {
            async *open(requests: AsyncIterable<unknown>) {
              for await (const _ of requests) yield wrap(ANSWER_BYTES);
            },
          });
        },
      });
      const server =
        tls === null
          ? http2.createServer(handler)
          : http2.createSecureServer({ ...tls, requestCert: true, rejectUnauthorized: true }, handler);
      return new Promise((done) => {
        server.listen(0, '127.0.0.1', () => {
          const address = server.address();
          done(`127.0.0.1:${typeof address === 'object' ? address?.port : 0}`);
        });
      });
    },
    async connect(address, tls, answered) {
      const transport = node.createGrpcTransport({
        baseUrl: `${tls === null ? 'http' : 'https'}://${address}`,
        ...(tls === null ? {} : { nodeOptions: { ...tls, checkServerIdentity: () => undefined } }),
      });
      const out = protocol.createWritableIterable();
      const answers = connect.createClient(service, transport).open(out) as AsyncIterable<unknown>;
      void (async () => {
        try {
          for await (const _ of answers) answered();
        } catch (error) {
          if (!String(error).includes('abort')) throw error;
        }
      })();
      return {
        ping: () => void out.write(wrap(PING_BYTES)),
        batch: () => void out.write(wrap(ASSIGN_BYTES)),
        close: () => out.close(),
      };
    },
  };
}

/** A contender by name; `modules` is the folder that has those which are no dependencies. */
export async function contender(name: ContenderName, modules: string | undefined): Promise<Contender | null> {
  if (name === 'grpc-js') return grpcJs;
  if (name === 'links') return links;
  return modules === undefined ? null : connectNode(modules);
}
