/**
 * The objects, their indexes, and the history that watches are served from. One counter is the resourceVersion of all
 * resources, as etcd's revision is.
 */
import { emptyMap, entriesWith, firstOf, getIn, removeIn, setIn, sizeOf } from '../orderedMap.ts';
import { type ClusterView, keyOf, type ResourceDefinition } from './definition.ts';
import type { Pod } from './kube.ts';
import type { ApiState, KubeObject, WatchEvent } from './types.ts';

/** An API Server without objects. @public */
export function emptyApi(options: { seed: number; historyLimit?: number }): ApiState {
  return {
    seed: options.seed,
    minted: 0,
    revision: 1,
    objects: emptyMap(),
    owned: emptyMap(),
    bound: emptyMap(),
    history: emptyMap(),
    compacted: 0,
    historyLimit: options.historyLimit ?? 20_000,
  };
}

/** A revision as a key of the history: padded, so that the order of texts is that of numbers. @internal */
export function revisionKey(revision: number): string {
  return String(revision).padStart(16, '0');
}

/** The object, or undefined. @public */
export function findObject(
  state: ApiState,
  definition: ResourceDefinition,
  namespace: string | undefined,
  name: string,
): KubeObject | undefined {
  return getIn(state.objects, keyOf(definition, namespace, name));
}

/** The object under a store key. @public */
export function objectAt(state: ApiState, key: string): KubeObject | undefined {
  return getIn(state.objects, key);
}

/** All objects of a storage name, or of one of its namespaces, in key order. @public */
export function* objectsOf(state: ApiState, storage: string, namespace?: string): Generator<KubeObject> {
  const prefix = namespace === undefined ? `${storage}/` : `${storage}/${namespace}/`;
  for (const [, object] of entriesWith(state.objects, prefix)) yield object;
}

/** Keys of the objects that name `uid` as an owner. @public */
export function* ownedBy(state: ApiState, uid: string): Generator<string> {
  for (const [, key] of entriesWith(state.owned, `${uid}/`)) yield key;
}

/** Keys of the Pods bound to a node. @public */
export function* boundTo(state: ApiState, node: string): Generator<string> {
  for (const [, key] of entriesWith(state.bound, `${node}/`)) yield key;
}

/** The store as mutating admission sees it. @internal */
export function viewOf(state: ApiState): ClusterView {
  return {
    find: (storage, namespace, name) =>
      getIn(
        state.objects,
        namespace === undefined ? `${storage}/${name}` : `${storage}/${namespace}/${name}`,
      ),
    all: (storage) => objectsOf(state, storage),
  };
}

function reindex(
  state: ApiState,
  key: string,
  next: KubeObject | undefined,
  previous: KubeObject | undefined,
): ApiState {
  let { owned, bound } = state;
  const before = previous?.metadata.ownerReferences;
  const after = next?.metadata.ownerReferences;
  if (before !== after) {
    for (const owner of before ?? []) owned = removeIn(owned, `${owner.uid}/${key}`);
    for (const owner of after ?? []) owned = setIn(owned, `${owner.uid}/${key}`, key);
  }
  if (key.startsWith('pods/')) {
    const was = (previous as Pod | undefined)?.spec.nodeName;
    const is = (next as Pod | undefined)?.spec.nodeName;
    if (was !== is) {
      if (was !== undefined) bound = removeIn(bound, `${was}/${key}`);
      if (is !== undefined) bound = setIn(bound, `${is}/${key}`, key);
    }
  }
  return { ...state, owned, bound };
}

function remember(state: ApiState, event: WatchEvent): ApiState {
  let history = setIn(state.history, revisionKey(event.revision), event);
  let compacted = state.compacted;
  while (sizeOf(history) > state.historyLimit) {
    const oldest = firstOf(history);
    if (oldest === undefined) break;
    history = removeIn(history, oldest[0]);
    compacted = oldest[1].revision;
  }
  return { ...state, history, compacted };
}

/**
 * Writes an object: gives it the next resourceVersion, keeps the indexes, adds to the history.
 * @returns the state, the object as stored, and the event
 */
export function put(
  state: ApiState,
  definition: ResourceDefinition,
  draft: KubeObject,
): [ApiState, KubeObject, WatchEvent] {
  const revision = state.revision + 1;
  const key = keyOf(definition, draft.metadata.namespace, draft.metadata.name);
  const previous = getIn(state.objects, key);
  const object = { ...draft, metadata: { ...draft.metadata, resourceVersion: String(revision) } };
  const base = { resource: definition.storage, revision, key, object };
  const event: WatchEvent =
    previous === undefined ? { type: 'ADDED', ...base } : { type: 'MODIFIED', ...base, previous };
  const indexed = reindex(
    { ...state, revision, objects: setIn(state.objects, key, object) },
    key,
    object,
    previous,
  );
  return [remember(indexed, event), object, event];
}

/** Takes an object away. The event shows it as it was last, under the revision of its removal, as etcd's does. */
export function drop(
  state: ApiState,
  definition: ResourceDefinition,
  last: KubeObject,
): [ApiState, KubeObject, WatchEvent] {
  const revision = state.revision + 1;
  const key = keyOf(definition, last.metadata.namespace, last.metadata.name);
  const previous = getIn(state.objects, key) ?? last;
  const object = { ...last, metadata: { ...last.metadata, resourceVersion: String(revision) } };
  const event: WatchEvent = {
    type: 'DELETED',
    resource: definition.storage,
    revision,
    key,
    object,
    previous,
  };
  const indexed = reindex(
    { ...state, revision, objects: removeIn(state.objects, key) },
    key,
    undefined,
    previous,
  );
  return [remember(indexed, event), object, event];
}
