/**
 * One request on one connection, on undici's lowest layer: no stream objects, and it is known whether the request reached a connection,
 * which is what tells a write that may have been done from one that was not.
 *
 * `@kubernetes/client-node` 2.0.1 builds a new undici agent, and so a new TLS connection, for every request: 205 requests a second
 * against some thousands.
 */
import type { Dispatcher } from 'undici';
import { Connections } from './connections.ts';
import { KubernetesError } from './errors.ts';
import { type KubeconfigSource, loadKubeconfig } from './kubeconfig.ts';

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
export interface TransportOptions extends KubeconfigSource {
  readonly connections: number;
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
  readonly headers: Record<string, string | string[]>;
  readonly onChunk: OnChunk | undefined;
  readonly onOpen: (() => void) | undefined;
}

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
        // Else a DELETE with a body ends its connection: a scale-in then opened as many as it deleted Pods.
        reset: false,
      },
      handler,
    );
  });
}

/** Connect to the API server that a kubeconfig names. Throws `KUBECONFIG_INVALID`; opens nothing yet. @internal */
export function createTransport(options: TransportOptions): Transport {
  const kubeconfig = loadKubeconfig(options);
  const connections = new Connections(kubeconfig, options.connections);
  const url = kubeconfig.server;
  const prefix = url.pathname.replace(/\/$/, '');
  const server = `${url.origin}${prefix}`;

  const run = async (request: WireRequest, onChunk?: OnChunk, onOpen?: () => void): Promise<WireAnswer> => {
    const { headers, dispatchers } = await connections.get();
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
    refreshCredentials: () => connections.forget(),
    close: () => connections.close(),
  };
}
