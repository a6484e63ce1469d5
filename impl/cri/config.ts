/** A Pod of ours in CRI's words: its sandbox, and each of its containers. */
import path from 'node:path';
import { parseQuantity } from '../controller/host/quantities.ts';
import { safePath } from './atomicFiles.ts';
import { environmentOf, expanded, type Known, type Place } from './environment.ts';
import type { ContainerConfig, Mount, Namespaces, SandboxConfig, SecurityProfile } from './messages.ts';
import type { ContainerSpec, KeptPod, PodSpec, Volume } from './podSpec.ts';
import { isFilled } from './volumeFiles.ts';

/** Where a runtime keeps what is not the runtime's. */
export interface Folders {
  /** Logs: `<namespace>_<Pod>_<uid>/<container>/<attempt>.log`, as a kubelet keeps them. */
  readonly logs: string;
  /** Volumes: `<uid>/<volume>`. */
  readonly volumes: string;
  /** The same of those that hold Secrets or tokens, or that a Pod asks to have in memory: in memory. */
  readonly secrets: string;
  /** Of the node's Pods; the runtime's own without. */
  readonly cgroupParent: string;
}

/** Labels by which a life of an agent finds what is its own. */
export const LABELS = {
  node: 'kubedirect.dev/node',
  uid: 'kubedirect.dev/uid',
  container: 'io.kubernetes.container.name',
} as const;
/** The Pod, on its sandbox. */
export const POD_ANNOTATION = 'kubedirect.dev/pod';

const NAMESPACES: Namespaces = { network: 'POD', pid: 'CONTAINER', ipc: 'POD' };
const seccompOf = (type: string | undefined): SecurityProfile => {
  return { profile_type: type === 'RuntimeDefault' ? 'RuntimeDefault' : 'Unconfined' };
};

