/**
 * The only way from a stage host to the API Server: JSON requests over pooled connections.
 *
 * It retries nothing that may have had an effect, and says of every failed write whether it may have been done. A read that loses a
 * kept-alive connection, and any request answered 401 (once, with fresh credentials), is sent again.
 *
 * Typed API classes of `@kubernetes/client-node` are not used: their (de)serialisers cost more than the request.
 *
 * @example
 * const client = createKubernetesClient({ kubeconfig: path });
 * await client.createPod('default', { metadata: { name: 'a' }, spec });
 */
import { errorOfAnswer, KubernetesError } from './errors.ts';
import { pathOf } from './paths.ts';
import { createTransport, type Transport, type WireAnswer, type WireRequest } from './transport.ts';
import { Turns } from './turns.ts';
import type { KubernetesList, KubernetesObject, WatchEvent } from './types.ts';
import { createLineReader } from './watch-lines.ts';

/** How a PATCH body is meant. `apply` is server-side apply. @public */
export type PatchType = 'merge' | 'strategic' | 'json' | 'apply';

/** One request. @public */
export interface KubernetesRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As `/api/v1/…`; see {@link pathOf}. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Required for PATCH. */
  readonly patchType?: PatchType;
  /** What the answer holds: the whole object (default), or only its metadata, which is faster for large objects. */
  readonly answer?: 'object' | 'metadata';
  /** Default 30,000 ms, from the call to the last byte. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A watch to open. @public */
export interface WatchRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Without a byte (bookmarks count) for so long, the connection is taken for dead, ms. */
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal;
  /** The server has accepted the watch. */
  readonly onOpen?: () => void;
}

/** Preconditions and grace of a delete. @public */
export interface DeleteOptions {
  /** `metadata.uid` that the object must have. */
  readonly uid: string;
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
}

/** A request that was answered or failed, for metrics (`rest_client_requests_total`). @public */
export interface RequestSample {
  readonly method: string;
  readonly path: string;
  /** HTTP status; 0 if no answer came. */
  readonly status: number;
  readonly milliseconds: number;
}

/** The API Server, for stage hosts. Every method rejects with {@link KubernetesError}. @public */
export interface KubernetesClient {
  /** The server's URL. */
  readonly server: string;
  /** The one namespace whose Deployments are managed; undefined: all. */
  readonly scope: string | undefined;
  request<T>(request: KubernetesRequest): Promise<T>;
  /** The text of a path such as `/metrics` or `/readyz`. */
  text(path: string, timeoutMs?: number): Promise<string>;
  /** Resolves when the server ends the stream in good order; events come in order, a batch for each piece that arrived. */
  watch<T extends KubernetesObject>(
    request: WatchRequest,
    onEvents: (events: readonly WatchEvent<T>[]) => void,
  ): Promise<void>;
  /** A consistent read of one object (no `resourceVersion`: a quorum read). Undefined if it does not exist. */
  get<T extends KubernetesObject>(path: string): Promise<T | undefined>;
  /** A consistent read of a whole collection, in pages; `kind` and `apiVersion` are filled in. */
  list<T extends KubernetesObject>(
    path: string,
    query?: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<KubernetesList<T>>;
  createPod<T = KubernetesObject>(namespace: string, pod: unknown, options?: CreateOptions): Promise<T>;
  deletePod(namespace: string, name: string, options: DeleteOptions): Promise<void>;
  /** Strategic-merge-patch the status subresource of a Pod (conditions merge by type). The answer holds metadata only. */
  patchPodStatus<T = KubernetesObject>(namespace: string, name: string, patch: unknown): Promise<T>;
  /** Merge-patch a Deployment; put `metadata.resourceVersion` into the patch for compare-and-swap. */
  patchDeployment<T = KubernetesObject>(
    namespace: string,
    name: string,
    patch: unknown,
    fieldManager: string,
  ): Promise<T>;
  patchReplicaSet<T = KubernetesObject>(
    namespace: string,
    name: string,
    patch: unknown,
    fieldManager: string,
  ): Promise<T>;
  patchNode<T = KubernetesObject>(name: string, patch: unknown, fieldManager: string): Promise<T>;
  close(): Promise<void>;
}

/** Options of a create. @public */
export interface CreateOptions {
  readonly answer?: 'object' | 'metadata';
  readonly dryRun?: boolean;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** How to reach the API Server. @public */
export interface KubernetesClientOptions {
  /** Path of a kubeconfig; default `KUBECONFIG`, then `~/.kube/config`, then in-cluster. */
  readonly kubeconfig?: string;
  /** Use the Pod's service account. */
  readonly inCluster?: boolean;
  readonly userAgent?: string;
  /** Most connections at once for requests, 1 and up; watches have their own. Default 48. */
  readonly connections?: number;
  /** Only what is in this namespace is managed: collections of what is managed are asked for there. */
  readonly scope?: string | undefined;
  /** Act as this user (needs the right to impersonate), with these `extra` fields; for probes. */
  readonly impersonate?: { readonly user: string; readonly extra?: Readonly<Record<string, string>> };
  readonly observe?: (sample: RequestSample) => void;
}

const PATCH_CONTENT_TYPE: Readonly<Record<PatchType, string>> = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
};
const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
const DEFAULT_TIMEOUT_MS = 30_000;
const PAGE_SIZE = 500;
const REQUESTS_A_TURN = 1;

function withQuery(path: string, query: Readonly<Record<string, string>> | undefined): string {
  if (query === undefined) return path;
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}

function impersonation(as: KubernetesClientOptions['impersonate']): Record<string, string> {
  if (as === undefined) return {};
  const headers: Record<string, string> = { 'impersonate-user': as.user };
  for (const [key, value] of Object.entries(as.extra ?? {})) {
    headers[`impersonate-extra-${encodeURIComponent(key)}`] = value;
  }
  return headers;
}

class Client implements KubernetesClient {
  readonly server: string;
  readonly scope: string | undefined;
  readonly #transport: Transport;
  readonly #base: Readonly<Record<string, string>>;
  readonly #turns = new Turns(REQUESTS_A_TURN);
  readonly #observe: ((sample: RequestSample) => void) | undefined;

