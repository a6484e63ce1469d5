/**
 * The API Server: `apply(state, request)` gives the state after, the answer, and what watchers see. Pure; a request that
 * fails, or that is a dry run, leaves the state as it was.
 *
 * @example
 * const [next, response, events] = apply(state, { verb: 'create', group: 'apps', version: 'v1', resource: 'deployments', … });
 */
import type { JsonObject } from '../json.ts';
import { createObject } from './create.ts';
import { encodeObject } from './decode.ts';
import { apiVersionOf } from './definition.ts';
import { listObjects, selected } from './read.ts';
import { resourceAt } from './registry.ts';
import { removeObject } from './remove.ts';
import { selectionOf } from './selectors.ts';
import { ApiFailure, failureStatus, methodNotAllowed, statusResponse } from './status.ts';
import { subresource } from './subresources.ts';
import { begin, live, requestName, type Transaction } from './transaction.ts';
import type { ApiRequest, ApiResponse, ApiState, KubeObject, WatchEvent } from './types.ts';
import { patchObject, updateObject } from './update.ts';

/** State, answer, and what watchers see. @public */
export type Applied = readonly [ApiState, ApiResponse, readonly WatchEvent[]];

const NOTHING: readonly WatchEvent[] = [];

function answer(object: KubeObject, code = 200): ApiResponse {
  return { code, object };
}

function deleted(tx: Transaction): ApiResponse {
  const { definition } = tx;
  const { object, gone } = removeObject(tx, live(tx));
  if (definition.graceful === true || !gone) return answer(object);
  const details: JsonObject = {
    name: requestName(tx),
    ...(definition.group === '' ? {} : { group: definition.group }),
    kind: definition.plural,
    uid: object.metadata.uid,
  };
  return { code: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } };
}

function deletedCollection(tx: Transaction): ApiResponse {
  const { definition, request } = tx;
  const selection = selectionOf(definition, tx.options);
  const victims = [...selected(tx.state, definition, request.namespace, selection)];
  const items = victims.map((object) => removeObject(tx, object).object);
  const resourceVersion = String(tx.state.revision);
  const list = {
    kind: `${definition.kind}List`,
    apiVersion: apiVersionOf(definition, request.version),
    resourceVersion,
    items,
  };
  return { code: 200, list };
}

function perform(tx: Transaction): ApiResponse {
  const { definition, request } = tx;
  if (definition.verbs !== undefined && !definition.verbs.includes(request.verb))
    throw methodNotAllowed(definition);
  if (definition.namespaced && request.namespace === undefined && request.verb !== 'list') {
    throw methodNotAllowed(definition);
  }
  if (request.subresource !== undefined && request.subresource !== 'status') return subresource(tx);
  if (request.subresource === 'status' && definition.subresources?.includes('status') !== true) {
    throw new ApiFailure(failureStatus(404, 'NotFound', 'the server could not find the requested resource'));
  }
  switch (request.verb) {
    case 'get':
      return answer(live(tx));
    case 'list':
      return { code: 200, list: listObjects(tx) };
    case 'create':
      if (request.subresource !== undefined) throw methodNotAllowed(definition);
      return answer(createObject(tx), 201);
    case 'update': {
      const { object, created } = updateObject(tx);
      return answer(object, created ? 201 : 200);
    }
    case 'patch': {
      const { object, created } = patchObject(tx);
      return answer(object, created ? 201 : 200);
    }
    case 'delete':
      if (request.subresource !== undefined) throw methodNotAllowed(definition);
      return deleted(tx);
    case 'deletecollection':
      return deletedCollection(tx);
  }
}

/** The object of an answer in its served form, or its body. @public */
export function bodyOf(request: ApiRequest, response: ApiResponse): JsonObject | undefined {
  if (response.object === undefined) return response.body;
  const definition = resourceAt(request.group, request.version, request.resource);
  if (definition === undefined) return response.body;
  return encodeObject(definition, apiVersionOf(definition, request.version), response.object);
}

/** Carries out one request. */
export function apply(state: ApiState, request: ApiRequest): Applied {
  const definition = resourceAt(request.group, request.version, request.resource);
  if (definition === undefined) {
    const message = 'the server could not find the requested resource';
    return [state, statusResponse(failureStatus(404, 'NotFound', message)), NOTHING];
  }
  const tx = begin(state, request, definition);
  try {
    const response = perform(tx);
    const noted =
      tx.checks.length === 0 && tx.warnings.length === 0 ? response : { ...response, ...notes(tx) };
    if (tx.options.dryRun === true) return [state, unstored(state, noted), NOTHING];
    return [tx.state, noted, tx.events];
  } catch (failure) {
    if (!(failure instanceof ApiFailure)) throw failure;
    return [state, { ...statusResponse(failure.status, failure.retryAfter), ...notes(tx) }, NOTHING];
  }
}

/** A dry run's new object was never stored: it has no resourceVersion. */
function unstored(state: ApiState, response: ApiResponse): ApiResponse {
  const { object } = response;
  if (object === undefined || Number(object.metadata.resourceVersion) <= state.revision) return response;
  const { resourceVersion: _, ...metadata } = object.metadata;
  return { ...response, object: { ...object, metadata: metadata as KubeObject['metadata'] } };
}

function notes(tx: Transaction): Pick<ApiResponse, 'checks' | 'warnings'> {
  return {
    ...(tx.checks.length === 0 ? {} : { checks: tx.checks }),
    ...(tx.warnings.length === 0 ? {} : { warnings: tx.warnings }),
  };
}
