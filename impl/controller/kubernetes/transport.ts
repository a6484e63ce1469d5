/**
 * Connections to one API server: a bounded pool for requests, an unbounded one for watches, and the credentials of a kubeconfig.
 *
 * `@kubernetes/client-node` 2.0.1 builds a new undici agent, and so a new TLS connection, for every request: 205 requests a second
 * against some thousands. So its `KubeConfig` is used for what it does well (kubeconfig files, certificates, tokens, exec plugins), and
 * its `createDispatcher` is replaced by one memoised by cluster, user and certificates. HTTP/1.1 on purpose: with HTTP/2 all requests
 * share one connection and one Node stream layer, which is slower here.
 */
import { KubeConfig } from '@kubernetes/client-node';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { KubedirectError } from '../../../spec/errors.ts';
import { KubernetesError } from './errors.ts';

type Cluster = NonNullable<ReturnType<KubeConfig['getCurrentCluster']>>;
type AgentOptions = Parameters<KubeConfig['createDispatcherOptions']>[1];

/** One request on the wire. @internal */
export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** One answer on the wire. @internal */
export interface WireAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** Called with each piece of a streamed body. @internal */
export type OnChunk = (chunk: Buffer) => void;

/** @internal */
export interface Transport {
  /** The server's URL, without a slash at the end. */
  readonly server: string;
  send(request: WireRequest): Promise<WireAnswer>;
  /** As `send`, but a body of status 200 goes to `onChunk`; breaks off when nothing comes for `timeoutMs`. */
  stream(request: WireRequest, onChunk: OnChunk, onOpen?: () => void): Promise<WireAnswer>;
  /** Forget the credentials held, so that the next request asks the kubeconfig (and its plugin) again. */
  refreshCredentials(): void;
  close(): Promise<void>;
}

/** @internal */
export interface TransportOptions {
  readonly kubeconfig?: string | undefined;
  readonly inCluster?: boolean | undefined;
  readonly connections: number;
}

/** How long headers from the kubeconfig (tokens, exec plugins) are used before they are asked for again, ms. */
const CREDENTIALS_MS = 10_000;
/** Below the API server's own idle timeout of 90 s, so that it is we who close an idle connection. */
const KEEP_ALIVE_MS = 60_000;

function loadKubeConfig(options: TransportOptions): KubeConfig {
  const config = new KubeConfig();
  const source = options.inCluster ? 'the service account' : (options.kubeconfig ?? 'the default kubeconfig');
  try {
    if (options.inCluster) config.loadFromCluster();
    else if (options.kubeconfig !== undefined) config.loadFromFile(options.kubeconfig);
    else config.loadFromDefault();
  } catch (cause) {
    throw new KubedirectError(
      'KUBECONFIG_INVALID',
      `The kubeconfig could not be read from ${source}: expected a YAML kubeconfig, got: ${(cause as Error).message}`,
      { cause },
    );
  }
  if (config.getCurrentCluster()?.server === undefined) {
    throw new KubedirectError(
      'KUBECONFIG_INVALID',
      `The kubeconfig from ${source} has no usable cluster: expected a current-context that names one, got "${config.getCurrentContext()}".`,
    );
  }
  return config;
}

function isLoopback(url: URL): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
}

/** Plain HTTP would send credentials in clear: allowed only on this machine, or where verification was waived anyway. */
function checkScheme(cluster: Cluster, url: URL): void {
  if (url.protocol === 'https:' || isLoopback(url) || cluster.skipTLSVerify) return;
  throw new KubedirectError(
    'KUBECONFIG_INVALID',
    `The API server's URL is not acceptable: expected https, or http on a loopback address, got ${url.origin}.`,
  );
}

interface Dispatchers {
  readonly requests: Dispatcher;
  readonly streams: Dispatcher;
}

