/**
 * Building blocks: one definition of a message gives its encoder and its decoder, so the two can not differ.
 *
 * A `Codec` is the inside of a message, a `Field` is a codec under a number. Every field is required unless its name
 * says otherwise; `struct` writes and reads its fields in the order given, which must be that of their numbers.
 */
import { KubedirectError } from '../errors.ts';
import { malformed, type Reader, WIRE, type Writer } from './bytes.ts';

/** The inside of a message. @internal */
export interface Codec<T> {
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
}
/** A codec with its field number. @internal */
export type Field<T> = Codec<T>;

/** An integer from 0 to 2^53 - 1. */
export function uint(field: number): Field<number> {
  return {
    write(writer, value) {
      writer.tag(field, WIRE.varint);
      writer.varint(value);
    },
    read(reader) {
      reader.expect(field, WIRE.varint);
      return reader.varint();
    },
  };
}

/** A signed integer within 2^52, zigzag. */
export function sint(field: number): Field<number> {
  const zigzag = uint(field);
  return {
    write: (writer, value) => zigzag.write(writer, value < 0 ? -2 * value - 1 : 2 * value),
    read(reader) {
      const value = zigzag.read(reader);
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    },
  };
}

/** One of `values`, as its index. */
export function oneOf<const T extends string | boolean>(field: number, values: readonly T[]): Field<T> {
  const index = uint(field);
  return {
    write: (writer, value) => index.write(writer, values.indexOf(value)),
    read(reader) {
      const at = index.read(reader);
      if (at >= values.length) throw malformed('a value is unknown', `one of ${values.join(', ')}`, at);
      return values[at]!;
    },
  };
}

/** A field that is there or not. */
export function flag(field: number): Field<true | undefined> {
  const one = oneOf(field, [false, true]);
  return {
    write(writer, value) {
      if (value === true) one.write(writer, true);
    },
    read(reader) {
      if (reader.peekField() !== field) return undefined;
      if (!one.read(reader)) throw malformed('a flag is false', 'no field', `field ${field}`);
      return true;
    },
  };
}

/** A field that came with this schema. What it says can not be told to a reader of an older one; what leaves it out can. */
export function since<T>(schema: number, field: Field<T>): Field<T> {
  return {
    write(writer, value) {
      const before = writer.length;
      field.write(writer, value);
      if (writer.schema >= schema || writer.length === before) return;
      throw new KubedirectError(
        'MESSAGE_TOO_NEW',
        `a peer is too old for what it is to be told: expected schema ${schema} or newer, got ${writer.schema}; it goes on once that peer is upgraded`,
      );
    },
    read: (reader) => field.read(reader),
  };
}

/** A string. */
export function text(field: number): Field<string> {
  return {
    write(writer, value) {
      writer.tag(field, WIRE.bytes);
      writer.string(value);
    },
    read(reader) {
      reader.expect(field, WIRE.bytes);
      return reader.string();
    },
  };
}

/** A string that passes `isValid`; `expected` says what that is. */
export function textThat<T extends string>(
  field: number,
  isValid: (value: string) => value is T,
  expected: string,
): Field<T> {
  const any = text(field);
  const check = (value: string): T => {
    if (!isValid(value)) throw malformed('a name is not valid', expected, JSON.stringify(value));
    return value;
  };
  return {
    write: (writer, value) => any.write(writer, check(value)),
    read: (reader) => check(any.read(reader)),
  };
}

/** A message inside a message. */
export function nested<T>(field: number, codec: Codec<T>): Field<T> {
  return {
    write(writer, value) {
      writer.tag(field, WIRE.bytes);
      const start = writer.open();
      codec.write(writer, value);
      writer.close(start);
    },
    read(reader) {
      reader.expect(field, WIRE.bytes);
      const outer = reader.enter();
      const value = codec.read(reader);
      reader.leave(outer);
      return value;
    },
  };
}

/** A field that is left out for null. */
export function nullable<T>(field: number, inner: (field: number) => Field<T>): Field<T | null> {
  const some = inner(field);
  return {
    write(writer, value) {
      if (value !== null) some.write(writer, value);
    },
    read: (reader) => (reader.peekField() === field ? some.read(reader) : null),
  };
}

/** A list, one field for each entry. */
export function many<T>(field: number, inner: (field: number) => Field<T>): Field<readonly T[]> {
  const one = inner(field);
  return {
    write(writer, values) {
      for (const value of values) one.write(writer, value);
    },
    read(reader) {
      const values: T[] = [];
      while (reader.peekField() === field) values.push(one.read(reader));
      return values;
    },
  };
}

/** A list in columns: one nested message, left out when the list is empty. */
export function columns<T>(field: number, codec: Codec<readonly T[]>): Field<readonly T[]> {
  const list = nested(field, codec);
  return {
    write(writer, values) {
      if (values.length > 0) list.write(writer, values);
    },
    read(reader) {
      if (reader.peekField() !== field) return [];
      const values = list.read(reader);
      if (values.length === 0) throw malformed('a list is empty', 'no field', `field ${field}`);
      return values;
    },
  };
}

/** A column of integers, packed. */
export function packed(field: number): Field<readonly number[]> {
  return {
    write(writer, values) {
      if (values.length === 0) return;
      writer.tag(field, WIRE.bytes);
      const start = writer.open();
      for (let i = 0; i < values.length; i++) writer.varint(values[i]!);
      writer.close(start);
    },
    read(reader) {
      const values: number[] = [];
      if (!reader.next(field, WIRE.bytes)) return values;
      const outer = reader.enter();
      while (!reader.done) values.push(reader.varint());
      reader.leave(outer);
      if (values.length === 0) throw malformed('a column is empty', 'no field', `field ${field}`);
      return values;
    },
  };
}

/** A message of named fields. */
export function struct<T extends object>(fields: { readonly [K in keyof T]-?: Field<T[K]> }): Codec<T> {
  const entries = Object.entries(fields) as [keyof T, Field<T[keyof T]>][];
  return {
    write(writer, value) {
      for (const [key, field] of entries) field.write(writer, value[key]);
    },
    read(reader) {
      const value = {} as T;
      for (const [key, field] of entries) {
        const read = field.read(reader);
        if (read !== undefined) value[key] = read;
      }
      return value;
    },
  };
}
