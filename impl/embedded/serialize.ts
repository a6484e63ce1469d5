/**
 * Objects as text, once: the same object goes to the answer of a write, to lists, and to every watcher.
 */

import type { ResourceDefinition } from '../../machines/environment/apiserver/definition.ts';
import type { KubeObject, ListResult } from '../../machines/environment/apiserver/types.ts';

const bare = new WeakMap<KubeObject, string>();
const converted = new WeakMap<KubeObject, string>();

/** The object without kind and version, as a list's items are. @internal */
export function itemText(definition: ResourceDefinition, object: KubeObject): string {
  const cache = definition.convert === undefined ? bare : converted;
  const known = cache.get(object);
  if (known !== undefined) return known;
  const text = JSON.stringify(
    definition.convert === undefined ? object : definition.convert.toServed(object),
  );
  cache.set(object, text);
  return text;
}

/** The object with kind and version. @internal */
export function objectText(definition: ResourceDefinition, apiVersion: string, object: KubeObject): string {
  return `{"kind":"${definition.kind}","apiVersion":"${apiVersion}",${itemText(definition, object).slice(1)}`;
}

/** A list. @internal */
export function listText(definition: ResourceDefinition, list: ListResult): string {
  const metadata = JSON.stringify({
    resourceVersion: list.resourceVersion,
    ...(list.continue === undefined ? {} : { continue: list.continue }),
    ...(list.remainingItemCount === undefined ? {} : { remainingItemCount: list.remainingItemCount }),
  });
  const items = list.items.map((item) => itemText(definition, item)).join(',');
  return `{"kind":"${list.kind}","apiVersion":"${list.apiVersion}","metadata":${metadata},"items":[${items}]}`;
}
