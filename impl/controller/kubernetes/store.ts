/**
 * What a list-watch has told its subscriber so far, and the events that a list or a watch line makes of that.
 *
 * Pure bookkeeping: an object is known by namespace, name *and* uid; the same name under a new uid is one object deleted and another added.
 */
import type { KubernetesObject } from './types.ts';

/** What a subscriber is told. @public */
export type ListWatchEvent<T extends KubernetesObject> =
  | { readonly type: 'added' | 'modified' | 'deleted'; readonly object: T; readonly resourceVersion: string }
  /** A whole list has been delivered; `again` from the second one on. */
  | { readonly type: 'synced'; readonly resourceVersion: string; readonly again: boolean };

/** @internal */
export class Store<T extends KubernetesObject> {
  readonly #objects = new Map<string, T>();

  static keyOf(object: KubernetesObject): string {
    const { namespace, name } = object.metadata;
    return namespace === undefined ? name : `${namespace}/${name}`;
  }

  get objects(): ReadonlyMap<string, T> {
    return this.#objects;
  }

  /** An object that exists now. Nothing if this very version is known. */
  put(object: T): ListWatchEvent<T>[] {
    const key = Store.keyOf(object);
    const known = this.#objects.get(key);
    const { uid, resourceVersion } = object.metadata;
    this.#objects.set(key, object);
    if (known === undefined) return [{ type: 'added', object, resourceVersion }];
    if (known.metadata.uid !== uid) {
      return [
        { type: 'deleted', object: known, resourceVersion },
        { type: 'added', object, resourceVersion },
      ];
    }
    return known.metadata.resourceVersion === resourceVersion
      ? []
      : [{ type: 'modified', object, resourceVersion }];
  }

  /** An object that is gone; the event carries its last state. Nothing if it was not known, or another uid has the name. */
  remove(object: T): ListWatchEvent<T>[] {
    const key = Store.keyOf(object);
    const known = this.#objects.get(key);
    if (known === undefined || known.metadata.uid !== object.metadata.uid) return [];
    this.#objects.delete(key);
    return [{ type: 'deleted', object, resourceVersion: object.metadata.resourceVersion }];
  }

  /** All that exists at `resourceVersion`: what is missing from it was deleted unseen. Deletions come first. */
  replace(items: readonly T[], resourceVersion: string): ListWatchEvent<T>[] {
    const present = new Set(items.map(Store.keyOf));
    const events: ListWatchEvent<T>[] = [];
    for (const [key, object] of this.#objects) {
      if (present.has(key)) continue;
      this.#objects.delete(key);
      events.push({ type: 'deleted', object, resourceVersion });
    }
    for (const item of items) events.push(...this.put(item));
    return events;
  }
}
