/** What is different between two plain values, by path. */

/** One difference. */
export interface Difference {
  readonly path: string;
  /** JSON; undefined: it was not there, or is not there any more. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Elements of a list are known by their first field, so that one that is taken out does not move all others. */
function named(value: unknown): Record<string, unknown> | null {
  if (!isObject(value)) return null;
  if (!Array.isArray(value)) return value;
  const names = value.map((one: unknown) =>
    Array.isArray(one) && typeof one[0] === 'string' ? one[0] : typeof one === 'string' ? one : null,
  );
  const isNamed = names.every((name) => name !== null) && new Set(names).size === names.length;
  if (!isNamed) return { ...value } as unknown as Record<string, unknown>;
  return Object.fromEntries(
    value.map((one: unknown, at) => [names[at], Array.isArray(one) ? one.slice(1) : true]),
  );
}

/** All differences between two plain values, in the order of their fields. */
export function differencesOf(before: unknown, after: unknown, path = ''): readonly Difference[] {
  const [was, is] = [JSON.stringify(before), JSON.stringify(after)];
  if (was === is) return [];
  const [left, right] = [named(before), named(after)];
  if (left === null || right === null) return [{ path, before: was, after: is }];
  const fields = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...fields].flatMap((field) => {
    const at = path === '' ? field : `${path}.${field}`;
    if (!Object.hasOwn(left, field))
      return [{ path: at, before: undefined, after: JSON.stringify(right[field]) }];
    if (!Object.hasOwn(right, field))
      return [{ path: at, before: JSON.stringify(left[field]), after: undefined }];
    return differencesOf(left[field], right[field], at);
  });
}