function createDispatchers(
  config: KubeConfig,
  cluster: Cluster,
  tls: AgentOptions,
  connections: number,
): Dispatchers {
  const common = { allowH2: false, pipelining: 1, keepAliveTimeout: KEEP_ALIVE_MS } as const;
  if (cluster.proxyUrl) {
    const through = config.createDispatcherOptions(cluster, tls);
    if (through.type !== 'proxy') {
      throw new KubedirectError(
        'KUBECONFIG_INVALID',
        `proxy-url: expected http or https, got ${cluster.proxyUrl}.`,
      );
    }
    const proxy = { ...common, uri: through.uri, requestTls: through.requestTls } as ProxyAgent.Options;
    return { requests: new ProxyAgent({ ...proxy, connections }), streams: new ProxyAgent(proxy) };
  }
  const connect = {
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.cert !== undefined && { cert: tls.cert }),
    ...(tls.key !== undefined && { key: tls.key }),
    ...(tls.servername !== undefined && { servername: tls.servername }),
    ...(tls.rejectUnauthorized !== undefined && { rejectUnauthorized: tls.rejectUnauthorized }),
    keepAlive: true,
    keepAliveInitialDelay: 15_000,
    timeout: 10_000,
  };
  return {
    requests: new Agent({ ...common, connect, connections }),
    streams: new Agent({ ...common, connect, headersTimeout: 30_000, bodyTimeout: 0 }),
  };
}

/** What `KubeConfig.applySecurityAuthentication` needs of a request: it tells it headers and the dispatcher. */
interface SecurityContext {
  setHeaderParam(name: string, value: string): void;
  setDispatcher(dispatcher: Dispatcher): void;
}

class Credentials {
  readonly #config: KubeConfig;
  readonly #connections: number;
  readonly #memo = new Map<string, Dispatchers>();
  #current: Promise<{ headers: Record<string, string>; dispatchers: Dispatchers }> | undefined;
  #until = 0;

  constructor(config: KubeConfig, connections: number) {
    this.#config = config;
    this.#connections = connections;
    // The one method of KubeConfig that opens connections; private in its types, and the documented defect.
    (config as unknown as { createDispatcher: unknown }).createDispatcher = (
      cluster: Cluster,
      tls: AgentOptions,
    ) => this.#dispatchersOf(cluster, tls).requests;
  }

  #dispatchersOf(cluster: Cluster, tls: AgentOptions): Dispatchers {
    const user = this.#config.getCurrentUser()?.name ?? '';
    const key = [
      cluster.server,
      cluster.proxyUrl ?? '',
      user,
      tls.ca,
      tls.cert,
      tls.key,
      tls.servername,
      tls.rejectUnauthorized,
    ].join('\n');
    let found = this.#memo.get(key);
    if (found === undefined) {
      found = createDispatchers(this.#config, cluster, tls, this.#connections);
      this.#memo.set(key, found);
    }
    return found;
  }

  async #load(): Promise<{ headers: Record<string, string>; dispatchers: Dispatchers }> {
    const headers: Record<string, string> = {};
    let chosen: Dispatcher | undefined;
    const context: SecurityContext = {
      setHeaderParam: (name, value) => {
        headers[name.toLowerCase()] = value;
      },
      setDispatcher: (dispatcher) => {
        chosen = dispatcher;
      },
    };
    await this.#config.applySecurityAuthentication(
      context as unknown as Parameters<KubeConfig['applySecurityAuthentication']>[0],
    );
    for (const dispatchers of this.#memo.values())
      if (dispatchers.requests === chosen) return { headers, dispatchers };
    throw new KubedirectError('INVARIANT_BROKEN', 'KubeConfig chose a dispatcher that is not ours.');
  }

  /** Headers and connections to use now. Rejects when a plugin fails. */
  get(): Promise<{ headers: Record<string, string>; dispatchers: Dispatchers }> {
    const now = performance.now();
    if (this.#current === undefined || now > this.#until) {
      const loading = this.#load();
      this.#current = loading;
      this.#until = now + CREDENTIALS_MS;
      loading.catch(() => this.forget());
    }
    return this.#current;
  }

  forget(): void {
    this.#current = undefined;
  }

  async close(): Promise<void> {
    const all = [...this.#memo.values()].flatMap((d) => [d.requests, d.streams]);
    await Promise.all(all.map((dispatcher) => dispatcher.destroy()));
  }
}

