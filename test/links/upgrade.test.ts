/**
 * Two versions of a stage side by side: what an older version has written is read here, and what is written here for it is understood there. Held to
 * the messages that each older version wrote (`older/`, recorded by its own code), and to its schema as read by an independent implementation.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Message } from '../../spec/messages.ts';
import { decodeFrame, encodeFrame, FIRST_SCHEMA, MAX_FRAME_BYTES, SCHEMA } from '../../spec/wire/codec.ts';
import { KINDS, messageOf } from './arbitraries.ts';
import { SESSION, Started, terminate, terminated } from './support/peers.ts';

const OLDER = Array.from({ length: SCHEMA - FIRST_SCHEMA }, (_, i) => FIRST_SCHEMA + i);
const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8');
const rootOf = (file: string) =>
  protobuf.parse(read(file), { keepCase: false }).root.resolveAll() as protobuf.Root;
const doubtful: Message = {
  ...{ kind: 'Offer', session: SESSION, incarnation: 7, held: [], wants: [], drained: null },
  doubtful: true,
};

interface Recorded {
  readonly message: Message;
  /** In hexadecimal. */
  readonly frame: string;
}

describe.each(OLDER)('schema %i', (schema) => {
  const recorded = read(`older/schema-${schema}.ndjson`)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded);
  const older = rootOf(`older/schema-${schema}.proto`);
  const Frame = older.lookupType('kubedirect.v1.Frame');

  it('has recorded messages of every kind that it knew', () => {
    const bodies = older.lookupType('kubedirect.v1.Message').oneofs.body!.fieldsArray.length;
    expect(new Set(recorded.map(({ message }) => message.kind)).size).toBe(bodies);
  });

  it('is read: each recorded frame is the message that it was', () => {
    for (const { message, frame } of recorded)
      expect(decodeFrame(Buffer.from(frame, 'hex'))).toEqual([message]);
  });

  it('is written for who speaks it: the same bytes', () => {
    for (const { message, frame } of recorded)
      expect(Buffer.from(encodeFrame([message], MAX_FRAME_BYTES, schema)).toString('hex')).toBe(frame);
  });

  it.each(KINDS)('whatever is written for it, it understands, or it is not written: %s', (kind) => {
    fc.assert(
      fc.property(messageOf(kind), (message) => {
        let bytes: Uint8Array;
        try {
          bytes = encodeFrame([message], MAX_FRAME_BYTES, schema);
        } catch (error) {
          expect(error).toMatchObject({ code: 'MESSAGE_TOO_NEW' });
          return;
        }
        // Nothing in it is unknown there: written again from what was understood, it is the same.
        expect(Buffer.from(Frame.encode(Frame.decode(bytes)).finish())).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 60 },
    );
  });

  it('is a part of the schema of today: nothing was taken away, renumbered or made another thing', () => {
    const now = rootOf('../../spec/wire/kubedirect.proto');
    const fields = (root: protobuf.Root) => {
      const all = new Set<string>();
      const walk = (space: protobuf.NamespaceBase) => {
        if (space instanceof protobuf.Type)
          for (const { name, id, type, repeated, required } of space.fieldsArray) {
            const rule = required ? 'required' : repeated ? 'repeated' : 'optional';
            all.add(`${space.fullName}.${name} = ${id}: ${rule} ${type}`);
          }
        for (const nested of space.nestedArray) {
          if (nested instanceof protobuf.Enum)
            for (const [name, id] of Object.entries(nested.values))
              all.add(`${nested.fullName}.${name} = ${id}`);
          if (nested instanceof protobuf.Namespace) walk(nested);
        }
      };
      walk(root);
      return all;
    };
    const [before, after] = [fields(older), fields(now)];
    expect([...before].filter((field) => !after.has(field))).toEqual([]);
    expect(before.size).toBeGreaterThan(80);
  });
});

describe('two ends of different versions', () => {
  const started = new Started();
  afterEach(() => started.end());
  const old = { schema: FIRST_SCHEMA };

  it.each([
    ['the newer dials', {}, old],
    ['the older dials', old, {}],
  ])('%s: what both have words for goes both ways', async (_, up, down) => {
    const ends = await started.pair({ up, down });
    ends.upstream.send(terminate(1));
    ends.downstream.send({ ...doubtful, doubtful: undefined } as unknown as Message);
    ends.downstream.send(terminated(1));
    await Promise.all([ends.down.until('message'), ends.up.until('message', 2)]);
    expect([ends.down.log, ends.up.log].flat()).not.toContain('broken');
  });

  it.each([
    ['the older dials', old, {}],
    ['the older serves', {}, old],
  ])('%s: what one has no words for is not told, and breaks the link by name', async (_, up, down) => {
    const ends = await started.pair({ up, down });
    ends.downstream.send(doubtful);
    await Promise.all([ends.down.until('broken'), ends.up.until('broken')]);
    expect([ends.down.code, ends.up.code]).toEqual(['MESSAGE_TOO_NEW', 'MESSAGE_TOO_NEW']);
    expect(ends.up.messages).toEqual([]);
  });

  it('of the newest it is told', async () => {
    const ends = await started.pair();
    ends.downstream.send(doubtful);
    await ends.up.until('message');
    expect(ends.up.messages).toEqual([doubtful]);
  });
});
