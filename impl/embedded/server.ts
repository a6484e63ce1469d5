/** The HTTP side: a request in, the API Server's answer out. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Pod } from '../../machines/environment/apiserver/kube.ts';
import { pods, resourceAt, serviceAccounts } from '../../machines/environment/apiserver/registry.ts';
import {
  ApiFailure,
  badRequest,
  failureStatus,
  notFound,
} from '../../machines/environment/apiserver/status.ts';
import { findObject, objectsOf } from '../../machines/environment/apiserver/store.ts';
import type { ApiRequest, UserInfo, Verb } from '../../machines/environment/apiserver/types.ts';
import { openWatch } from '../../machines/environment/apiserver/watch.ts';
import type { JsonObject } from '../../machines/environment/json.ts';
import { type Form, formOf } from './accept.ts';
import { headersOf, responseText } from './answers.ts';
import { checkObjectType, decodeBody, patchTypeOf, readBody } from './body.ts';
import type { Cluster } from './cluster.ts';
import type { CountedRequest } from './counters.ts';
import { discoveryAt } from './discovery.ts';
import { identify, type Tokens } from './identity.ts';
import { optionsOf, verbOf } from './requests.ts';
import { review, tokenRequest } from './reviews.ts';
import { BadQuery, parsePath, parseQuery, type Query, type ResourcePath } from './routes.ts';
import { limitMessage, limitOf } from './unsupported.ts';

/** What the handler serves from. @internal */
export interface Served {
  readonly cluster: Cluster;
  readonly tokens: Tokens;
}

interface Exchange extends Served {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly user: UserInfo;
  readonly form: Form;
  readonly now: number;
  requestBytes: number;
}

function send(
  outgoing: ServerResponse,
  code: number,
  text: string,
  headers: Record<string, string> = {},
): number {
  const bytes = Buffer.byteLength(text);
  outgoing.writeHead(code, { 'content-type': 'application/json', 'content-length': bytes, ...headers });
  outgoing.end(text);
  return bytes;
}

function counted(
  exchange: Exchange,
  path: ResourcePath,
  verb: string,
  dryRun: boolean,
): Omit<CountedRequest, 'code' | 'responseBytes'> {
  const { group, version, resource, subresource, namespace, name } = path;
  const scope = name !== undefined ? 'resource' : namespace !== undefined ? 'namespace' : 'cluster';
  const { requestBytes, user } = exchange;
  const base = {
    verb,
    group,
    version,
    resource,
    scope,
    dryRun,
    user: user.username,
    via: 'http',
    requestBytes,
  } as const;
  return subresource === undefined ? base : { ...base, subresource };
}

function watch(exchange: Exchange, path: ResourcePath, query: Query): void {
  const { cluster, outgoing, user, form } = exchange;
  const opened = openWatch(cluster.world.api, {
    ...path,
    options: query,
    ...(query.sendInitialEvents === undefined ? {} : { sendInitialEvents: query.sendInitialEvents }),
  });
  const base = counted(exchange, path, 'watch', false);
  if ('kind' in opened) {
    if (opened.code === 410) cluster.watches.refuse(opened, outgoing);
    else send(outgoing, opened.code, JSON.stringify(opened));
    cluster.counters.request({ ...base, code: opened.code, responseBytes: 0 });
    return;
  }
  cluster.counters.request({ ...base, code: 200, responseBytes: 0 });
  const of = { resource: path.resource, user: user.username };
  cluster.watches.open(opened, outgoing, {
    form,
    bookmarks: query.allowWatchBookmarks,
    count: (bytes) => cluster.counters.addBytes(of, bytes),
    ...(query.timeoutSeconds === undefined ? {} : { timeoutSeconds: query.timeoutSeconds }),
  });
}

function issueToken(exchange: Exchange, path: ResourcePath, body: unknown): JsonObject {
  const { api } = exchange.cluster.world;
  const { namespace = '', name = '' } = path;
  const account = findObject(api, serviceAccounts, namespace, name);
  if (account === undefined) throw notFound(serviceAccounts, name);
  return tokenRequest({ namespace, name, uid: account.metadata.uid }, body, {
    tokens: exchange.tokens,
    now: exchange.now,
    nodeOfPod: (pod) => (findObject(api, pods, namespace, pod) as Pod | undefined)?.spec.nodeName,
  });
}

