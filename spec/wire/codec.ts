/**
 * The codec of the links: messages to frames and back, as `kubedirect.proto` says.
 *
 * Pure. A frame is understood whole or refused whole, by an error with a stable code:
 * `MESSAGE_TOO_LARGE`, `MESSAGE_UNKNOWN` (a kind of message that this version does not know), `MESSAGE_MALFORMED` (all else).
 *
 * ```ts
 * const bytes = encodeFrame([{ kind: 'Terminate', session, uids: ['rk7x-1'] }]);
 * const messages = decodeFrame(bytes);
 * ```
 */
import { KubedirectError } from '../errors.ts';
import type { HeldWant, Message, MessageKind, Traced } from '../messages.ts';
import type { Fence, ReplicaCount, SessionId, Want, WantVersion } from '../vocabulary.ts';
import { malformed, Reader, WIRE, Writer } from './bytes.ts';
import { crc32 } from './crc32.ts';
import {
  type Codec,
  columns,
  type Field,
  flag,
  many,
  nested,
  nullable,
  oneOf,
  since,
  struct,
  text,
  uint,
} from './fields.ts';
import { heldList, peerName, reasonList, recordList, statusList } from './pods.ts';
import { uidList } from './uids.ts';

/** Largest frame that is accepted if nothing else is said: 4 MiB. @public */
export const MAX_FRAME_BYTES = 4 * 1024 * 1024;

/** The schema that is written and read here: one more with each addition. @public */
export const SCHEMA = 3;
/** What a peer speaks that does not say. @public */
export const FIRST_SCHEMA = 1;

/** Tag and value of the checksum that ends every frame. */
const CHECKSUM_BYTES = 5;
const CHECKSUM_FIELD = 15;

const sessionField = nested(1, struct<SessionId>({ upstream: uint(1), downstream: uint(2), n: uint(3) }));
const fence = (field: number) => nested(field, struct<Fence>({ incarnation: uint(1), n: uint(2) }));
const wantVersion = nested(
  2,
  struct<WantVersion>({ generation: uint(1), incarnation: uint(2), counter: uint(3) }),
);
const heldWant = (field: number) =>
  nested(field, struct<HeldWant>({ deployment: text(1), version: wantVersion }));
const want = (field: number) =>
  nested(
    field,
    struct<Want>({
      deployment: text(1),
      version: wantVersion,
      value: uint(3),
      replicaSet: nullable(4, text),
      revision: text(5),
      mode: oneOf(6, ['direct', 'follow']),
      confirmed: oneOf(7, [false, true]),
    }),
  );
const count = (field: number) =>
  nested(
    field,
    struct<ReplicaCount>({
      deployment: text(1),
      replicaSet: text(2),
      live: uint(3),
      ready: uint(4),
      terminating: uint(5),
    }),
  );

type Body<K extends MessageKind> = Omit<Extract<Message, { kind: K }>, 'kind' | 'session'>;
const body = <K extends MessageKind>(
  kind: K,
  fields: { readonly [F in keyof Body<K>]-?: Field<Body<K>[F]> },
) => ({ kind, codec: struct<Body<K>>(fields) as unknown as Codec<object> });

/** The bodies; the first has field 2 of `Message`, each next one the next. */
const BODIES: readonly { readonly kind: MessageKind; readonly codec: Codec<object> }[] = [
  body('Hello', { role: peerName(1), peer: peerName(2), wants: many(3, heldWant) }),
  body('Rejected', { fence: fence(1), reason: oneOf(2, ['old', 'notTheLeader', 'wrongPeer']) }),
  body('Offer', {
    incarnation: uint(1),
    held: columns(2, heldList),
    wants: many(3, heldWant),
    drained: nullable(4, fence),
    doubtful: since(2, flag(5)),
  }),
  body('Fetch', { uids: columns(1, uidList), tombstones: columns(2, uidList) }),
  body('State', { records: columns(1, recordList), wants: many(2, want), counts: many(3, count) }),
  body('Assign', { records: columns(1, recordList) }),
  body('Assigned', { pods: columns(1, statusList) }),
  body('Refused', { pods: columns(1, reasonList) }),
  body('Terminate', { uids: columns(1, uidList) }),
  body('Terminated', { uids: columns(1, uidList) }),
  body('Invalidate', {
    changed: columns(1, statusList),
    adopted: columns(2, recordList),
    lost: columns(3, reasonList),
    wants: many(4, want),
    counts: many(5, count),
  }),
  body('Invalidated', {}),
  body('Scale', { wants: many(1, want) }),
  body('Scaled', { wants: many(1, heldWant) }),
  body('Gone', { deployments: many(1, text) }),
  body('GoneAcknowledged', { deployments: many(1, text) }),
];
const FIRST_BODY_FIELD = 2;
const FIELD_OF = new Map(BODIES.map(({ kind }, i) => [kind, FIRST_BODY_FIELD + i]));
const FIELDS = BODIES.map(({ codec }, i) => nested(FIRST_BODY_FIELD + i, codec));

/** Beside the body; of no meaning to the protocol, so a reader of an older schema goes without. */
const traceField = text(FIRST_BODY_FIELD + BODIES.length);
const TRACED_SINCE = 3;

