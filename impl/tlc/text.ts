/** Plain values as the canonical text of the TLA+ value that they stand for (see `canonicalValue`). */

const texts = new WeakMap<object, string>();
const join = (open: string, items: readonly string[], close: string) => open + items.join(',') + close;

/**
 * An array is a sequence, a Map a function, a Set a set, an object a record. What is passed is not changed afterwards:
 * its text is kept.
 */
export function tlaText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = compose(value);
  texts.set(value, text);
  return text;
}

function compose(value: object): string {
  if (Array.isArray(value)) return join('(', value.map((one, at) => `${at + 1}:${tlaText(one)}`).sort(), ')');
  if (value instanceof Set) return join('{', [...new Set([...value].map(tlaText))].sort(), '}');
  const pairs = value instanceof Map ? [...value] : Object.entries(value);
  return join('(', pairs.map(([key, one]) => `${tlaText(key)}:${tlaText(one)}`).sort(), ')');
}

/** A bag: each item with how often it is there. */
export function bagOf(items: readonly unknown[]): ReadonlyMap<unknown, number> {
  const counts = new Map<string, [unknown, number]>();
  for (const item of items) {
    const text = tlaText(item);
    counts.set(text, [item, (counts.get(text)?.[1] ?? 0) + 1]);
  }
  return new Map(counts.values());
}

/** `<<>>` or `<<value>>`. */
export const option = <T, U>(value: T | null | undefined, as: (value: T) => U): readonly U[] =>
  value === null || value === undefined ? [] : [as(value)];

/** A state: its variables by name. */
export function stateText(variables: Readonly<Record<string, unknown>>): string {
  return Object.keys(variables)
    .sort()
    .map((name) => `${name}=${tlaText(variables[name])}`)
    .join('\n');
}
