/** `meta.k8s.io/v1` PartialObjectMetadata: an object without its spec and status. */
import type { KubeObject, ListResult } from '../../../machines/environment/apiserver/types.ts';

/** One object's metadata. @internal */
export function metadataText(object: KubeObject): string {
  return JSON.stringify({
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: object.metadata,
  });
}

/** A list's. @internal */
export function metadataListText(list: ListResult): string {
  const { resourceVersion, continue: token, remainingItemCount } = list;
  return JSON.stringify({
    kind: 'PartialObjectMetadataList',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion, continue: token, remainingItemCount },
    items: list.items.map((item) => ({ metadata: item.metadata })),
  });
}
