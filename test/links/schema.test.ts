/**
 * Holds the hand-written codec to `spec/wire/kubedirect.proto`, as read by an independent implementation (protobufjs): what the codec
 * writes means the same there, field by field, and what is written there from that meaning is the same bytes.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import type { Message as LinkMessage, Traced } from '../../spec/messages.ts';
import { decodeFrame, encodeFrame } from '../../spec/wire/codec.ts';
import { KINDS, messageOf } from './arbitraries.ts';

const text = readFileSync(new URL('../../spec/wire/kubedirect.proto', import.meta.url), 'utf8');
const root = protobuf.parse(text, { keepCase: false }).root.resolveAll();
const Frame = root.lookupType('kubedirect.v1.Frame');
const Message = root.lookupType('kubedirect.v1.Message');

const lowerFirst = (name: string): string => name[0]!.toLowerCase() + name.slice(1);

describe('what the codec writes is what the schema says', () => {
  it.each(KINDS)('%s', (kind) => {
    fc.assert(
      fc.property(messageOf(kind), (message) => {
        const bytes = encodeFrame([message]);
        const frame = Frame.decode(bytes);
        expect(Frame.verify(frame)).toBeNull();
        const [only] = Frame.toObject(frame, { longs: Number, arrays: false }).messages;
        expect(only.session).toEqual(message.session);
        const { trace } = message as LinkMessage & Traced;
        expect(Object.keys(only)).toEqual([
          'session',
          lowerFirst(kind),
          ...(trace === undefined ? [] : ['trace']),
        ]);
        expect(only.trace).toBe(trace);
        // No field of the schema was skipped as unknown: written from what was understood, it is the same bytes.
        expect(Buffer.from(Frame.encode(frame).finish())).toEqual(Buffer.from(bytes));
        expect(decodeFrame(Uint8Array.from(Frame.encode(frame).finish()))).toEqual([message]);
      }),
      { numRuns: 60 },
    );
  });

  it('and the meaning of columns is as told: an Assign read by the schema alone', () => {
    const frame = encodeFrame([
      {
        kind: 'Assign',
        session: { upstream: 36, downstream: 7, n: 1 },
        records: ['r10-1', 'r10-z', 'a-x'].map((uid, i) => ({
          uid,
          replicaSet: 'rs',
          revision: 'v1',
          requests: { cpu: 100, memory: 200, pods: 1 },
          priority: -5,
          node: i === 0 ? null : 'node-1',
          phase: 'bound',
          ready: i === 2,
          version: { stage: 'scheduler', incarnation: 36, counter: 10 + i },
        })),
      },
    ]);
    const { messages } = Frame.toObject(Frame.decode(frame), { longs: Number, enums: String, arrays: false });
    expect(messages[0].assign.records).toEqual({
      statuses: {
        uids: { mints: [{ incarnation: 36, base: 1 }], others: ['a-x'], mint: [0, 0, 1], offset: [0, 34, 0] },
        versions: { owners: [{ stage: 'scheduler', incarnation: 36, base: 10 }], offset: [0, 1, 2] },
        nodes: ['node-1'],
        node: [0, 1, 1],
        phase: ['BOUND', 'BOUND', 'BOUND'],
        ready: [false, false, true],
      },
      templates: [{ replicaSet: 'rs', revision: 'v1', cpu: 100, memory: 200, pods: 1, priority: -5 }],
    });
  });

  it('and the schema has no kind of message that the vocabulary has not', () => {
    const bodies = Message.oneofs.body!.fieldsArray.map(({ name }) => name);
    expect(bodies).toEqual(KINDS.map(lowerFirst));
  });
});