  constructor(options: KubernetesClientOptions) {
    this.#transport = createTransport({
      kubeconfig: options.kubeconfig,
      inCluster: options.inCluster,
      connections: options.connections ?? 48,
    });
    this.server = this.#transport.server;
    this.scope = options.scope;
    this.#observe = options.observe;
    this.#base = {
      'user-agent': options.userAgent ?? 'kubedirect',
      ...impersonation(options.impersonate),
    };
  }

  async request<T>(request: KubernetesRequest): Promise<T> {
    const turn = this.#turns.admit();
    if (turn !== null) await turn;
    const answer = await this.#answer(this.#wire(request));
    try {
      return (answer.text === '' ? undefined : JSON.parse(answer.text)) as T;
    } catch (cause) {
      throw new KubernetesError({
        status: answer.status,
        reason: 'InvalidAnswer',
        message: `${request.method} ${request.path}: expected JSON, got: ${answer.text.slice(0, 100)}`,
        ambiguous: false,
        cause,
      });
    }
  }

  async text(path: string, timeoutMs: number = DEFAULT_TIMEOUT_MS): Promise<string> {
    const wire = this.#wire({ method: 'GET', path, timeoutMs });
    return (await this.#answer({ ...wire, headers: { ...wire.headers, accept: '*/*' } })).text;
  }

  async watch<T extends KubernetesObject>(
    request: WatchRequest,
    onEvents: (events: readonly WatchEvent<T>[]) => void,
  ): Promise<void> {
    const wire = this.#wire({
      method: 'GET',
      path: request.path,
      query: { ...request.query, watch: 'true' },
      timeoutMs: request.idleTimeoutMs,
      signal: request.signal,
    });
    const reader = createLineReader<WatchEvent<T>>(onEvents);
    const answer = await this.#transport.stream(wire, reader, request.onOpen);
    if (answer.status === 401) this.#transport.refreshCredentials();
    if (answer.status !== 200) throw errorOfAnswer(answer, { method: 'GET', path: request.path });
  }

  async get<T extends KubernetesObject>(path: string): Promise<T | undefined> {
    try {
      return await this.request<T>({ method: 'GET', path });
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 404) return undefined;
      throw error;
    }
  }

  async list<T extends KubernetesObject>(
    path: string,
    query: Readonly<Record<string, string>> = {},
    signal?: AbortSignal,
  ): Promise<KubernetesList<T>> {
    let items: T[] = [];
    let next = '';
    let limit: Record<string, string> = { limit: String(PAGE_SIZE) };
    for (;;) {
      const page = await this.request<KubernetesList<T>>({
        method: 'GET',
        path,
        query: { ...limit, ...query, ...(next !== '' && { continue: next }) },
        ...(signal !== undefined && { signal }),
      }).catch((error: unknown) => {
        // The snapshot that the pages came from was compacted away: start again, whole.
        if (next !== '' && error instanceof KubernetesError && error.status === 410) return undefined;
        throw error;
      });
      if (page === undefined) {
        items = [];
        next = '';
        limit = {};
        continue;
      }
      const kind = page.kind.replace(/List$/, '');
      for (const item of page.items ?? []) items.push({ ...item, apiVersion: page.apiVersion, kind });
      next = page.metadata.continue ?? '';
      if (next === '') return { ...page, items };
    }
  }

  createPod<T = KubernetesObject>(namespace: string, pod: unknown, options: CreateOptions = {}): Promise<T> {
    const { dryRun, ...rest } = options;
    return this.request<T>({
      method: 'POST',
      path: pathOf({ resource: 'pods', namespace }),
      body: pod,
      ...(dryRun === true && { query: { dryRun: 'All' } }),
      ...rest,
    });
  }

  async deletePod(namespace: string, name: string, options: DeleteOptions): Promise<void> {
    const { uid, resourceVersion, gracePeriodSeconds } = options;
    await this.request<unknown>({
      method: 'DELETE',
      path: pathOf({ resource: 'pods', namespace, name }),
      answer: 'metadata',
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid, ...(resourceVersion !== undefined && { resourceVersion }) },
        ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
      },
    });
  }

  patchPodStatus<T = KubernetesObject>(namespace: string, name: string, patch: unknown): Promise<T> {
    const path = pathOf({ resource: 'pods', namespace, name, subresource: 'status' });
    return this.request<T>({
      method: 'PATCH',
      path,
      patchType: 'strategic',
      body: patch,
      answer: 'metadata',
    });
  }

  patchDeployment<T = KubernetesObject>(
    namespace: string,
    name: string,
    patch: unknown,
    fieldManager: string,
  ) {
    return this.#merge<T>(pathOf({ resource: 'deployments', namespace, name }), patch, fieldManager);
  }

  patchReplicaSet<T = KubernetesObject>(
    namespace: string,
    name: string,
    patch: unknown,
    fieldManager: string,
  ) {
    return this.#merge<T>(pathOf({ resource: 'replicasets', namespace, name }), patch, fieldManager);
  }

  patchNode<T = KubernetesObject>(name: string, patch: unknown, fieldManager: string): Promise<T> {
    return this.#merge<T>(pathOf({ resource: 'nodes', name }), patch, fieldManager);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #merge<T>(path: string, patch: unknown, fieldManager: string): Promise<T> {
    return this.request<T>({
      method: 'PATCH',
      path,
      patchType: 'merge',
      body: patch,
      query: { fieldManager },
    });
  }

  #wire(request: KubernetesRequest): WireRequest {
    const headers: Record<string, string> = {
      ...this.#base,
      accept: request.answer === 'metadata' ? METADATA_ONLY : 'application/json',
    };
    if (request.body !== undefined) {
      headers['content-type'] =
        request.method === 'PATCH' ? PATCH_CONTENT_TYPE[request.patchType ?? 'merge'] : 'application/json';
    }
    return {
      method: request.method,
      path: withQuery(request.path, request.query),
      headers,
      body: request.body === undefined ? null : JSON.stringify(request.body),
      timeoutMs: request.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      signal: request.signal,
    };
  }

  /** Send, again where that can do no harm; reject on any answer of 300 and more. */
  async #answer(wire: WireRequest): Promise<WireAnswer> {
    let answer: WireAnswer;
    try {
      answer = await this.#timed(wire);
    } catch (error) {
      const lost = error instanceof KubernetesError && error.reason === 'ConnectionLost';
      if (!lost || wire.method !== 'GET') throw error;
      answer = await this.#timed(wire);
    }
    if (answer.status === 401) {
      this.#transport.refreshCredentials();
      answer = await this.#timed(wire);
    }
    if (answer.status >= 300)
      throw errorOfAnswer(answer, { method: wire.method, path: wire.path.split('?')[0]! });
    return answer;
  }

  async #timed(wire: WireRequest): Promise<WireAnswer> {
    if (this.#observe === undefined) return this.#transport.send(wire);
    const start = performance.now();
    let status = 0;
    try {
      const answer = await this.#transport.send(wire);
      status = answer.status;
      return answer;
    } finally {
      const path = wire.path.split('?')[0]!;
      this.#observe({ method: wire.method, path, status, milliseconds: performance.now() - start });
    }
  }
}

/**
 * A client for the cluster of a kubeconfig. Opens no connection yet.
 * @throws KubedirectError `KUBECONFIG_INVALID`, `FLAG_INVALID`
 * @public
 */
export function createKubernetesClient(options: KubernetesClientOptions = {}): KubernetesClient {
  return new Client(options);
}
