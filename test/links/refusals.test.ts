/** A peer that does wrong: both ends learn the same stable code, nothing of the bad frame is delivered, other links go on. */
import * as grpc from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../spec/errors.ts';
import type { Message } from '../../spec/messages.ts';
import { encodeFrame } from '../../spec/wire/codec.ts';
import { crc32 } from '../../spec/wire/crc32.ts';
import { large, SESSION, Started, terminate, terminated } from './support/peers.ts';

const started = new Started();
afterEach(() => started.end());

const METHOD = '/kubedirect.v1.Link/Open';
const pass = (bytes: Buffer): Buffer => bytes;
const MAX = { maxFrameBytes: 10_000 };

function withChecksum(body: readonly number[]): Uint8Array {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(Uint8Array.from(body)));
  return Uint8Array.from([...body, 0x7d, ...checksum]);
}
/** Session 1, 2, 3 and an empty body of field 30: a kind of a later version. */
const UNKNOWN = withChecksum([10, 11, 10, 6, 8, 1, 16, 2, 24, 3, 0xf2, 1, 0]);
const corrupted = (): Uint8Array => {
  const frame = encodeFrame([terminate(1), terminate(2)]);
  frame[12]! ^= 1;
  return frame;
};
const hello = (role: 'replicaset' | 'deployment'): Message => ({
  kind: 'Hello',
  session: SESSION,
  role,
  peer: 'scheduler',
  wants: [],
});

const FROM_UPSTREAM: [string, ErrorCode, Uint8Array][] = [
  ['a frame with a flipped bit', 'MESSAGE_MALFORMED', corrupted()],
  ['a frame of random bytes', 'MESSAGE_MALFORMED', Buffer.from('GET / HTTP/1.1')],
  ['an empty frame', 'MESSAGE_MALFORMED', new Uint8Array(0)],
  ['a message of an unknown kind', 'MESSAGE_UNKNOWN', UNKNOWN],
  [
    'a message that flows up, after one that does not',
    'MESSAGE_WRONG_DIRECTION',
    encodeFrame([terminate(1), terminated(1)]),
  ],
  ['a Hello of another role than its sender', 'PEER_WRONG_ROLE', encodeFrame([hello('deployment')])],
  ['a frame above the limit', 'MESSAGE_TOO_LARGE', encodeFrame([large(10_001)])],
];

describe('an upstream that sends what it may not is told why and broken, and nothing of it is delivered', () => {
  it.each(FROM_UPSTREAM)('%s: %s', async (_, code, frame) => {
    const { server, down } = await started.serve(MAX);
    const bad = rawClient(server.address);
    bad.call.write(Buffer.from(frame));
    const status = await bad.ended;
    await down.until('broken');
    expect(down.code).toBe(code);
    expect(down.log).toEqual(['opened', 'broken']);
    expect(status.code).not.toBe(grpc.status.OK);
    expect(status.metadata.get('kubedirect-code')).toEqual([code]);

    const { up, upstream } = started.dial(server.address);
    upstream.send(hello('replicaset'));
    await Promise.all([up.until('opened'), down.until('message')]);
    expect(down.messages).toEqual([hello('replicaset')]);
  });

  it('and one far above the limit is stopped before it is read: the sender learns MESSAGE_TOO_LARGE', async () => {
    const { server, down } = await started.serve(MAX);
    const { up, upstream } = started.dial(server.address, { maxFrameBytes: 10_000_000 });
    upstream.send(large(1_000_000));
    await Promise.all([up.until('broken'), down.until('broken')]);
    expect(up.code).toBe('MESSAGE_TOO_LARGE');
    expect(down.messages).toEqual([]);
  });
});

