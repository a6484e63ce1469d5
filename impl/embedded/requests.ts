/** What an HTTP request asks of the API: its verb, its options. */
import { ApiFailure, badRequest, failureStatus } from '../../machines/environment/apiserver/status.ts';
import type { PatchType, RequestOptions, Verb } from '../../machines/environment/apiserver/types.ts';
import { at, isObject } from '../../machines/environment/json.ts';
import { dryRunOf, propagation, type Query, type ResourcePath } from './routes.ts';

/** Methods of the API as its verbs. */
export function verbOf(method: string, path: ResourcePath, query: Query): Verb | 'watch' {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (query.watch) return 'watch';
      return path.name === undefined ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return path.name === undefined ? 'deletecollection' : 'delete';
    default: {
      const message = 'the server does not allow this method on the requested resource';
      throw new ApiFailure(failureStatus(405, 'MethodNotAllowed', message));
    }
  }
}

/** DeleteOptions, from the body over those of the query. */
function deleteOptions(body: unknown): Partial<RequestOptions> {
  if (body === undefined) return {};
  if (!isObject(body)) throw badRequest('DeleteOptions are expected in the body of a delete');
  const { gracePeriodSeconds: grace, preconditions, dryRun } = body;
  const policy = propagation(body.propagationPolicy);
  const uid = at(preconditions, 'uid');
  const version = at(preconditions, 'resourceVersion');
  if (grace !== undefined && grace !== null && typeof grace !== 'number') {
    throw badRequest(`gracePeriodSeconds: a number is expected, got ${JSON.stringify(grace)}`);
  }
  return {
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    ...(Array.isArray(dryRun) ? { dryRun: dryRunOf(dryRun) } : {}),
    preconditions: {
      ...(typeof uid === 'string' ? { uid } : {}),
      ...(typeof version === 'string' ? { resourceVersion: version } : {}),
    },
  };
}

/** What options are read from, beside the query. */
export interface OptionSources {
  readonly verb: Verb | 'watch';
  readonly body: unknown;
  readonly patchType: PatchType | undefined;
  readonly userAgent: string | undefined;
}

/** The options of a request. The field manager is the user agent's name, but server-side apply must name its own. */
export function optionsOf(query: Query, { verb, body, patchType, userAgent }: OptionSources): RequestOptions {
  const {
    watch: _,
    allowWatchBookmarks: __,
    sendInitialEvents: ___,
    timeoutSeconds: ____,
    ...options
  } = query;
  const manager = options.fieldManager ?? (patchType === 'apply' ? undefined : userAgent?.split('/')[0]);
  // DeleteOptions in the body stand for all of those in the query, as on the real server.
  const { dryRun: _d, gracePeriodSeconds: _g, propagationPolicy: _p, ...selecting } = options;
  const isDelete = (verb === 'delete' || verb === 'deletecollection') && body !== undefined;
  const own = isDelete ? { ...selecting, ...deleteOptions(body) } : options;
  return { ...own, ...(manager === undefined || manager === '' ? {} : { fieldManager: manager }) };
}
