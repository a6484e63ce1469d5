/**
 * Open connections and current credentials: undici agents memoised by what they are opened with.
 *
 * HTTP/1.1 on purpose: with HTTP/2 all requests share one connection and one Node stream layer, which is slower here. Watches have an
 * agent of their own, so that they take no connection from the requests.
 */
import { createSecureContext, type SecureContext } from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { KubedirectError } from '../../../spec/errors.ts';
import type { Kubeconfig, TlsOptions } from './kubeconfig.ts';

/** Agents to dispatch on. @internal */
export interface Dispatchers {
  readonly requests: Dispatcher;
  readonly streams: Dispatcher;
}

/** What a request needs of us. @internal */
export interface Access {
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly dispatchers: Dispatchers;
}

/** How long credentials are used before they are read again, ms: a rotated token or certificate is seen after so long. */
const CREDENTIALS_MS = 10_000;
/** Below the API server's own idle timeout of 90 s, so that it is we who close an idle connection. */
const KEEP_ALIVE_MS = 60_000;

/** One for all connections: to make it, certificates read and all, takes longer than to connect. */
function secureContextOf({ ca, cert, key }: TlsOptions): SecureContext {
  try {
    return createSecureContext({ ca, cert, key });
  } catch (cause) {
    throw new KubedirectError(
      'KUBECONFIG_INVALID',
      `the certificates or the key of the kubeconfig can not be read: expected PEM, got ${(cause as Error).message}`,
      { cause },
    );
  }
}

function createDispatchers(tls: TlsOptions, proxyUrl: string | undefined, connections: number): Dispatchers {
  const common = { allowH2: false, pipelining: 1, keepAliveTimeout: KEEP_ALIVE_MS } as const;
  const forStreams = { headersTimeout: 30_000, bodyTimeout: 0 } as const;
  if (proxyUrl !== undefined) {
    const proxy = { ...common, uri: proxyUrl, requestTls: { ...tls } };
    return {
      requests: new ProxyAgent({ ...proxy, connections }),
      streams: new ProxyAgent({ ...proxy, ...forStreams }),
    };
  }
  const { servername, rejectUnauthorized } = tls;
  const connect = {
    secureContext: secureContextOf(tls),
    ...(servername !== undefined && { servername }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
    keepAlive: true,
    keepAliveInitialDelay: 15_000,
    timeout: 10_000,
  };
  return {
    requests: new Agent({ ...common, connect, connections }),
    streams: new Agent({ ...common, ...forStreams, connect }),
  };
}

/** @internal */
export class Connections {
  readonly #kubeconfig: Kubeconfig;
  readonly #limit: number;
  #key = '';
  #dispatchers: Dispatchers | undefined;
  #access: Promise<Access> | undefined;
  #until = 0;

  constructor(kubeconfig: Kubeconfig, limit: number) {
    this.#kubeconfig = kubeconfig;
    this.#limit = limit;
  }

  /** Headers and agents to use now. Rejects with `KUBECONFIG_INVALID`. */
  get(): Promise<Access> {
    const now = performance.now();
    if (this.#access === undefined || now > this.#until) {
      const loading = this.#load();
      this.#access = loading;
      this.#until = now + CREDENTIALS_MS;
      loading.catch(() => this.forget());
    }
    return this.#access;
  }

  /** The next request reads the credentials again. */
  forget(): void {
    this.#access = undefined;
  }

  async close(): Promise<void> {
    const { requests, streams } = this.#dispatchers ?? {};
    await Promise.all([requests?.destroy(), streams?.destroy()]);
  }

  async #load(): Promise<Access> {
    const { headers, tls } = await this.#kubeconfig.authenticate();
    const key = [tls.ca, tls.cert, tls.key, tls.servername, tls.rejectUnauthorized].join('\n');
    if (this.#dispatchers === undefined || key !== this.#key) {
      const old = this.#dispatchers;
      this.#dispatchers = createDispatchers(tls, this.#kubeconfig.proxyUrl, this.#limit);
      this.#key = key;
      // What runs on the old certificates may end; watches are opened anew on the new ones.
      void old?.requests.close();
      void old?.streams.destroy();
    }
    return { headers, dispatchers: this.#dispatchers };
  }
}