const messageCodec: Codec<Message & Traced> = {
  write(writer, message) {
    const field = FIELD_OF.get(message.kind);
    if (field === undefined) throw unknownKind(message.kind);
    sessionField.write(writer, message.session);
    FIELDS[field - FIRST_BODY_FIELD]!.write(writer, message);
    if (message.trace !== undefined && writer.schema >= TRACED_SINCE) traceField.write(writer, message.trace);
  },
  read(reader) {
    const session = sessionField.read(reader);
    if (reader.done) throw malformed('a message has no body', 'one body', 'none');
    const field = reader.peekField();
    const at = field - FIRST_BODY_FIELD;
    if (BODIES[at] === undefined) throw unknownKind(`field ${field}`);
    const message = { kind: BODIES[at].kind, session, ...FIELDS[at]!.read(reader) } as Message;
    return reader.done ? message : { ...message, trace: traceField.read(reader) };
  },
};
const messageField = nested(1, messageCodec);

function unknownKind(got: string): KubedirectError {
  const known = `one of ${BODIES.map(({ kind }) => kind).join(', ')}`;
  return new KubedirectError(
    'MESSAGE_UNKNOWN',
    `a message of an unknown kind: expected ${known}, got ${got}`,
  );
}

function tooLarge(limit: number, got: number): KubedirectError {
  return new KubedirectError(
    'MESSAGE_TOO_LARGE',
    `a frame is too large: expected at most ${limit} bytes, got ${got}; raise maxFrameBytes at both ends`,
  );
}

const newArray = (size: number): Uint8Array => new Uint8Array(size);

/** Collects messages into one frame, without ever exceeding the limit. @public */
export class FrameWriter {
  readonly #writer = new Writer();
  readonly #limit: number;

  /** @param limit - largest frame in bytes, checksum included */
  constructor(limit = MAX_FRAME_BYTES) {
    this.#limit = limit;
  }

  /** From now on for a reader of this schema. */
  set schema(schema: number) {
    this.#writer.schema = schema;
  }

  /** Bytes the frame would have if it were taken now; 0 if it is empty. */
  get bytes(): number {
    return this.#writer.length === 0 ? 0 : this.#writer.length + CHECKSUM_BYTES;
  }

  /**
   * Adds a message. False if it has no room beside those already here: take the frame, then add it again.
   * @throws KubedirectError `MESSAGE_TOO_LARGE` if it would have no room in a frame of its own either,
   *   `MESSAGE_MALFORMED` if a value can not be encoded, `MESSAGE_TOO_NEW` if the reader's schema has no words for it. The frame is then as it was.
   */
  add(message: Message): boolean {
    const before = this.#writer.length;
    try {
      messageField.write(this.#writer, message);
    } catch (error) {
      this.#writer.length = before;
      throw error;
    }
    if (this.bytes <= this.#limit) return true;
    const alone = this.bytes - before;
    this.#writer.length = before;
    if (alone > this.#limit) throw tooLarge(this.#limit, alone);
    return false;
  }

  /**
   * The frame with its checksum, and begins an empty one.
   * @param allocate - where the copy goes: a host may have a cheaper way than a new array
   */
  take<B extends Uint8Array = Uint8Array>(
    allocate: (size: number) => B = newArray as (size: number) => B,
  ): B {
    const checksum = crc32(this.#writer.view());
    this.#writer.tag(CHECKSUM_FIELD, WIRE.fixed32);
    this.#writer.fixed32(checksum);
    const frame = allocate(this.#writer.length);
    frame.set(this.#writer.view());
    this.#writer.reset();
    return frame;
  }
}

/**
 * One frame with these messages, in order.
 * @param schema - that of the reader
 * @throws KubedirectError `MESSAGE_TOO_LARGE`, `MESSAGE_MALFORMED`, `MESSAGE_UNKNOWN`, `MESSAGE_TOO_NEW`
 * @public
 */
export function encodeFrame(
  messages: readonly Message[],
  limit = MAX_FRAME_BYTES,
  schema = SCHEMA,
): Uint8Array {
  const frame = new FrameWriter(limit);
  frame.schema = schema;
  for (const message of messages) {
    if (!frame.add(message)) throw tooLarge(limit, frame.bytes);
  }
  return frame.take();
}

/**
 * The messages of one frame, all of them or none.
 * @throws KubedirectError `MESSAGE_TOO_LARGE`, `MESSAGE_MALFORMED`, `MESSAGE_UNKNOWN`
 * @public
 */
export function decodeFrame(bytes: Uint8Array, limit = MAX_FRAME_BYTES): readonly Message[] {
  if (bytes.length > limit) throw tooLarge(limit, bytes.length);
  const end = bytes.length - CHECKSUM_BYTES;
  if (end < 0) throw malformed('a frame is cut off', `at least ${CHECKSUM_BYTES} bytes`, bytes.length);
  const trailer = new Reader(bytes.subarray(end));
  trailer.expect(CHECKSUM_FIELD, WIRE.fixed32);
  const stated = trailer.fixed32();
  const actual = crc32(bytes, end);
  if (stated !== actual) throw malformed('the checksum of a frame is wrong', hex(actual), hex(stated));
  const reader = new Reader(bytes, end);
  const messages: Message[] = [];
  while (!reader.done) messages.push(messageField.read(reader));
  return messages;
}

const hex = (value: number): string => value.toString(16).padStart(8, '0');
