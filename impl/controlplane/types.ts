/**
 * What `impl/controlplane` offers: a real, unmodified Kubernetes control plane on loopback, as a value.
 *
 * Nothing here is a model: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kwok, kubemark and kubelet are
 * the stock programs, built from their Go modules (see `go.mod`).
 */

/** A process of the control plane. `kwok` plays the kubelets of the fake nodes. @public */
export type Component = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kwok';

/** How {@link startControlPlane} starts. All fields have defaults. @public */
export interface ControlPlaneOptions {
  /** Folder for etcd's data, certificates, logs, kubeconfigs. Made if absent, must be empty if not; removed by `stop`. Default: a new temporary folder. */
  readonly dataDir?: string;
  /** `stock` (default): the client limits Kubernetes ships with. `lifted`: 10,000/20,000 QPS/burst, 50 concurrent syncs, wide apiserver in-flight limits. */
  readonly limits?: 'stock' | 'lifted';
  /** Whether the stock kube-scheduler runs. Default true. */
  readonly kubeScheduler?: boolean;
  /** Number of kwok nodes (`node-0` …) to have Ready at the start. Default 0: then kwok starts with the first {@link ControlPlane.addKwokNodes}. */
  readonly nodes?: number;
  /** Milliseconds from a Pod seen by kwok to its being Ready. Default 0. */
  readonly kwokDelayMs?: number;
  /** Secure port of the apiserver on 127.0.0.1. Default: a free one. */
  readonly port?: number;
  /** Log each request (level Metadata) to `audit.log` in the data folder. Default false. */
  readonly auditLog?: boolean;
  /** More flags for a component, after ours, as `--node-monitor-grace-period=16s`. */
  readonly extraArgs?: Partial<Record<Component, readonly string[]>>;
  /** Told one line at a time what is being built or started. */
  readonly onProgress?: (line: string) => void;
}

/** What a kwok node claims to have; Kubernetes quantities. Default 32 CPUs, 256Gi, 1000 Pods. @public */
export interface NodeCapacity {
  readonly cpu: string;
  readonly memory: string;
  readonly pods: string;
}

/** How a kubemark hollow node (the real kubelet's code, a fake runtime: 1 CPU) starts. @public */
export interface HollowNodeOptions {
  readonly labels?: Readonly<Record<string, string>>;
  /** Default 110. */
  readonly maxPods?: number;
}

/** A node whose kubelet is a process of ours. @public */
export interface NodeProcess {
  readonly name: string;
  /** Process id of its kubelet, undefined while it is down. */
  readonly pid: number | undefined;
  /** SIGKILL to the kubelet; the Node object stays, as after a crash. */
  kill(): Promise<void>;
  /** Starts the kubelet again under the same name. Resolves when the Node is Ready. */
  restart(): Promise<void>;
  /** Ends the kubelet and deletes the Node object. */
  stop(): Promise<void>;
}

/** A kubemark node. Its containers are in the kubelet's memory: they die with it. @public */
export interface HollowNode extends NodeProcess {
  readonly kind: 'hollow';
}

/** Outcome of one kubectl run; a non-zero code is a result, not an exception. @public */
export interface KubectlResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** A running control plane. @public */
export interface ControlPlane {
  /** `https://127.0.0.1:port` of the apiserver. */
  readonly url: string;
  /** Path of a kubeconfig: cluster-admin by client certificate. */
  readonly kubeconfig: string;
  /** Its folder: `logs/`, `pki/`, kubeconfigs, etcd's data. */
  readonly dataDir: string;
  /** Kubernetes version, as `v1.36.3`. */
  readonly version: string;
  /** Process ids by component, of those that run. */
  readonly pids: ReadonlyMap<Component, number>;
  /** Adds fake nodes. Resolves when each is Ready and untainted. */
  addKwokNodes(names: readonly string[], capacity?: NodeCapacity): Promise<void>;
  /** As if the machines died: kwok lets go of these nodes (no Lease, no status, Pods stand still). The Node objects stay; stock turns them NotReady after its grace period. */
  failKwokNodes(names: readonly string[]): Promise<void>;
  /** The failed nodes return: kwok plays them again. */
  recoverKwokNodes(names: readonly string[]): Promise<void>;
  /** Starts a hollow node. Resolves when it is Ready and untainted. */
  startHollowNode(name: string, options?: HollowNodeOptions): Promise<HollowNode>;
  /** Runs kubectl as cluster-admin. */
  kubectl(args: readonly string[], input?: string): Promise<KubectlResult>;
  /** Makes namespace and ServiceAccount if absent, asks for a token (24 h) and writes a kubeconfig that uses it. @returns its path */
  serviceAccountKubeconfig(namespace: string, name: string): Promise<string>;
  /** A kubeconfig for any identity, by client certificate. @returns its path */
  userKubeconfig(user: string, groups?: readonly string[]): Promise<string>;
  /** The apiserver's `/metrics` text. */
  metrics(): Promise<string>;
  /** Sends a signal to a component: SIGSTOP, SIGCONT, SIGTERM, SIGKILL. Resolves when sent; after SIGKILL or SIGTERM, when the process is gone. */
  signal(component: Component, signal: NodeJS.Signals): Promise<void>;
  /** Starts a component that was killed, with the same flags and ports. Resolves when healthy. */
  restart(component: Component): Promise<void>;
  /** Ends every process (SIGTERM, then SIGKILL) and removes the data folder. May be called twice. */
  stop(): Promise<void>;
}
