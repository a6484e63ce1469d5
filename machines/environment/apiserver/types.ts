/**
 * The API Server as a pure function: its state, what it is asked, what it answers, what its watchers see.
 * Time, identity and the seed of uids are inputs.
 */
import type { JsonObject } from '../json.ts';
import type { OrderedMap } from '../orderedMap.ts';

/** `metav1.OwnerReference`. @public */
export type OwnerReference = {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
};

/** `metav1.ManagedFieldsEntry`. @public */
export type ManagedFieldsEntry = {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time?: string;
  fieldsType: 'FieldsV1';
  fieldsV1: JsonObject;
  subresource?: string;
};

/** `metav1.ObjectMeta`, as held. @public */
export type ObjectMeta = {
  name: string;
  generateName?: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
};

/** Any object as held: without `apiVersion` and `kind`, which follow from the resource. Never changed in place. @public */
export type KubeObject = { metadata: ObjectMeta; [field: string]: unknown };

/** Who asks. @public */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** @public */
export type Verb = 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';
/** @public */
export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

/** Query parameters and DeleteOptions, already parsed. @public */
export interface RequestOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
  readonly dryRun?: boolean;
  /** Manager named in `fieldManager`, else the client's user agent up to its first `/`. */
  readonly fieldManager?: string;
  /** Server-side apply only: take fields over from their owners. */
  readonly force?: boolean;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** One request, after routing and decoding. @public */
export interface ApiRequest {
  readonly verb: Verb;
  /** API group, `''` for core. */
  readonly group: string;
  readonly version: string;
  /** Plural name, as in the path. */
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly body?: unknown;
  readonly patchType?: PatchType;
  readonly options?: RequestOptions;
  readonly user: UserInfo;
  /** Unix milliseconds. */
  readonly now: number;
}

/** One evaluation of an admission policy, as the real server counts it. @public */
export interface PolicyCheck {
  readonly policy: string;
  readonly binding: string;
  readonly action: 'allow' | 'deny' | 'audit' | 'warn';
  readonly errorType: 'no_error' | 'invalid_error' | 'compile_error';
}

/** `metav1.Status`. @public */
export type Status = {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: JsonObject;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: JsonObject;
  code: number;
};

/** What came back. @public */
export interface ApiResponse {
  readonly code: number;
  /** The object (with apiVersion and kind), for a single object; a Status; or absent for a list. */
  readonly body?: JsonObject;
  /** The object as held, where the answer is one: for serialise-once. */
  readonly object?: KubeObject;
  readonly list?: ListResult;
  /** Seconds after which to try again (429). */
  readonly retryAfter?: number;
  readonly warnings?: readonly string[];
  readonly checks?: readonly PolicyCheck[];
}

/** A page of a list. @public */
export interface ListResult {
  readonly kind: string;
  readonly apiVersion: string;
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
  readonly items: readonly KubeObject[];
}

/** One change of one object, in the order of `revision`. @public */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** Storage name of the resource, e.g. `pods`, `deployments.apps`. */
  readonly resource: string;
  readonly revision: number;
  readonly key: string;
  readonly object: KubeObject;
  /** The object before, for MODIFIED and DELETED: a watch with a selector needs it. */
  readonly previous?: KubeObject;
}

/** All that the API Server holds. Every field is persistent: keeping an old state costs what changed since. @public */
export interface ApiState {
  /** Seed of uids and of generated names. */
  readonly seed: number;
  /** uids and names minted so far. */
  readonly minted: number;
  /** The resourceVersion that was handed out last. */
  readonly revision: number;
  /** `<storage name>/<namespace>/<name>` (cluster-scoped: `<storage name>/<name>`) → object. */
  readonly objects: OrderedMap<KubeObject>;
  /** `<owner uid>/<object key>` for garbage collection and the controllers. */
  readonly owned: OrderedMap<string>;
  /** `<node>/<object key>` of bound Pods. */
  readonly bound: OrderedMap<string>;
  /** History for watches, by zero-padded revision. */
  readonly history: OrderedMap<WatchEvent>;
  /** Revisions up to this one have left the history: a watch from before gets 410. */
  readonly compacted: number;
  /** How many changes the history keeps. */
  readonly historyLimit: number;
}
