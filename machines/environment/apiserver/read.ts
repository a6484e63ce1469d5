/** LIST: pages of one snapshot, whatever is written between them. */
import { entriesFrom, type OrderedMap, removeIn, setIn } from '../orderedMap.ts';
import { apiVersionOf, keyOf, prefixOf, type ResourceDefinition } from './definition.ts';
import { type Selection, selectionOf } from './selectors.ts';
import { ApiFailure, badRequest, expired, failureStatus } from './status.ts';
import { boundTo, objectAt, revisionKey } from './store.ts';
import type { Transaction } from './transaction.ts';
import type { ApiState, KubeObject, ListResult, RequestOptions } from './types.ts';

/**
 * The objects as they were at a revision, by undoing the history since.
 * @throws 410 if the history no longer reaches there
 */
export function objectsAt(state: ApiState, revision: number): OrderedMap<KubeObject> {
  if (revision >= state.revision) return state.objects;
  if (revision < state.compacted) {
    throw expired(
      `The provided continue parameter is too old to display a consistent list result. Revision ${revision} has been compacted (${state.compacted}).`,
    );
  }
  const undone = [...entriesFrom(state.history, revisionKey(revision + 1))].reverse();
  let objects = state.objects;
  for (const [, event] of undone) {
    objects =
      event.previous === undefined ? removeIn(objects, event.key) : setIn(objects, event.key, event.previous);
  }
  return objects;
}

interface Cursor {
  readonly revision: number;
  readonly start: string;
}

function encodeCursor(cursor: Cursor): string {
  return btoa(JSON.stringify({ v: 'meta.k8s.io/v1', rv: cursor.revision, start: cursor.start }));
}

function decodeCursor(text: string): Cursor {
  try {
    const { rv, start } = JSON.parse(atob(text)) as { rv: unknown; start: unknown };
    if (typeof rv === 'number' && typeof start === 'string') return { revision: rv, start };
  } catch {
    // Answered below: what is no JSON is no continue token either.
  }
  throw badRequest('continue key is not valid: it was not given by this server');
}

/** The revision of the snapshot to list. */
function snapshotOf(state: ApiState, options: RequestOptions): number {
  const { resourceVersion: wanted, resourceVersionMatch: match } = options;
  if (wanted === undefined || wanted === '' || wanted === '0') return state.revision;
  const revision = Number(wanted);
  if (!Number.isSafeInteger(revision) || revision < 0)
    throw badRequest(`resourceVersion: Invalid value: "${wanted}"`);
  if (revision > state.revision) {
    const message = `Too large resource version: ${revision}, current: ${state.revision}`;
    const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
    throw new ApiFailure(failureStatus(504, 'Timeout', message, { causes, retryAfterSeconds: 1 }), 1);
  }
  return match === 'Exact' ? revision : state.revision;
}

/** Objects of a selection at the present, by an index where there is one. @internal */
export function* selected(
  state: ApiState,
  definition: ResourceDefinition,
  namespace: string | undefined,
  selection: Selection,
): Generator<KubeObject> {
  if (selection.node !== undefined) {
    const prefix = prefixOf(definition, namespace);
    for (const key of boundTo(state, selection.node)) {
      const object = key.startsWith(prefix) ? objectAt(state, key) : undefined;
      if (object !== undefined && selection.matches(object)) yield object;
    }
    return;
  }
  if (selection.name !== undefined && (namespace !== undefined || !definition.namespaced)) {
    const object = objectAt(state, keyOf(definition, namespace, selection.name));
    if (object !== undefined && selection.matches(object)) yield object;
    return;
  }
  const prefix = prefixOf(definition, namespace);
  for (const [key, object] of entriesFrom(state.objects, prefix)) {
    if (!key.startsWith(prefix)) return;
    if (selection.matches(object)) yield object;
  }
}

function page(
  objects: OrderedMap<KubeObject>,
  prefix: string,
  start: string,
  limit: number,
  selection: Selection,
): { items: KubeObject[]; next?: string; remaining: number } {
  const items: KubeObject[] = [];
  let next: string | undefined;
  let remaining = 0;
  for (const [key, object] of entriesFrom(objects, start)) {
    if (!key.startsWith(prefix)) break;
    if (!selection.matches(object)) continue;
    if (items.length < limit) items.push(object);
    else {
      next ??= key;
      remaining += 1;
      if (!selection.all) break;
    }
  }
  return { items, remaining, ...(next === undefined ? {} : { next }) };
}

/** LIST. */
export function listObjects(tx: Transaction): ListResult {
  const { definition, options, request, state } = tx;
  const selection = selectionOf(definition, options);
  const kind = `${definition.kind}List`;
  const apiVersion = apiVersionOf(definition, request.version);
  const limit = options.limit ?? 0;
  const cursor =
    options.continue === undefined || options.continue === '' ? undefined : decodeCursor(options.continue);
  const revision = cursor?.revision ?? snapshotOf(state, options);
  const base = { kind, apiVersion, resourceVersion: String(revision) };
  if (limit <= 0 && cursor === undefined && revision === state.revision) {
    return { ...base, items: [...selected(state, definition, request.namespace, selection)] };
  }
  const prefix = prefixOf(definition, request.namespace);
  if (cursor !== undefined && !cursor.start.startsWith(prefix))
    throw badRequest('continue key is not valid for this list');
  const objects = objectsAt(state, revision);
  const size = limit <= 0 ? Number.POSITIVE_INFINITY : limit;
  const { items, next, remaining } = page(objects, prefix, cursor?.start ?? prefix, size, selection);
  if (next === undefined) return { ...base, items };
  const more = { continue: encodeCursor({ revision, start: next }) };
  return { ...base, items, ...more, ...(selection.all ? { remainingItemCount: remaining } : {}) };
}