describe('a downstream that sends what it may not is broken off, and nothing of it is delivered', () => {
  it.each<[string, ErrorCode, Uint8Array]>([
    ['a frame with a flipped bit', 'MESSAGE_MALFORMED', corrupted()],
    ['a message of an unknown kind', 'MESSAGE_UNKNOWN', UNKNOWN],
    ['a message that flows down', 'MESSAGE_WRONG_DIRECTION', encodeFrame([terminated(1), terminate(1)])],
    [
      'a frame above the limit',
      'MESSAGE_TOO_LARGE',
      encodeFrame([{ ...large(10_001), kind: 'GoneAcknowledged' } as Message]),
    ],
    [
      'a frame far above the limit',
      'MESSAGE_TOO_LARGE',
      encodeFrame([{ ...large(1_000_000), kind: 'GoneAcknowledged' } as Message]),
    ],
  ])('%s: %s', async (_, code, frame) => {
    const { up } = started.dial(await rawServer(frame), MAX);
    await up.until('broken');
    expect([up.code, up.log]).toEqual([code, ['opened', 'broken']]);
  });
});

describe('a message that no frame can hold', () => {
  it('breaks the link that should send it by MESSAGE_TOO_LARGE, after what was sent before', async () => {
    const { up, down, downstream } = await started.pair({ down: MAX });
    downstream.send(terminated(1));
    downstream.send({ ...large(10_001), kind: 'GoneAcknowledged' } as Message);
    downstream.send(terminated(2));
    await Promise.all([up.until('broken'), down.until('broken')]);
    expect([up.code, down.code]).toEqual(['MESSAGE_TOO_LARGE', 'MESSAGE_TOO_LARGE']);
    expect(up.messages).toEqual([terminated(1)]);
  });

  it('and one that can not be encoded at all is a defect of the host: send throws, the link goes on', async () => {
    const { down, upstream } = await started.pair();
    expect(() => upstream.send({ ...terminate(1), session: { ...SESSION, n: Number.NaN } })).toThrow(
      /integer/,
    );
    upstream.send(terminate(2));
    await down.until('message');
    expect(down.messages).toEqual([terminate(2)]);
  });
});

describe('a stage that is not the upstream is not served: PEER_WRONG_ROLE', () => {
  it.each(['deployment', 'scheduler', 'kubelet/node-1'] as const)('%s dials the scheduler', async (role) => {
    const { server, down, refused } = await started.serve();
    const { up } = started.dial(server.address, { role });
    await up.until('broken');
    expect([up.code, up.log, down.log]).toEqual(['PEER_WRONG_ROLE', ['broken'], []]);
    expect(refused).toEqual(['PEER_WRONG_ROLE']);
  });

  it('nor is one that says no role, or none that there is: PEER_NAME_INVALID', async () => {
    const { server, down, refused } = await started.serve();
    for (const role of [null, '', 'kubelet/', 'admin']) {
      const status = await rawClient(server.address, role).ended;
      expect(status.metadata.get('kubedirect-code')).toEqual(['PEER_NAME_INVALID']);
    }
    expect(down.log).toEqual([]);
    expect(refused).toHaveLength(4);
  });
});

/** A client that writes what it likes. */
function rawClient(address: string, role: string | null = 'replicaset') {
  const client = new grpc.Client(address, grpc.credentials.createInsecure());
  const metadata = new grpc.Metadata();
  if (role !== null) metadata.set('kubedirect-role', role);
  const call = client.makeBidiStreamRequest(METHOD, pass, pass, metadata);
  call.on('error', () => {});
  call.resume();
  started.add(() => client.close());
  return {
    call,
    ended: new Promise<grpc.StatusObject>((resolve) => {
      call.on('status', resolve);
    }),
  };
}

/** A server that writes one frame, whatever it is. */
async function rawServer(frame: Uint8Array): Promise<string> {
  const server = new grpc.Server({ 'grpc.max_send_message_length': -1 });
  server.register(
    METHOD,
    (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
      call.sendMetadata(new grpc.Metadata());
      call.write(Buffer.from(frame));
    },
    pass,
    pass,
    'bidi',
  );
  started.add(() => server.forceShutdown());
  const credentials = grpc.ServerCredentials.createInsecure();
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => {
      if (error === null) resolve(`127.0.0.1:${port}`);
      else reject(error);
    });
  });
}
