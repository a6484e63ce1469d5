/**
 * WATCH: where a stream begins, and what of the server's changes it shows. The stream itself is the host's: it asks
 * {@link openWatch} once and passes every later event through {@link project}.
 */
import { entriesFrom } from '../orderedMap.ts';
import { apiVersionOf, prefixOf, type ResourceDefinition } from './definition.ts';
import { selected } from './read.ts';
import { resourceAt } from './registry.ts';
import { type Selection, selectionOf } from './selectors.ts';
import { ApiFailure, badRequest, expired, failureStatus } from './status.ts';
import { revisionKey } from './store.ts';
import type { ApiState, KubeObject, RequestOptions, Status, WatchEvent } from './types.ts';

/** What a watch asks for. @public */
export interface WatchRequest {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace?: string;
  /** A watch of one object by its path. */
  readonly name?: string;
  readonly options: RequestOptions;
  readonly sendInitialEvents?: boolean;
}

/** One line of a stream, before it is written. @public */
export interface WatchLine {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

/** An open watch. @public */
export interface OpenWatch {
  readonly definition: ResourceDefinition;
  readonly apiVersion: string;
  /** Events up to this revision are in `initial` or before the watch. */
  readonly revision: number;
  readonly initial: readonly WatchLine[];
  /** True if a bookmark marks the end of the initial events. */
  readonly bookmarkInitial: boolean;
  readonly prefix: string;
  readonly selection: Selection;
}

/** What a watcher sees of a change; undefined if nothing. An object that enters or leaves the selection is added or deleted. */
export function project(
  watch: Pick<OpenWatch, 'prefix' | 'selection'>,
  event: WatchEvent,
): WatchLine | undefined {
  if (!event.key.startsWith(watch.prefix)) return undefined;
  if (watch.selection.all) return { type: event.type, object: event.object };
  const is = event.type !== 'DELETED' && watch.selection.matches(event.object);
  const was = event.previous !== undefined && watch.selection.matches(event.previous);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object: event.object };
  if (!was) return undefined;
  if (event.type === 'DELETED') return { type: 'DELETED', object: event.object };
  // The object as the watcher knew it, under the revision at which it left.
  const { resourceVersion } = event.object.metadata;
  const previous = event.previous ?? event.object;
  return { type: 'DELETED', object: { ...previous, metadata: { ...previous.metadata, resourceVersion } } };
}

function since(
  state: ApiState,
  watch: Pick<OpenWatch, 'prefix' | 'selection'>,
  revision: number,
): WatchLine[] {
  if (revision < state.compacted) throw expired(`too old resource version: ${revision} (${state.compacted})`);
  const lines: WatchLine[] = [];
  for (const [, event] of entriesFrom(state.history, revisionKey(revision + 1))) {
    const line = project(watch, event);
    if (line !== undefined) lines.push(line);
  }
  return lines;
}

function open(state: ApiState, request: WatchRequest): OpenWatch {
  const definition = resourceAt(request.group, request.version, request.resource);
  if (definition === undefined) {
    throw new ApiFailure(failureStatus(404, 'NotFound', 'the server could not find the requested resource'));
  }
  const named = request.name === undefined ? [] : [`metadata.name=${request.name}`];
  const fieldSelector = [
    ...named,
    ...(request.options.fieldSelector ? [request.options.fieldSelector] : []),
  ].join(',');
  const selection = selectionOf(definition, { ...request.options, fieldSelector });
  const base = {
    definition,
    selection,
    apiVersion: apiVersionOf(definition, request.version),
    prefix: prefixOf(definition, request.namespace),
    revision: state.revision,
    bookmarkInitial: request.sendInitialEvents === true,
  };
  const wanted = request.options.resourceVersion;
  if (wanted !== undefined && !/^\d*$/.test(wanted))
    throw badRequest(`resourceVersion: Invalid value: "${wanted}"`);
  const fresh = wanted === undefined || wanted === '' || wanted === '0' || request.sendInitialEvents === true;
  if (fresh && request.sendInitialEvents !== false) {
    const present = [...selected(state, definition, request.namespace, selection)];
    return { ...base, initial: present.map((object) => ({ type: 'ADDED', object })) };
  }
  return { ...base, initial: fresh ? [] : since(state, base, Number(wanted)) };
}

/**
 * Opens a watch.
 * @returns the watch, or the Status that refuses it (410 when the revision has left the history)
 */
export function openWatch(state: ApiState, request: WatchRequest): OpenWatch | Status {
  try {
    return open(state, request);
  } catch (failure) {
    if (failure instanceof ApiFailure) return failure.status;
    throw failure;
  }
}
