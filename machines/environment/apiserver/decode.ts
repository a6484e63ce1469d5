/** From a request's body to a draft of the stored form: kind, version, namespace and name are checked against the path. */
import { copy, isObject, type JsonObject } from '../json.ts';
import { apiVersionOf } from './definition.ts';
import { badRequest } from './status.ts';
import type { Transaction } from './transaction.ts';
import type { KubeObject } from './types.ts';

/** Fields whose type the server relies on: a body that has another one there is malformed, as it is for typed decoding. */
function checkShape(body: JsonObject): void {
  const metadata = body.metadata;
  if (metadata !== undefined && metadata !== null && !isObject(metadata)) {
    throw badRequest(`metadata: an object is expected, got ${JSON.stringify(metadata)}`);
  }
  for (const field of ['spec', 'status'] as const) {
    const value = body[field];
    if (value !== undefined && value !== null && !isObject(value)) {
      throw badRequest(`${field}: an object is expected, got ${JSON.stringify(value)}`);
    }
  }
  if (!isObject(metadata)) return;
  for (const field of ['name', 'namespace', 'generateName', 'resourceVersion', 'uid'] as const) {
    const value = metadata[field];
    if (value !== undefined && value !== null && typeof value !== 'string') {
      throw badRequest(`metadata.${field}: a string is expected, got ${JSON.stringify(value)}`);
    }
  }
  for (const field of ['finalizers', 'ownerReferences'] as const) {
    const value = metadata[field];
    if (value !== undefined && value !== null && !Array.isArray(value)) {
      throw badRequest(`metadata.${field}: a list is expected, got ${JSON.stringify(value)}`);
    }
  }
}

/** A copy; null stands for absent, as in Go's decoding. `managedFields` are never changed in place: shared. */
function withoutNulls(value: object): object {
  if (Array.isArray(value))
    return value.map((item) => (typeof item === 'object' && item !== null ? withoutNulls(item) : item));
  const made: JsonObject = { ...value };
  for (const key in made) {
    const child = made[key];
    if (child === null || child === undefined) delete made[key];
    else if (typeof child === 'object' && key !== 'managedFields') made[key] = withoutNulls(child);
  }
  return made;
}

/**
 * A draft of the object in the stored form, sharing nothing with the body.
 * @param body - an object of the request's kind and version
 */
export function decodeObject(tx: Transaction, body: unknown): KubeObject {
  const { definition, request } = tx;
  if (!isObject(body))
    throw badRequest(
      `the body is not an object of kind ${definition.kind}: ${JSON.stringify(body)?.slice(0, 80)}`,
    );
  const apiVersion = apiVersionOf(definition, request.version);
  if (body.kind !== undefined && body.kind !== definition.kind) {
    const internal = `${definition.group === '' ? 'core' : definition.group.split('.')[0]}.${definition.kind}`;
    const why = `converting (${request.version}.${String(body.kind)}) to (${internal}): unknown conversion`;
    throw badRequest(
      `${String(body.kind)} in version "${request.version}" cannot be handled as a ${definition.kind}: ${why}`,
    );
  }
  if (body.apiVersion !== undefined && body.apiVersion !== apiVersion) {
    throw badRequest(
      `the API version in the data (${String(body.apiVersion)}) does not match the expected API version (${apiVersion})`,
    );
  }
  checkShape(body);
  const { apiVersion: _, kind: __, ...fields } = withoutNulls(body) as JsonObject;
  const metadata = isObject(fields.metadata) ? fields.metadata : {};
  // Serialised by Go clients; means nothing.
  delete metadata.selfLink;
  const draft = { ...fields, metadata } as unknown as KubeObject;
  adoptNamespace(tx, draft);
  return definition.convert === undefined ? draft : definition.convert.toStored(draft);
}

function adoptNamespace(tx: Transaction, draft: KubeObject): void {
  const { definition, request } = tx;
  if (!definition.namespaced) {
    delete draft.metadata.namespace;
    return;
  }
  if (draft.metadata.namespace === undefined && request.namespace !== undefined) {
    draft.metadata.namespace = request.namespace;
  }
  if (draft.metadata.namespace !== request.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

/** The served form of an object, with its kind and version. @public */
export function encodeObject(
  definition: { kind: string; convert?: { toServed: (stored: KubeObject) => KubeObject } },
  apiVersion: string,
  object: KubeObject,
): JsonObject {
  const served = definition.convert === undefined ? object : definition.convert.toServed(object);
  return { kind: definition.kind, apiVersion, ...served };
}

/** `omitempty`: Go writes no empty map or list in an object's metadata. @internal */
export function isBlank(value: object | undefined): value is undefined {
  return value === undefined || Object.keys(value).length === 0;
}

/** A draft that shares nothing with the stored object. @internal */
export function draftOf(object: KubeObject): KubeObject {
  return copy(object);
}
