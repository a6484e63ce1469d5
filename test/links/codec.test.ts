import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type ErrorCode, KubedirectError } from '../../spec/errors.ts';
import type { Message } from '../../spec/messages.ts';
import type { PodRecord } from '../../spec/vocabulary.ts';
import { decodeFrame, encodeFrame, FrameWriter } from '../../spec/wire/codec.ts';
import { crc32 } from '../../spec/wire/crc32.ts';
import { anyMessage, KINDS, messageOf } from './arbitraries.ts';

const SESSION = { upstream: 1_795_474_800_000, downstream: 1_795_474_800_123, n: 1 };

function codeOf(action: () => unknown): ErrorCode | 'passed' {
  try {
    action();
    return 'passed';
  } catch (error) {
    if (error instanceof KubedirectError) return error.code;
    throw error;
  }
}

/** A frame whose checksum is right, whatever its body: what a peer with a bug sends. */
function sealed(body: readonly number[] | Uint8Array): Uint8Array {
  const checksum = crc32(Uint8Array.from(body));
  const trailer = [0x7d, 0, 8, 16, 24].map((shift, i) => (i === 0 ? shift : (checksum >>> shift) & 0xff));
  return Uint8Array.from([...body, ...trailer]);
}

const bodyOf = (frame: Uint8Array): number[] => [...frame.subarray(0, -5)];
/** A length-delimited field; all the parts of these tests are shorter than 128 bytes. */
const part = (field: number, bytes: readonly number[]): number[] => [
  ...(field < 16 ? [field * 8 + 2] : [((field * 8 + 2) & 0x7f) | 0x80, (field * 8 + 2) >> 7]),
  bytes.length,
  ...bytes,
];
const SESSION_PART = part(1, [8, 1, 16, 2, 24, 3]);
const frameOf = (...message: number[][]): Uint8Array => sealed(part(1, message.flat()));

/** An Assigned of the Pod r1-1, owned by the scheduler, with these last columns. */
const assigned = (...columns: number[][]): Uint8Array => {
  const uids = part(1, [...part(1, [8, 1, 16, 1]), ...part(4, [0])]);
  const owner = [...part(1, [...Buffer.from('scheduler')]), 16, 1, 24, 1];
  const versions = part(2, [...part(1, owner), ...part(3, [0])]);
  return frameOf(SESSION_PART, part(8, part(1, [...uids, ...versions, ...columns.flat()])));
};

