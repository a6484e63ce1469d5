/**
 * One request under way: the state so far and what it changed. Lives inside one call of `apply` and is thrown away when
 * the request fails, so that a failed request changes nothing.
 */
import { timestamp } from '../mint.ts';
import { type ClusterView, keyOf, type ResourceDefinition } from './definition.ts';
import type { Writer } from './managedFields.ts';
import { badRequest, notFound } from './status.ts';
import { drop, findObject, put, viewOf } from './store.ts';
import type { ApiRequest, ApiState, KubeObject, PolicyCheck, RequestOptions, WatchEvent } from './types.ts';

/** @internal */
export interface Transaction {
  state: ApiState;
  readonly request: ApiRequest;
  readonly definition: ResourceDefinition;
  readonly options: RequestOptions;
  readonly events: WatchEvent[];
  readonly checks: PolicyCheck[];
  readonly warnings: string[];
}

/** @internal */
export function begin(state: ApiState, request: ApiRequest, definition: ResourceDefinition): Transaction {
  return { state, request, definition, options: request.options ?? {}, events: [], checks: [], warnings: [] };
}

/** Writes the object and notes the event. @internal */
export function write(tx: Transaction, draft: KubeObject): KubeObject {
  const [state, object, event] = put(tx.state, tx.definition, draft);
  tx.state = state;
  tx.events.push(event);
  return object;
}

/** Removes the object and notes the event. @internal */
export function erase(tx: Transaction, last: KubeObject): KubeObject {
  const [state, object, event] = drop(tx.state, tx.definition, last);
  tx.state = state;
  tx.events.push(event);
  return object;
}

/** The object that the path names. @internal */
export function live(tx: Transaction): KubeObject {
  const name = requestName(tx);
  const found = findObject(tx.state, tx.definition, tx.request.namespace, name);
  if (found === undefined) throw notFound(tx.definition, name);
  return found;
}

/** The name in the path. @internal */
export function requestName(tx: Transaction): string {
  if (tx.request.name === undefined || tx.request.name === '') throw badRequest('name is required');
  return tx.request.name;
}

/** The store's key of an object of this request's resource. @internal */
export function keyIn(tx: Transaction, object: KubeObject): string {
  return keyOf(tx.definition, object.metadata.namespace, object.metadata.name);
}

/** @internal */
export function viewIn(tx: Transaction): ClusterView {
  return viewOf(tx.state);
}

/** Next number for a uid or a name. @internal */
export function mintNumber(tx: Transaction): number {
  tx.state = { ...tx.state, minted: tx.state.minted + 1 };
  return tx.state.minted;
}

/** The request's time as `metav1.Time`. @internal */
export function timeOf(tx: Transaction): string {
  return timestamp(tx.request.now);
}

/** Who writes, for managedFields. @internal */
export function writerOf(tx: Transaction): Writer {
  const { group, version, subresource } = tx.request;
  const noted = subresource === 'status' || subresource === 'scale' || subresource === 'binding';
  return {
    manager: tx.options.fieldManager ?? 'unknown',
    operation: tx.request.verb === 'patch' && tx.request.patchType === 'apply' ? 'Apply' : 'Update',
    apiVersion: group === '' ? version : `${group}/${version}`,
    ...(noted ? { subresource } : {}),
    // Seen on 1.36.3: entries of the scale subresource carry no time.
    ...(subresource === 'scale' ? {} : { time: timeOf(tx) }),
  };
}
