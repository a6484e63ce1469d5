/**
 * What repeats in a list of Pods: each distinct value stands once in a table, and a column holds its index.
 */
import { malformed, type Reader, type Writer } from './bytes.ts';
import { packed } from './fields.ts';

/**
 * Collects distinct values in the order of their first appearance. `same` finds a run of equal values without
 * building a key, which is the usual case.
 */
export class Table<T> {
  readonly entries: T[] = [];
  readonly column: number[] = [];
  readonly #index = new Map<string | number, number>();
  readonly #keyOf: (value: T) => string | number;
  readonly #same: (a: T, b: T) => boolean;
  #last = -1;

  constructor(keyOf: (value: T) => string | number, same: (a: T, b: T) => boolean) {
    this.#keyOf = keyOf;
    this.#same = same;
  }

  /** Adds the next value of the column; returns its index. */
  add(value: T): number {
    if (this.#last < 0 || !this.#same(this.entries[this.#last]!, value)) {
      this.#last = this.entries.length === 0 ? this.#append(value) : this.#find(value);
    }
    this.column.push(this.#last);
    return this.#last;
  }

  #append(value: T): number {
    return this.entries.push(value) - 1;
  }

  /** Only a table of more than one entry needs keys. */
  #find(value: T): number {
    if (this.#index.size === 0) this.#index.set(this.#keyOf(this.entries[0]!), 0);
    const key = this.#keyOf(value);
    const known = this.#index.get(key);
    if (known !== undefined) return known;
    const index = this.#append(value);
    this.#index.set(key, index);
    return index;
  }
}

/** Writes an index column: left out when the table has one entry. */
export function writeIndices(
  writer: Writer,
  field: number,
  column: readonly number[],
  entries: number,
): void {
  if (entries > 1) packed(field).write(writer, column);
}

/** Reads an index column of `count` entries into a table of `entries`. */
export function readIndices(
  reader: Reader,
  field: number,
  count: number,
  entries: number,
): readonly number[] {
  if (count > 0 && entries === 0) throw malformed('a table is empty', 'at least one entry', 'none');
  if (entries <= 1) return new Array<number>(count).fill(0);
  return readColumn(reader, field, count, entries);
}

/** Reads a column of exactly `count` integers below `limit`. */
export function readColumn(reader: Reader, field: number, count: number, limit: number): readonly number[] {
  const column = packed(field).read(reader);
  if (column.length !== count) {
    throw malformed(
      'a column has another length than the list',
      `${count} entries in field ${field}`,
      column.length,
    );
  }
  for (const value of column) {
    if (value >= limit)
      throw malformed('an index points past its table', `below ${limit} in field ${field}`, value);
  }
  return column;
}