describe('every message comes back from its frame as it was', () => {
  it.each(KINDS)('%s', (kind) => {
    fc.assert(
      fc.property(messageOf(kind), (message) => {
        expect(decodeFrame(encodeFrame([message]))).toEqual([message]);
      }),
      { numRuns: 150 },
    );
  });

  it('in the order in which it was sent, with others in one frame', () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 8 }), (messages) => {
        expect(decodeFrame(encodeFrame(messages))).toEqual(messages);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a frame that is not as it was sent is refused whole, by MESSAGE_MALFORMED', () => {
  it('with any bits of four bytes in a row changed', () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(), fc.integer({ min: 1, max: 0xffffffff }), (message, at, change) => {
        const frame = encodeFrame([message]);
        const start = at % (frame.length - 3);
        for (let i = 0; i < 4; i++) frame[start + i]! ^= (change >>> (8 * i)) & 0xff;
        expect(codeOf(() => decodeFrame(frame))).toBe('MESSAGE_MALFORMED');
      }),
      { numRuns: 500 },
    );
  });

  it('cut off at every byte', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const frame = encodeFrame([message]);
        for (let length = 0; length < frame.length; length++) {
          expect(codeOf(() => decodeFrame(frame.subarray(0, length)))).toBe('MESSAGE_MALFORMED');
        }
      }),
      { numRuns: 40 },
    );
  });

  it('with bytes after its end', () => {
    const frame = encodeFrame([{ kind: 'Terminate', session: SESSION, uids: ['r1-1'] }]);
    expect(codeOf(() => decodeFrame(Uint8Array.from([...frame, 0])))).toBe('MESSAGE_MALFORMED');
  });

  it('and a body of random bytes with a right checksum never crashes the decoder', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        const code = codeOf(() => decodeFrame(sealed(body)));
        expect(['passed', 'MESSAGE_MALFORMED', 'MESSAGE_UNKNOWN']).toContain(code);
      }),
      { numRuns: 2_000 },
    );
  });

  it('and a message with a changed byte and a right checksum is refused, or is again a whole message', () => {
    let refused = 0;
    fc.assert(
      fc.property(anyMessage, fc.nat(), fc.integer({ min: 1, max: 255 }), (message, at, change) => {
        const body = bodyOf(encodeFrame([message]));
        body[at % body.length]! ^= change;
        let again: readonly Message[];
        try {
          again = decodeFrame(sealed(body));
        } catch (error) {
          expect(error).toBeInstanceOf(KubedirectError);
          refused++;
          return;
        }
        expect(decodeFrame(encodeFrame(again))).toEqual(again);
      }),
      { numRuns: 1_000 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});

describe('a peer that does not keep to the schema is refused by name', () => {
  const empty: readonly number[] = [];
  test.each<[string, ErrorCode, Uint8Array]>([
    ['a message of an unknown kind', 'MESSAGE_UNKNOWN', frameOf(SESSION_PART, part(18, []))],
    ['an unknown kind of a high number', 'MESSAGE_UNKNOWN', frameOf(SESSION_PART, part(1000, []))],
    ['a message without a body', 'MESSAGE_MALFORMED', frameOf(SESSION_PART)],
    ['a message with two bodies', 'MESSAGE_MALFORMED', frameOf(SESSION_PART, part(13, []), part(13, []))],
    ['a message without a session', 'MESSAGE_MALFORMED', frameOf(part(13, []))],
    ['a session without its last field', 'MESSAGE_MALFORMED', frameOf(part(1, [8, 1, 16, 2]), part(13, []))],
    [
      'a session with a field twice',
      'MESSAGE_MALFORMED',
      frameOf(part(1, [8, 1, 8, 1, 16, 2, 24, 3]), part(13, [])),
    ],
    [
      'a session with its fields in another order',
      'MESSAGE_MALFORMED',
      frameOf(part(1, [16, 2, 8, 1, 24, 3]), part(13, [])),
    ],
    [
      'a session with an unknown field',
      'MESSAGE_MALFORMED',
      frameOf(part(1, [8, 1, 16, 2, 24, 3, 32, 1]), part(13, [])),
    ],
    [
      'an integer of another wire type',
      'MESSAGE_MALFORMED',
      frameOf(part(1, [13, 1, 0, 0, 0, 16, 2, 24, 3]), part(13, [])),
    ],
    [
      'an integer above 2^53 - 1',
      'MESSAGE_MALFORMED',
      frameOf(part(1, [8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 16, 2, 24, 3]), part(13, [])),
    ],
    [
      'an integer of ten bytes',
      'MESSAGE_MALFORMED',
      frameOf(part(1, [8, ...Array(9).fill(0xff), 1, 16, 2, 24, 3]), part(13, [])),
    ],
    [
      'an integer that is not in its shortest form',
      'MESSAGE_MALFORMED',
      frameOf(part(1, [8, 0x81, 0, 16, 2, 24, 3]), part(13, [])),
    ],
    [
      'a reason that is not in the list',
      'MESSAGE_MALFORMED',
      frameOf(SESSION_PART, part(3, [...part(1, [8, 1, 16, 1]), 16, 3])),
    ],
    ['a text that is not UTF-8', 'MESSAGE_MALFORMED', frameOf(SESSION_PART, part(16, part(1, [0xff])))],
    [
      'a role that is no stage',
      'MESSAGE_MALFORMED',
      frameOf(SESSION_PART, part(2, [...part(1, [65]), ...part(2, [65])])),
    ],
    ['a list that is there and empty', 'MESSAGE_MALFORMED', frameOf(SESSION_PART, part(10, part(1, [])))],
    ['a uid without a mint', 'MESSAGE_MALFORMED', frameOf(SESSION_PART, part(10, part(1, part(4, [1]))))],
    [
      'a uid past the table of mints',
      'MESSAGE_MALFORMED',
      frameOf(
        SESSION_PART,
        part(
          10,
          part(1, [...part(1, [8, 1, 16, 1]), ...part(1, [8, 2, 16, 1]), ...part(3, [2]), ...part(4, [1])]),
        ),
      ),
    ],
    [
      'columns of different lengths',
      'MESSAGE_MALFORMED',
      frameOf(
        SESSION_PART,
        part(
          10,
          part(1, [
            ...part(1, [8, 1, 16, 1]),
            ...part(1, [8, 2, 16, 1]),
            ...part(3, [0]),
            ...part(4, [1, 2]),
          ]),
        ),
      ),
    ],
    [
      'a part that ends beyond what it is in',
      'MESSAGE_MALFORMED',
      frameOf(SESSION_PART, [10 * 8 + 2, 50, 0]),
    ],
    [
      'a message hidden in the body of another',
      'MESSAGE_MALFORMED',
      frameOf(SESSION_PART, part(13, part(1, [...SESSION_PART, ...part(13, [])]))),
    ],
    ['a Pod with two phases', 'MESSAGE_MALFORMED', assigned(part(5, [1, 1]), part(6, [1]))],
    ['a Pod without a phase', 'MESSAGE_MALFORMED', assigned(part(6, [1]))],
    ['a Pod of a phase that is not in the list', 'MESSAGE_MALFORMED', assigned(part(5, [5]), part(6, [1]))],
    ['a Pod that is twice ready', 'MESSAGE_MALFORMED', assigned(part(5, [1]), part(6, [2]))],
    ['no bytes', 'MESSAGE_MALFORMED', Uint8Array.from(empty)],
    ['another field than messages', 'MESSAGE_MALFORMED', sealed(part(2, []))],
  ])('%s: %s', (_, code, frame) => {
    expect(codeOf(() => decodeFrame(frame))).toBe(code);
  });

  it('while the frames that those are made from are accepted', () => {
    expect(decodeFrame(assigned(part(5, [1]), part(6, [1])))).toMatchObject([
      { kind: 'Assigned', pods: [{ uid: 'r1-1', node: null, phase: 'bound', ready: true }] },
    ]);
    expect(decodeFrame(frameOf(SESSION_PART, part(13, [])))).toEqual([
      { kind: 'Invalidated', session: { upstream: 1, downstream: 2, n: 3 } },
    ]);
  });
});

describe('a frame has a largest size', () => {
  const message: Message = { kind: 'Gone', session: SESSION, deployments: ['d'.repeat(500)] };
  const size = encodeFrame([message]).length;

  it('and one of exactly that size passes, one byte more is MESSAGE_TOO_LARGE at both ends', () => {
    expect(decodeFrame(encodeFrame([message], size), size)).toEqual([message]);
    expect(codeOf(() => encodeFrame([message], size - 1))).toBe('MESSAGE_TOO_LARGE');
    expect(codeOf(() => decodeFrame(encodeFrame([message]), size - 1))).toBe('MESSAGE_TOO_LARGE');
  });

  it('and a writer that is full keeps what it has, takes the next after it was emptied', () => {
    const writer = new FrameWriter(size);
    expect(writer.add(message)).toBe(true);
    expect(writer.add(message)).toBe(false);
    expect(decodeFrame(writer.take(), size)).toEqual([message]);
    expect(writer.bytes).toBe(0);
    expect(writer.add(message)).toBe(true);
  });

  it('and a message that can not be encoded leaves the frame as it was', () => {
    const writer = new FrameWriter(size);
    const good: Message = { kind: 'Terminate', session: SESSION, uids: ['r1-1'] };
    writer.add(good);
    expect(codeOf(() => writer.add({ ...good, session: { ...SESSION, n: -1 } }))).toBe('MESSAGE_MALFORMED');
    expect(codeOf(() => writer.add({ ...good, session: { ...SESSION, n: 0.5 } }))).toBe('MESSAGE_MALFORMED');
    expect(codeOf(() => writer.add({ ...message, deployments: ['d'.repeat(900)] } as Message))).toBe(
      'MESSAGE_TOO_LARGE',
    );
    expect(codeOf(() => writer.add({ kind: 'Nonsense', session: SESSION } as unknown as Message))).toBe(
      'MESSAGE_UNKNOWN',
    );
    expect(decodeFrame(writer.take())).toEqual([good]);
  });
});

describe('Pods are small on the wire', () => {
  const records: PodRecord[] = Array.from({ length: 100 }, (_, i) => ({
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

  it('at most 8 bytes each in an Assign of 100, at most 2 in a Terminate', () => {
    expect(encodeFrame([{ kind: 'Assign', session: SESSION, records }]).length).toBeLessThanOrEqual(800);
    const uids = records.map(({ uid }) => uid);
    expect(encodeFrame([{ kind: 'Terminate', session: SESSION, uids }]).length).toBeLessThanOrEqual(200);
  });
});

test('the checksum is the CRC-32 of zlib', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(crc32(bytes)).toBe(zlibCrc32(bytes));
    }),
  );
});
