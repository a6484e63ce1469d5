/**
 * What the API Server knows of one resource: its names, and Kubernetes' strategy for it (defaults, what an update may
 * change, what is valid). The table of all of them is `registry.ts`.
 */
import type { Cause } from './status.ts';
import type { KubeObject, Verb } from './types.ts';

/** One served resource. Functions that take a `draft` change it in place: it is a fresh copy. @public */
export interface ResourceDefinition {
  readonly group: string;
  /** Served versions, the preferred one first; all have the same fields unless `convert` is given. */
  readonly versions: readonly string[];
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly namespaced: boolean;
  /** Name in keys of the store; two definitions with the same one are two views of the same objects. */
  readonly storage: string;
  /** `status`, `scale`, `binding`, `eviction`, `token`, `finalize`. */
  readonly subresources?: readonly string[];
  /** Default: all. */
  readonly verbs?: readonly Verb[];
  /** True if a `PUT` creates what does not exist. */
  readonly createOnUpdate?: boolean;
  /** True if an update must name the resourceVersion it was written against. */
  readonly updateNeedsVersion?: boolean;
  /** True if a delete answers with the object and honours a grace period. */
  readonly graceful?: boolean;
  /** True if `metadata.generation` is kept: 1 at creation, raised by {@link ResourceDefinition.changesGeneration}. */
  readonly generation?: boolean;
  /** Fills in defaults; for create and update. */
  readonly applyDefaults?: (draft: KubeObject) => void;
  /** The status that a new object gets, whatever the client sent; none: what the client sent stays. */
  readonly initialStatus?: (draft: KubeObject) => unknown;
  /** Admission that changes objects, at creation only. */
  readonly admit?: (draft: KubeObject, cluster: ClusterView) => void;
  /** True if the difference raises the generation. Default: the spec differs. */
  readonly changesGeneration?: (next: KubeObject, previous: KubeObject) => boolean;
  /** Puts back what a write to the main resource may not change, apart from the status. */
  readonly prepareUpdate?: (draft: KubeObject, previous: KubeObject) => void;
  /** Puts back what a write to `/status` may not change, apart from the spec. */
  readonly prepareStatus?: (draft: KubeObject, previous: KubeObject) => void;
  readonly validate?: (object: KubeObject, previous: KubeObject | undefined) => readonly Cause[];
  /** Fields that a field selector may name, beside `metadata.name` and `metadata.namespace`. */
  readonly fields?: (object: KubeObject) => Record<string, string>;
  /** Between the served form and the stored one, where they differ. */
  readonly convert?: {
    readonly toStored: (body: KubeObject) => KubeObject;
    readonly toServed: (stored: KubeObject) => KubeObject;
  };
}

/** What mutating admission may look up. @public */
export interface ClusterView {
  find(storage: string, namespace: string | undefined, name: string): KubeObject | undefined;
  all(storage: string): Iterable<KubeObject>;
}

/** The store's key of an object. @public */
export function keyOf(definition: ResourceDefinition, namespace: string | undefined, name: string): string {
  return definition.namespaced
    ? `${definition.storage}/${namespace ?? ''}/${name}`
    : `${definition.storage}/${name}`;
}

/** The prefix of the keys of a resource, or of those in one namespace. @public */
export function prefixOf(definition: ResourceDefinition, namespace: string | undefined): string {
  return definition.namespaced && namespace !== undefined
    ? `${definition.storage}/${namespace}/`
    : `${definition.storage}/`;
}

/** `v1`, `apps/v1`. @public */
export function apiVersionOf(definition: ResourceDefinition, version?: string): string {
  const chosen = version ?? definition.versions[0] ?? 'v1';
  return definition.group === '' ? chosen : `${definition.group}/${chosen}`;
}
