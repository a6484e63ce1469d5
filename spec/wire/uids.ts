/**
 * Identities of Pods in columns. A uid that R minted is two integers, of which the first stands in a table; a uid
 * of any other form (adopted: `a-<metadata.uid>`) is carried as it is.
 */
import type { Uid } from '../vocabulary.ts';
import { malformed } from './bytes.ts';
import { type Codec, many, nested, packed, struct, text, uint } from './fields.ts';
import { writeIndices } from './table.ts';

interface Mint {
  readonly incarnation: number;
  readonly base: number;
}

const mints = many(1, (field) => nested(field, struct<Mint>({ incarnation: uint(1), base: uint(2) })));
const others = many(2, text);
const offsets = packed(4);

const LETTER_R = 114;
const NOT_MINTED = -1;

/** The integer in base 36 at [start, end), or -1 if it is not one in its only canonical form. */
function parseBase36(uid: string, start: number, end: number): number {
  if (start >= end || (end - start > 1 && uid.charCodeAt(start) === 48)) return NOT_MINTED;
  let value = 0;
  for (let i = start; i < end; i++) {
    const code = uid.charCodeAt(i);
    if (code >= 48 && code <= 57) value = value * 36 + (code - 48);
    else if (code >= 97 && code <= 122) value = value * 36 + (code - 87);
    else return NOT_MINTED;
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : NOT_MINTED;
}

/** Column-wise view of a list of uids while it is written. */
class Columns {
  readonly incarnations: number[] = [];
  readonly bases: number[] = [];
  readonly others: string[] = [];
  /** Index into incarnations, or -1 less the index into others. */
  readonly source: number[] = [];
  readonly counters: number[] = [];
  readonly #index = new Map<number, number>();
  /** What the last uid began with, and its incarnation's index: most begin as the one before. */
  #prefix = '';
  #prefixIndex = NOT_MINTED;

  add(uid: Uid): void {
    const index = this.#mintOf(uid);
    const counter = index === NOT_MINTED ? NOT_MINTED : parseBase36(uid, this.#prefix.length, uid.length);
    if (counter === NOT_MINTED) {
      this.others.push(uid);
      this.source.push(-this.others.length);
      this.counters.push(0);
      return;
    }
    if (counter < this.bases[index]!) this.bases[index] = counter;
    this.source.push(index);
    this.counters.push(counter);
  }

  /** Index of the incarnation that minted `uid`, or -1; then the prefix is that of `uid`. */
  #mintOf(uid: Uid): number {
    if (this.#prefixIndex !== NOT_MINTED && uid.startsWith(this.#prefix)) return this.#prefixIndex;
    const dash = uid.charCodeAt(0) === LETTER_R ? uid.indexOf('-') : -1;
    const incarnation = dash < 0 ? NOT_MINTED : parseBase36(uid, 1, dash);
    if (incarnation === NOT_MINTED || parseBase36(uid, dash + 1, uid.length) === NOT_MINTED)
      return NOT_MINTED;
    let index = this.#index.get(incarnation);
    if (index === undefined) {
      index = this.incarnations.length;
      this.#index.set(incarnation, index);
      this.incarnations.push(incarnation);
      this.bases.push(Number.MAX_SAFE_INTEGER);
    }
    this.#prefix = uid.slice(0, dash + 1);
    this.#prefixIndex = index;
    return index;
  }
}

/** A list of uids. @internal */
export const uidList: Codec<readonly Uid[]> = {
  write(writer, uids) {
    const columns = new Columns();
    for (const uid of uids) columns.add(uid);
    const { incarnations, bases, source, counters } = columns;
    mints.write(
      writer,
      incarnations.map((incarnation, i) => ({ incarnation, base: bases[i]! })),
    );
    others.write(writer, columns.others);
    const tableSize = incarnations.length + columns.others.length;
    const index = source.map((at) => (at >= 0 ? at : incarnations.length - at - 1));
    writeIndices(writer, 3, index, tableSize);
    offsets.write(
      writer,
      counters.map((counter, i) => (source[i]! >= 0 ? counter - bases[source[i]!]! : 0)),
    );
  },
  read(reader) {
    const minted = mints.read(reader);
    const verbatim = others.read(reader);
    const tableSize = minted.length + verbatim.length;
    const start = tableSize > 1 ? packed(3).read(reader) : null;
    const offset = offsets.read(reader);
    return assemble(minted, verbatim, start, offset);
  },
};

function assemble(
  minted: readonly Mint[],
  verbatim: readonly string[],
  index: readonly number[] | null,
  offset: readonly number[],
): Uid[] {
  if (index !== null && index.length !== offset.length) {
    throw malformed('the columns of uids differ in length', `${offset.length}`, index.length);
  }
  if (offset.length > 0 && minted.length + verbatim.length === 0) {
    throw malformed('uids without a mint', 'at least one', 'none');
  }
  const prefixes = minted.map(({ incarnation }) => `r${incarnation.toString(36)}-`);
  return offset.map((value, i) => {
    const at = index === null ? 0 : index[i]!;
    if (at < minted.length) return prefixes[at]! + counterOf(minted[at]!, value).toString(36);
    const uid = verbatim[at - minted.length];
    if (uid === undefined || value !== 0) throw malformed('a uid has no mint', 'an index into the table', at);
    return uid;
  });
}

function counterOf({ base }: Mint, offset: number): number {
  const counter = base + offset;
  if (counter > Number.MAX_SAFE_INTEGER)
    throw malformed('a counter is too large', 'at most 2^53 - 1', counter);
  return counter;
}
