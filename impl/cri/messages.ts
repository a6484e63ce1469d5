/** The messages of `runtime.proto` that others make or read, as proto-loader gives them: fields by their names, enumerations by theirs. */

type Labels = Readonly<Record<string, string>>;

/** `PodSandboxConfig`. */
export interface SandboxConfig {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly namespace: string;
    readonly attempt: number;
  };
  readonly hostname: string;
  readonly log_directory: string;
  readonly dns_config?: {
    readonly servers?: readonly string[];
    readonly searches?: readonly string[];
    readonly options?: readonly string[];
  };
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly linux: {
    readonly cgroup_parent: string;
    readonly security_context: {
      readonly namespace_options: Namespaces;
      readonly supplemental_groups: readonly number[];
      readonly seccomp: SecurityProfile;
    };
  };
}

/** `NamespaceOption`. */
export interface Namespaces {
  readonly network: 'POD';
  readonly pid: 'POD' | 'CONTAINER';
  readonly ipc: 'POD';
}

/** `SecurityProfile`. */
export interface SecurityProfile {
  readonly profile_type: 'RuntimeDefault' | 'Unconfined';
}

/** `Mount`. */
export interface Mount {
  readonly container_path: string;
  readonly host_path: string;
  readonly readonly: boolean;
}

/** `ContainerConfig`. */
export interface ContainerConfig {
  readonly metadata: { readonly name: string; readonly attempt: number };
  readonly image: { readonly image: string };
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly working_dir: string;
  readonly envs: readonly { readonly key: string; readonly value: Buffer }[];
  readonly mounts: readonly Mount[];
  readonly labels: Labels;
  readonly log_path: string;
  readonly stdin: boolean;
  readonly stdin_once: boolean;
  readonly tty: boolean;
  readonly linux: {
    readonly resources: {
      readonly cpu_shares: number;
      readonly cpu_period: number;
      readonly cpu_quota: number;
      readonly memory_limit_in_bytes: number;
      readonly oom_score_adj: number;
    };
    readonly security_context: {
      readonly capabilities: {
        readonly add_capabilities: readonly string[];
        readonly drop_capabilities: readonly string[];
      };
      readonly namespace_options: Namespaces;
      readonly run_as_user?: { readonly value: number };
      readonly run_as_group?: { readonly value: number };
      readonly readonly_rootfs: boolean;
      readonly supplemental_groups: readonly number[];
      readonly no_new_privs: boolean;
      readonly masked_paths: readonly string[];
      readonly readonly_paths: readonly string[];
      readonly seccomp: SecurityProfile;
    };
  };
}

/** `PodSandbox`. */
export interface SandboxEntry {
  readonly id: string;
  readonly state: 'SANDBOX_READY' | 'SANDBOX_NOTREADY';
  readonly labels: Labels;
  readonly annotations: Labels;
}

/** `Container`. */
export interface ContainerEntry {
  readonly id: string;
  readonly pod_sandbox_id: string;
  readonly metadata: { readonly name: string; readonly attempt: number } | null;
  readonly state: 'CONTAINER_CREATED' | 'CONTAINER_RUNNING' | 'CONTAINER_EXITED' | 'CONTAINER_UNKNOWN';
  readonly labels: Labels;
}

/** `ContainerStatus`. */
export interface ContainerStatus {
  readonly id: string;
  readonly state: ContainerEntry['state'];
  /** Unix nanoseconds, too large to be exact. */
  readonly started_at: number;
  readonly finished_at: number;
  readonly exit_code: number;
  readonly image_ref: string;
  readonly reason: string;
}
