/** Plain values as TLA+ text: an array is a sequence, a Set a set, an object a record. */

/** A value that is named in the module, or that becomes a number only once all are known. */
export interface Written {
  tla(): string;
}

const isWritten = (value: object): value is Written => typeof (value as Partial<Written>).tla === 'function';

/** The text of a value. Strings hold no control characters. */
export function tlaSyntax(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value === 'number' && value < 0) return `(0-${-value})`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isWritten(value)) return value.tla();
  if (Array.isArray(value)) return `<<${value.map(tlaSyntax).join(',')}>>`;
  if (value instanceof Set) return `{${[...value].map(tlaSyntax).join(',')}}`;
  return `[${Object.entries(value)
    .map(([name, one]) => `${name}|->${tlaSyntax(one)}`)
    .join(',')}]`;
}
