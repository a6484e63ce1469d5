/** The fields of a `v1` PodSpec that this runtime reads. */

/** `v1` Probe, or a handler of a hook. */
export interface Handler {
  readonly exec?: { readonly command?: readonly string[] };
  readonly httpGet?: {
    readonly host?: string;
    readonly path?: string;
    readonly port: number | string;
    readonly scheme?: string;
    readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
  };
  readonly tcpSocket?: { readonly host?: string; readonly port: number | string };
  readonly sleep?: { readonly seconds: number };
}
/** `v1` Probe. */
export interface Probe extends Handler {
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
}
interface Seccomp {
  readonly type?: string;
}
type Quantities = Readonly<Record<string, string>>;

/** A ConfigMap or Secret. */
export interface ObjectRef {
  readonly name: string;
  readonly optional?: boolean;
}
/** One key of a ConfigMap or Secret. */
export interface KeyRef extends ObjectRef {
  readonly key: string;
}
/** A file of a volume. */
export interface Item {
  /** Of a ConfigMap or Secret. */
  readonly key?: string;
  /** Of the Pod. */
  readonly fieldRef?: { readonly fieldPath: string };
  readonly path: string;
  readonly mode?: number;
}
interface Files {
  readonly items?: readonly Item[];
  readonly optional?: boolean;
  readonly defaultMode?: number;
}
/** `v1` ServiceAccountTokenProjection. */
export interface TokenSource {
  readonly audience?: string;
  readonly expirationSeconds?: number;
  readonly path: string;
}
/** What fills a volume, or part of a projected one. */
export interface VolumeSource {
  readonly configMap?: Files & { readonly name: string };
  /** `name` in a projected volume. */
  readonly secret?: Files & { readonly secretName?: string; readonly name?: string };
  readonly downwardAPI?: Files;
  readonly serviceAccountToken?: TokenSource;
}
/** `v1` Volume. */
export interface Volume extends VolumeSource {
  readonly name: string;
  readonly emptyDir?: { readonly medium?: string };
  readonly projected?: { readonly sources?: readonly VolumeSource[]; readonly defaultMode?: number };
}

/** `v1` Container. */
export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy?: string;
  /** `Always` of an init container: a sidecar. */
  readonly restartPolicy?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly stdin?: boolean;
  readonly stdinOnce?: boolean;
  readonly tty?: boolean;
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: {
      readonly fieldRef?: { readonly fieldPath: string };
      readonly configMapKeyRef?: KeyRef;
      readonly secretKeyRef?: KeyRef;
    };
  }[];
  readonly envFrom?: readonly {
    readonly prefix?: string;
    readonly configMapRef?: ObjectRef;
    readonly secretRef?: ObjectRef;
  }[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly resources?: { readonly requests?: Quantities; readonly limits?: Quantities };
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
    /** Of a volume that is filled: one of its files or folders. */
    readonly subPath?: string;
  }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly lifecycle?: { readonly postStart?: Handler; readonly preStop?: Handler };
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean;
    readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
    readonly readOnlyRootFilesystem?: boolean;
    readonly runAsUser?: number;
    readonly runAsGroup?: number;
    readonly seccompProfile?: Seccomp;
  };
}

/** `v1` PodSpec. */
export interface PodSpec {
  readonly containers: readonly ContainerSpec[];
  readonly initContainers?: readonly ContainerSpec[];
  readonly hostname?: string;
  readonly serviceAccountName?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly dnsPolicy?: string;
  readonly volumes?: readonly Volume[];
  readonly securityContext?: {
    readonly runAsUser?: number;
    readonly runAsGroup?: number;
    readonly supplementalGroups?: readonly number[];
    readonly seccompProfile?: Seccomp;
  };
}

/** A Pod as its agent keeps it: with the sandbox, so that the next life of the agent finds it there. */
export interface KeptPod {
  readonly uid: string;
  /** `metadata.uid` of its object, if that stood before its containers were started. */
  readonly objectUid?: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}