/** The error for a request that got no answer. A write counts as ambiguous once it was handed to a connection. */
function errorWithoutAnswer(
  request: WireRequest,
  server: string,
  sent: boolean,
  cause: Error,
): KubernetesError {
  if (cause instanceof KubernetesError) return cause;
  const code = (cause as { code?: string }).code ?? cause.name;
  const never = !sent;
  const reason = never ? 'Unreachable' : /TIMEOUT/.test(code) ? 'Timeout' : 'ConnectionLost';
  const fact = never ? 'The API server could not be reached' : 'The connection to the API server was lost';
  return new KubernetesError({
    status: 0,
    reason,
    message: `${fact}: ${request.method} ${request.path.split('?')[0]} to ${server}: expected an answer, got ${cause.message || code}. Is the server up, and the kubeconfig the right one?`,
    ambiguous: !never && request.method !== 'GET',
    cause,
  });
}

interface Exchange {
  readonly dispatcher: Dispatcher;
  readonly origin: string;
  readonly server: string;
  readonly request: WireRequest;
  readonly headers: Record<string, string>;
  readonly onChunk: OnChunk | undefined;
  readonly onOpen: (() => void) | undefined;
}

/** One request on undici's lowest layer: no stream objects, and it is known whether the request reached a connection. */
function exchange(x: Exchange): Promise<WireAnswer> {
  const { request } = x;
  return new Promise<WireAnswer>((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let settled = false;
    let status = 0;
    let retryAfter: string | undefined;
    const chunks: Buffer[] = [];
    const end = (finish: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', onAbort);
      finish();
    };
    const stop = (reason: string, message: string): void => {
      const sent = controller !== undefined;
      const error = new KubernetesError({
        status: 0,
        reason,
        message: `${request.method} ${request.path.split('?')[0]} to ${x.server}: ${message}`,
        ambiguous: sent && request.method !== 'GET',
      });
      end(() => reject(error));
      controller?.abort(error);
    };
    const onAbort = (): void => stop('Aborted', 'expected an answer, but the caller gave up.');
    const onTime = (): void =>
      stop('Timeout', `expected an answer within ${request.timeoutMs} ms, got none.`);
    const timer = setTimeout(onTime, request.timeoutMs);
    if (request.signal?.aborted) return onAbort();
    request.signal?.addEventListener('abort', onAbort, { once: true });
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started;
        if (settled) started.abort(new Error('given up before it was sent'));
      },
      onResponseStart(_controller, statusCode, headers) {
        status = statusCode;
        const wait = headers['retry-after'];
        retryAfter = typeof wait === 'string' ? wait : undefined;
        if (status === 200 && !settled) x.onOpen?.();
      },
      onResponseData(_controller, chunk) {
        if (settled) return;
        if (x.onChunk === undefined || status !== 200) {
          chunks.push(chunk);
          return;
        }
        timer.refresh();
        try {
          x.onChunk(chunk);
        } catch (error) {
          end(() => reject(error));
          controller?.abort(error as Error);
        }
      },
      onResponseEnd() {
        const text =
          chunks.length === 1 ? chunks[0]!.toString('utf8') : Buffer.concat(chunks).toString('utf8');
        end(() => resolve({ status, retryAfter, text }));
      },
      onResponseError(_controller, error) {
        end(() => reject(errorWithoutAnswer(request, x.server, controller !== undefined, error)));
      },
    };
    x.dispatcher.dispatch(
      {
        origin: x.origin,
        path: request.path,
        method: request.method,
        headers: x.headers,
        body: request.body,
      },
      handler,
    );
  });
}

/** Connect to the API server that a kubeconfig names. Throws `KUBECONFIG_INVALID`; opens nothing yet. @internal */
export function createTransport(options: TransportOptions): Transport {
  const config = loadKubeConfig(options);
  const cluster = config.getCurrentCluster() as Cluster;
  const url = new URL(cluster.server);
  checkScheme(cluster, url);
  const credentials = new Credentials(config, options.connections);
  const prefix = url.pathname.replace(/\/$/, '');
  const server = `${url.origin}${prefix}`;

  const run = async (request: WireRequest, onChunk?: OnChunk, onOpen?: () => void): Promise<WireAnswer> => {
    const { headers, dispatchers } = await credentials.get();
    return exchange({
      dispatcher: onChunk === undefined ? dispatchers.requests : dispatchers.streams,
      origin: url.origin,
      server,
      request: prefix === '' ? request : { ...request, path: prefix + request.path },
      headers: { ...headers, ...request.headers },
      onChunk,
      onOpen,
    });
  };
  return {
    server,
    send: (request) => run(request),
    stream: run,
    refreshCredentials: () => credentials.forget(),
    close: () => credentials.close(),
  };
}