/** What a container may not see, and what it may not write: the kubelet's defaults. */
const MASKED = [
  ...['/proc/asound', '/proc/acpi', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list'],
  ...['/proc/timer_stats', '/proc/sched_debug', '/proc/scsi', '/sys/firmware'],
];
const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** Folder of a Pod's logs. */
export function logFolderOf({ namespace, name, uid }: KeptPod, { logs }: Folders): string {
  return path.join(logs, `${namespace}_${name}_${uid}`);
}

/** The log of the `attempt`-th container of a name, in its Pod's folder. */
export const logNameOf = (name: string, attempt: number) => path.join(name, `${attempt}.log`);

/** Of Secrets and tokens, or asked for by its Pod. */
export const isKeptInMemory = ({ secret, projected, emptyDir }: Volume) =>
  secret !== undefined || projected !== undefined || emptyDir?.medium === 'Memory';

/** Folder of a volume. */
export function volumeFolder({ uid, spec }: KeptPod, volume: string, { volumes, secrets }: Folders): string {
  const found = spec.volumes?.find(({ name }) => name === volume);
  return path.join(found !== undefined && isKeptInMemory(found) ? secrets : volumes, uid, volume);
}

/** The sandbox of a Pod. */
export function sandboxConfig(pod: KeptPod, node: string, folders: Folders): SandboxConfig {
  const { uid, namespace, name, spec } = pod;
  return {
    metadata: { name, uid, namespace, attempt: 0 },
    hostname: spec.hostname ?? name.slice(0, 63),
    log_directory: logFolderOf(pod, folders),
    labels: {
      [LABELS.node]: node,
      [LABELS.uid]: uid,
      'io.kubernetes.pod.name': name,
      'io.kubernetes.pod.namespace': namespace,
      'io.kubernetes.pod.uid': uid,
    },
    annotations: { [POD_ANNOTATION]: JSON.stringify(pod) },
    linux: {
      cgroup_parent: folders.cgroupParent,
      security_context: {
        namespace_options: NAMESPACES,
        supplemental_groups: spec.securityContext?.supplementalGroups ?? [],
        seccomp: seccompOf(spec.securityContext?.seccompProfile?.type),
      },
    },
  };
}

const quantity = (text: string | undefined) => (text === undefined ? null : parseQuantity(text));
const PERIOD = 100_000;

/** As the kubelet counts: requests weigh, limits bound; who asks for nothing is killed first where memory runs out. */
function resourcesOf({ requests = {}, limits = {} }: NonNullable<ContainerSpec['resources']>) {
  const cpuLimit = quantity(limits.cpu);
  const cpu = quantity(requests.cpu) ?? cpuLimit;
  const memoryLimit = quantity(limits.memory);
  const asks = [requests, limits].some((list) => Object.keys(list).length > 0);
  return {
    cpu_shares: cpu === null ? 2 : Math.max(2, Math.floor(cpu * 1024)),
    cpu_period: cpuLimit === null ? 0 : PERIOD,
    cpu_quota: cpuLimit === null ? 0 : Math.max(1_000, Math.floor(cpuLimit * PERIOD)),
    memory_limit_in_bytes: memoryLimit ?? 0,
    oom_score_adj: asks ? 500 : 1_000,
  };
}

function securityOf(container: ContainerSpec, { securityContext: ofPod = {} }: PodSpec) {
  const own = container.securityContext ?? {};
  const user = own.runAsUser ?? ofPod.runAsUser;
  const group = own.runAsGroup ?? ofPod.runAsGroup;
  return {
    capabilities: {
      add_capabilities: own.capabilities?.add ?? [],
      drop_capabilities: own.capabilities?.drop ?? [],
    },
    namespace_options: NAMESPACES,
    ...(user !== undefined && { run_as_user: { value: user } }),
    ...(group !== undefined && { run_as_group: { value: group } }),
    readonly_rootfs: own.readOnlyRootFilesystem ?? false,
    supplemental_groups: ofPod.supplementalGroups ?? [],
    no_new_privs: own.allowPrivilegeEscalation === false,
    masked_paths: MASKED,
    readonly_paths: READ_ONLY,
    seccomp: seccompOf((own.seccompProfile ?? ofPod.seccompProfile)?.type),
  };
}

/** One container of a Pod, the `attempt`-th of its name. */
export function containerConfig(
  pod: KeptPod,
  container: ContainerSpec,
  attempt: number,
  place: Place,
  folders: Folders,
  known: Known = new Map(),
): ContainerConfig {
  // As by a kubelet: nobody writes into what is filled from objects.
  const filled = new Set((pod.spec.volumes ?? []).filter(isFilled).map(({ name }) => name));
  const mounts = (container.volumeMounts ?? []).map(
    ({ name, mountPath, readOnly = false, subPath = '' }): Mount => {
      const folder = volumeFolder(pod, name, folders);
      const host_path = subPath === '' ? folder : path.join(folder, safePath(subPath));
      return { container_path: mountPath, host_path, readonly: readOnly || filled.has(name) };
    },
  );
  const variables = environmentOf(pod, container, place, known);
  const expand = (text: string) => expanded(text, variables);
  return {
    metadata: { name: container.name, attempt },
    image: { image: container.image },
    command: (container.command ?? []).map(expand),
    args: (container.args ?? []).map(expand),
    working_dir: container.workingDir ?? '',
    envs: [...variables].map(([key, value]) => ({ key, value: Buffer.from(value) })),
    mounts,
    labels: {
      [LABELS.node]: place.node,
      [LABELS.uid]: pod.uid,
      [LABELS.container]: container.name,
      'io.kubernetes.pod.name': pod.name,
      'io.kubernetes.pod.namespace': pod.namespace,
      'io.kubernetes.pod.uid': pod.uid,
    },
    log_path: logNameOf(container.name, attempt),
    stdin: container.stdin ?? false,
    stdin_once: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    linux: {
      resources: resourcesOf(container.resources ?? {}),
      security_context: securityOf(container, pod.spec),
    },
  };
}
