/**
 * Strategic merge patch, as kubectl sends it for built-in kinds: lists merge by the keys in `schema.ts`; the directives
 * `$patch: delete | replace | merge`, `$deleteFromPrimitiveList/…`, `$retainKeys` are obeyed; `$setElementOrder/…` orders.
 */
import { copy, equal, isObject, type JsonObject } from '../../json.ts';
import { itemKey, listKind } from '../schema.ts';
import { badRequest } from '../status.ts';

const ORDER = '$setElementOrder/';
const DELETE_FROM = '$deleteFromPrimitiveList/';

/** Merge keys of strategic merge: one field, where server-side apply may use several. */
function mergeKeys(field: string, items: readonly unknown[]): readonly string[] | undefined {
  const kind = listKind(
    field,
    items.filter((item) => !isObject(item) || item.$patch !== 'replace'),
  );
  if (kind.kind !== 'keyed') return undefined;
  return field === 'ports' || field === 'topologySpreadConstraints' ? kind.keys.slice(0, 1) : kind.keys;
}

/**
 * The order of a merged list: what the order (or else the patch) names stands in that order; the rest keeps the server's, each
 * put before the first named item that the server had behind it (`normalizeElementOrder`).
 */
function inOrder(
  list: readonly unknown[],
  order: readonly unknown[],
  server: readonly unknown[],
  keys: readonly string[] | undefined,
): unknown[] {
  const identity = (item: unknown) => (keys === undefined ? JSON.stringify(item) : itemKey(item, keys));
  const ranks = (items: readonly unknown[]) => new Map(items.map((item, i) => [identity(item), i] as const));
  const [rank, serverRank] = [ranks(order), ranks(server)];
  const by = (of: ReadonlyMap<string, number>) => (a: unknown, b: unknown) =>
    (of.get(identity(a)) ?? 0) - (of.get(identity(b)) ?? 0);
  const named = list.filter((item) => rank.has(identity(item))).sort(by(rank));
  const rest = list.filter((item) => !rank.has(identity(item))).sort(by(serverRank));
  const made: unknown[] = [];
  for (const item of named) {
    const place = serverRank.get(identity(item));
    while (rest.length > 0 && place !== undefined && (serverRank.get(identity(rest[0])) ?? 0) < place)
      made.push(rest.shift());
    made.push(item);
  }
  return [...made, ...rest];
}

function mergeKeyed(
  target: readonly unknown[],
  patch: readonly unknown[],
  keys: readonly string[],
): unknown[] {
  let made = [...target];
  if (patch.some((item) => isObject(item) && item.$patch === 'replace')) made = [];
  for (const item of patch) {
    if (!isObject(item)) throw badRequest('strategic merge patch: an item of a keyed list is an object');
    const { $patch: directive, ...value } = item;
    if (directive === 'replace' && Object.keys(value).length === 0) continue;
    if (keys.some((key) => value[key] === undefined && key !== 'protocol')) {
      throw badRequest(
        `map: ${JSON.stringify(value)} does not contain declared merge key: ${keys.join(', ')}`,
      );
    }
    const identity = itemKey(value, keys);
    const index = made.findIndex((other) => itemKey(other, keys) === identity);
    if (directive === 'delete') {
      if (index >= 0) made.splice(index, 1);
    } else if (index < 0) made.push(strategicMerge({}, value));
    else made[index] = strategicMerge(made[index], value);
  }
  return made;
}

function mergeList(field: string, target: unknown, patch: readonly unknown[], order: unknown): unknown[] {
  const have = Array.isArray(target) ? target : [];
  const keys = mergeKeys(field, [...have, ...patch]);
  const isSet = keys === undefined && listKind(field, patch).kind === 'set';
  if (keys === undefined && !isSet) return copy([...patch]);
  const merged =
    keys === undefined
      ? [...have, ...patch.filter((item) => !have.some((other) => equal(item, other)))]
      : mergeKeyed(have, patch, keys);
  return inOrder(merged, Array.isArray(order) ? order : patch, have, keys);
}

/** Applies a strategic merge patch. Neither argument is changed. @internal */
export function strategicMerge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return copy(patch);
  const { $patch: directive, $retainKeys: retained, ...fields } = patch;
  if (directive === 'delete') return {};
  const made: JsonObject = isObject(target) && directive !== 'replace' ? { ...target } : {};
  if (Array.isArray(retained))
    for (const key of Object.keys(made)) if (!retained.includes(key)) delete made[key];
  for (const [field, value] of Object.entries(fields)) {
    if (field.startsWith(ORDER)) continue;
    if (field.startsWith(DELETE_FROM)) {
      const name = field.slice(DELETE_FROM.length);
      const have = made[name];
      if (Array.isArray(have) && Array.isArray(value)) {
        made[name] = have.filter((item) => !value.some((gone) => equal(gone, item)));
      }
    } else if (value === null) delete made[field];
    else if (Array.isArray(value)) made[field] = mergeList(field, made[field], value, fields[ORDER + field]);
    else if (isObject(value) && value.$patch === 'delete') delete made[field];
    else made[field] = strategicMerge(made[field], value);
  }
  return made;
}
