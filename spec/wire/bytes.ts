/**
 * The bytes below the schema: protobuf's varints, strings and lengths, written into and read from one buffer.
 *
 * Pure. Integers are JavaScript numbers from 0 to 2^53 - 1; everything else is refused by `MESSAGE_MALFORMED`.
 */
import { KubedirectError } from '../errors.ts';

/** Wire types of protobuf that the schema uses. @internal */
export const WIRE = { varint: 0, bytes: 2, fixed32: 5 } as const;

/** A writer that has nothing to write keeps no buffer larger than this: there may be thousands. */
const KEPT_BYTES = 16_384;

/** Strings up to this many characters are tried as ASCII first: most are names of 10 to 40. */
const SHORT = 64;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The error of all that is not a frame of this schema. @internal */
export function malformed(fact: string, expected: string, got: unknown): KubedirectError {
  return new KubedirectError('MESSAGE_MALFORMED', `${fact}: expected ${expected}, got ${String(got)}`);
}

/** A growing buffer of encoded fields. @internal */
export class Writer {
  #bytes: Uint8Array;
  /** Bytes written so far. May be set back to undo. */
  length = 0;
  /** Newest schema that the reader knows. */
  schema = Number.POSITIVE_INFINITY;

  constructor(capacity = 512) {
    this.#bytes = new Uint8Array(capacity);
  }

  #reserve(more: number): Uint8Array {
    const needed = this.length + more;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.length));
      this.#bytes = grown;
    }
    return this.#bytes;
  }

  /** An unsigned integer. */
  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw malformed('a number can not be encoded', 'an integer from 0 to 2^53 - 1', value);
    }
    const bytes = this.#reserve(8);
    let rest = value;
    while (rest > 0x7fffffff) {
      bytes[this.length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[this.length++] = rest;
  }

  /** Number and wire type of the field that follows. */
  tag(field: number, wire: number): void {
    this.varint(field * 8 + wire);
  }

  /** Four bytes, little endian. */
  fixed32(value: number): void {
    const bytes = this.#reserve(4);
    for (let shift = 0; shift < 32; shift += 8) bytes[this.length++] = (value >>> shift) & 0xff;
  }

  /** A length-prefixed UTF-8 string. */
  string(value: string): void {
    if (value.length <= SHORT && this.#ascii(value)) return;
    if (!value.isWellFormed()) throw malformed('a string can not be encoded', 'Unicode', 'a lone surrogate');
    const start = this.open();
    const bytes = this.#reserve(value.length * 3);
    this.length += encoder.encodeInto(value, bytes.subarray(this.length)).written;
    this.close(start);
  }

  /** The usual case, a short name: no call into the platform's encoder. False, with nothing written, if it is not. */
  #ascii(value: string): boolean {
    const bytes = this.#reserve(SHORT + 1);
    const start = this.length + 1;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      bytes[start + i] = code;
    }
    bytes[this.length] = value.length;
    this.length = start + value.length;
    return true;
  }

  /** Starts a length-prefixed part; give what it returns to {@link Writer.close}. */
  open(): number {
    this.#reserve(1);
    return this.length++;
  }

  /** Ends a part: writes its length before it. */
  close(start: number): void {
    const size = this.length - start - 1;
    if (size < 128) {
      this.#bytes[start] = size;
      return;
    }
    let prefix = 1;
    for (let rest = size; rest > 127; rest = Math.floor(rest / 128)) prefix++;
    const bytes = this.#reserve(prefix);
    bytes.copyWithin(start + prefix, start + 1, this.length);
    this.length = start;
    this.varint(size);
    this.length = start + prefix + size;
  }

  /** Forgets what has been written, and a buffer that grew large with it. */
  reset(): void {
    this.length = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = new Uint8Array(KEPT_BYTES);
  }

  /** What has been written, without a copy: valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}

/** Reads fields in the order of the schema; refuses everything else. @internal */
export class Reader {
  readonly #bytes: Uint8Array;
  #position: number;
  #end: number;

  constructor(bytes: Uint8Array, end = bytes.length) {
    this.#bytes = bytes;
    this.#position = 0;
    this.#end = end;
  }

  /** Whether the current part is read to its end. */
  get done(): boolean {
    return this.#position >= this.#end;
  }

  /** An unsigned integer. */
  varint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 8; i++) {
      if (this.#position >= this.#end) throw malformed('a number is cut off', 'more bytes', 'the end');
      const byte = this.#bytes[this.#position++]!;
      if (byte < 0x80) {
        if (byte === 0 && i > 0)
          throw malformed('a number is too long', 'its shortest form', 'a zero at its end');
        value += byte * factor;
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      value += (byte & 0x7f) * factor;
      factor *= 128;
    }
    throw malformed('a number is too large', 'at most 2^53 - 1', 'more');
  }

  /** Whether `field` comes next; if so its tag is consumed. */
  next(field: number, wire: number): boolean {
    if (this.#position >= this.#end) return false;
    const start = this.#position;
    if (this.varint() === field * 8 + wire) return true;
    this.#position = start;
    return false;
  }

  /** Consumes the tag of a field that must come next. */
  expect(field: number, wire: number): void {
    if (this.next(field, wire)) return;
    throw malformed('a field is missing', `field ${field}`, this.done ? 'the end' : this.describeNext());
  }

  /** Four bytes, little endian. */
  fixed32(): number {
    if (this.#end - this.#position < 4) throw malformed('a number is cut off', '4 bytes', 'the end');
    let value = 0;
    for (let shift = 0; shift < 32; shift += 8) value |= this.#bytes[this.#position++]! << shift;
    return value >>> 0;
  }

  /** A length-prefixed UTF-8 string. */
  string(): string {
    const size = this.#size();
    const text = this.#bytes.subarray(this.#position, this.#position + size);
    this.#position += size;
    try {
      return decoder.decode(text);
    } catch {
      throw malformed('a string is not text', 'UTF-8', `${size} bytes that are not`);
    }
  }

  /** Enters a length-prefixed part; give what it returns to {@link Reader.leave}. */
  enter(): number {
    const size = this.#size();
    const outer = this.#end;
    this.#end = this.#position + size;
    return outer;
  }

  /** Leaves a part, which must have been read to its end. */
  leave(outer: number): void {
    if (!this.done) throw malformed('a part is too long', 'its end', this.describeNext());
    this.#end = outer;
  }

  /** The field number that comes next, or 0 if none can be read. */
  peekField(): number {
    const start = this.#position;
    try {
      return this.done ? 0 : Math.floor(this.varint() / 8);
    } catch {
      return 0;
    } finally {
      this.#position = start;
    }
  }

  /** For error texts. */
  describeNext(): string {
    return `field ${this.peekField()} at byte ${this.#position}`;
  }

  #size(): number {
    const size = this.varint();
    if (size > this.#end - this.#position) {
      throw malformed('a part is cut off', `${size} bytes`, `${this.#end - this.#position}`);
    }
    return size;
  }
}