async function resource(exchange: Exchange, path: ResourcePath, query: Query): Promise<void> {
  const { cluster, incoming, user, now } = exchange;
  const { group, version, resource: plural, subresource } = path;
  const verb = verbOf(incoming.method ?? 'GET', path, query);
  const definition = resourceAt(group, version, plural);
  const limited =
    definition !== undefined && subresource !== undefined && !definition.subresources?.includes(subresource);
  if (limited) {
    throw new ApiFailure(failureStatus(404, 'NotFound', limitMessage(group, plural, subresource)));
  }
  if (verb === 'watch' && definition !== undefined) {
    watch(exchange, path, query);
    return;
  }
  const bytes =
    incoming.method === 'GET' || incoming.method === 'HEAD' ? Buffer.alloc(0) : await readBody(incoming);
  exchange.requestBytes = bytes.length;
  const patchType = verb === 'patch' ? patchTypeOf(incoming) : undefined;
  if (patchType === undefined && bytes.length > 0) checkObjectType(incoming);
  const body = decodeBody(incoming, bytes);
  const answered = review(group, plural, body, { user, tokens: exchange.tokens, now });
  if (answered !== undefined && verb === 'create')
    return finish(exchange, path, verb, 201, JSON.stringify(answered));
  if (definition === undefined)
    throw new ApiFailure(failureStatus(404, 'NotFound', limitMessage(group, plural, subresource)));
  if (subresource === 'token' && verb === 'create') {
    return finish(exchange, path, verb, 201, JSON.stringify(issueToken(exchange, path, body)));
  }
  const userAgent = incoming.headers['user-agent'];
  const options = optionsOf(query, { verb, body, patchType, userAgent });
  const asked: ApiRequest = {
    ...path,
    verb: verb as Verb,
    options,
    user,
    now: Date.now(),
    ...(patchType === undefined ? {} : { patchType }),
    ...(body === undefined || verb === 'delete' || verb === 'deletecollection' ? {} : { body }),
  };
  const response = cluster.request(asked);
  finish(
    exchange,
    path,
    verb,
    response.code,
    responseText(exchange.form, definition, asked, response),
    headersOf(response),
    options.dryRun,
  );
}

function finish(
  exchange: Exchange,
  path: ResourcePath,
  verb: string,
  code: number,
  text: string,
  headers: Record<string, string> = {},
  dryRun = false,
): void {
  const responseBytes = send(exchange.outgoing, code, text, headers);
  exchange.cluster.counters.request({ ...counted(exchange, path, verb, dryRun), code, responseBytes });
}

function gauges(cluster: Cluster): { watchers: number; objects: Map<string, number> } {
  const objects = new Map<string, number>();
  for (const storage of [
    'pods',
    'nodes',
    'events',
    'deployments.apps',
    'replicasets.apps',
    'leases.coordination.k8s.io',
  ]) {
    let count = 0;
    for (const _ of objectsOf(cluster.world.api, storage)) count += 1;
    objects.set(storage, count);
  }
  return { watchers: cluster.watches.size, objects };
}

/** Paths that are no resources. True if answered. */
function plain(exchange: Exchange, url: URL): boolean {
  const { outgoing, cluster, incoming } = exchange;
  if (
    ['/healthz', '/readyz', '/livez'].some(
      (path) => url.pathname === path || url.pathname.startsWith(`${path}/`),
    )
  ) {
    send(outgoing, 200, 'ok', { 'content-type': 'text/plain; charset=utf-8' });
    return true;
  }
  if (url.pathname === '/metrics') {
    send(outgoing, 200, cluster.counters.metrics(gauges(cluster)), {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    });
    return true;
  }
  const document = discoveryAt(url.pathname, incoming.headers.host ?? '');
  if (document === undefined) return false;
  send(outgoing, 200, JSON.stringify(document));
  return true;
}

function failureOf(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  if (error instanceof BadQuery || error instanceof URIError) return badRequest(error.message);
  return new ApiFailure(
    failureStatus(500, 'InternalError', `Internal error occurred: ${(error as Error).message}`),
  );
}

async function answer(exchange: Exchange, url: URL): Promise<void> {
  if (plain(exchange, url)) return;
  const path = parsePath(url.pathname);
  if (path === undefined) {
    const known = limitOf('', url.pathname.slice(1));
    const message =
      known === undefined
        ? `the server could not find the requested resource: the embedded API server serves nothing at ${url.pathname}`
        : limitMessage('', url.pathname.slice(1));
    throw new ApiFailure(failureStatus(404, 'NotFound', message));
  }
  try {
    await resource(exchange, path, parseQuery(url.searchParams));
  } catch (error) {
    const failure = failureOf(error);
    exchange.cluster.counters.request({
      ...counted(exchange, path, (exchange.incoming.method ?? 'GET').toLowerCase(), false),
      code: failure.status.code,
      responseBytes: 0,
    });
    throw failure;
  }
}

/** Answers one request; a failure of any kind is a Status. */
export async function handle(
  served: Served,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const now = Date.now();
  try {
    const user = identify(incoming.headers, served.tokens, now);
    if (user === undefined) throw new ApiFailure(failureStatus(401, 'Unauthorized', 'Unauthorized'));
    const form = formOf(incoming.headers.accept);
    if (form === undefined) {
      const message =
        'only the following media types are accepted: application/json, application/yaml (requests), application/json;as=Table';
      throw new ApiFailure(failureStatus(406, 'NotAcceptable', message));
    }
    const exchange: Exchange = { ...served, incoming, outgoing, user, form, now, requestBytes: 0 };
    await answer(exchange, new URL(incoming.url ?? '/', 'http://embedded'));
  } catch (error) {
    const { status, retryAfter } = failureOf(error);
    if (outgoing.headersSent) {
      outgoing.destroy();
      return;
    }
    send(outgoing, status.code, JSON.stringify(status), {
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    });
  }
}
