/**
 * The embedded cluster's options and handle: what `startEmbedded` takes and gives.
 */

/** Client limits of the stock controllers: queries per second, and the burst over it. @public */
export interface RateLimit {
  readonly qps: number;
  readonly burst: number;
}

/** @public */
export interface EmbeddedOptions {
  /** Nodes that are simulated (as kwok does); 0 for none. Default 5. */
  readonly nodes?: number;
  /** TCP port on loopback; 0 for any free one. Default 0. */
  readonly port?: number;
  /** Milliseconds from a Pod's binding until it is Running and Ready. Default 0. */
  readonly podStartDelayMs?: number;
  /** Milliseconds from a Pod's deletionTimestamp until its containers have stopped, at most its grace period. Default 0. */
  readonly podStopDelayMs?: number;
  /**
   * Limits of the stock controllers' clients. `default`: as Kubernetes ships (20/30 for each controller, 50/100 for the
   * scheduler); `lifted` (the default): none; or one limit for each of them.
   */
  readonly stockRateLimit?: 'default' | 'lifted' | RateLimit;
  /** Nodes refuse a bound Pod that does not fit (`OutOfcpu`), as a kubelet does and kwok does not. Default true. */
  readonly refuseOvercommit?: boolean;
  /** Allocatable of each simulated node. Default cpu 32, memory 256Gi, pods 250. */
  readonly nodeCapacity?: { readonly cpu?: string; readonly memory?: string; readonly pods?: string };
  /** Changes kept for watches; older ones give 410 Gone. Default 20,000. */
  readonly historyLimit?: number;
  /** False: the API Server alone, without stock controllers and without life on the Nodes. Default true. */
  readonly controllers?: boolean;
  /** Seed of uids and generated names. Default: from the clock. */
  readonly seed?: number;
  /** Folder for the kubeconfig. Default: a new folder under the system's temporary one, removed by `stop`. */
  readonly directory?: string;
}

/** One row of the request counters. @public */
export interface RequestCount {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. */
  readonly verb: string;
  /** `pods`, `deployments/scale`, …; `''` for what is no resource. */
  readonly resource: string;
  /** User name of the client, e.g. `system:admin`. */
  readonly user: string;
  /** `http` for clients; `stock` for the simulated stock controllers, which call the same function in this process. */
  readonly via: 'http' | 'stock';
  readonly code: number;
  readonly count: number;
  /** Body bytes received. */
  readonly requestBytes: number;
  /** Body bytes sent; for a watch, all that its stream carried. */
  readonly responseBytes: number;
}

/** A running embedded cluster. @public */
export interface Embedded {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Path of a kubeconfig whose user is the administrator. */
  readonly kubeconfig: string;
  /**
   * Writes a kubeconfig for another identity, by a bearer token of its own, and gives its path.
   * (Go clients such as kubectl send no token over plain HTTP: for them it impersonates.)
   * @param username - e.g. `system:serviceaccount:kubedirect:agent`
   */
  kubeconfigFor(username: string, groups?: readonly string[]): string;
  /** Requests so far. */
  requests(): readonly RequestCount[];
  /** Sets the counters of {@link Embedded.requests} back to nothing; `/metrics` goes on. */
  resetRequests(): void;
  /** Ends every watch and connection, the controllers' timers, and removes what was written. */
  stop(): Promise<void>;
}
