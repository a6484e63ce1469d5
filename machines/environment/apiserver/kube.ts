/**
 * The fields of Kubernetes' own kinds that the environment reads or writes. Everything else in an object is carried along.
 */
import type { KubeObject, ObjectMeta } from './types.ts';

/** `metav1.Condition` and its cousins. @public */
export type Condition = {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  observedGeneration?: number;
  lastTransitionTime?: string | null;
  lastUpdateTime?: string;
  lastProbeTime?: string | null;
  lastHeartbeatTime?: string | null;
};

/** @public */
export type Resources = { requests?: Record<string, string>; limits?: Record<string, string> };
/** @public */
export type Container = {
  name: string;
  image?: string;
  resources?: Resources;
  ports?: { containerPort: number; protocol?: string; hostPort?: number; name?: string }[];
  [field: string]: unknown;
};
/** @public */
export type Toleration = {
  key?: string;
  operator?: 'Exists' | 'Equal';
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
};
/** @public */
export type Taint = { key: string; value?: string; effect: string; timeAdded?: string };
/** @public */
export type LabelRequirement = {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  values?: string[];
};
/** `metav1.LabelSelector`. @public */
export type LabelSelector = { matchLabels?: Record<string, string>; matchExpressions?: LabelRequirement[] };

/** @public */
export type PodSpec = {
  containers: Container[];
  initContainers?: Container[];
  nodeName?: string;
  nodeSelector?: Record<string, string>;
  schedulerName?: string;
  restartPolicy?: string;
  serviceAccountName?: string;
  terminationGracePeriodSeconds?: number;
  tolerations?: Toleration[];
  priority?: number;
  priorityClassName?: string;
  preemptionPolicy?: string;
  overhead?: Record<string, string>;
  schedulingGates?: { name: string }[];
  affinity?: { nodeAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector } };
  [field: string]: unknown;
};
/** `core/v1.NodeSelector`. @public */
export type NodeSelector = {
  nodeSelectorTerms: { matchExpressions?: LabelRequirement[]; matchFields?: LabelRequirement[] }[];
};
/** @public */
export type PodStatus = {
  phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  reason?: string;
  message?: string;
  podIP?: string;
  podIPs?: { ip: string }[];
  hostIP?: string;
  hostIPs?: { ip: string }[];
  startTime?: string;
  qosClass?: string;
  observedGeneration?: number;
  conditions?: Condition[];
  containerStatuses?: { name: string; ready: boolean; restartCount: number; [field: string]: unknown }[];
  [field: string]: unknown;
};
/** @public */
export type Pod = KubeObject & { spec: PodSpec; status?: PodStatus };

/** `core/v1.PodTemplateSpec`. @public */
export type PodTemplate = {
  metadata?: Partial<Pick<ObjectMeta, 'labels' | 'annotations' | 'finalizers'>>;
  spec: PodSpec;
};

/** @public */
export type DeploymentSpec = {
  replicas: number;
  selector: LabelSelector;
  template: PodTemplate;
  strategy: {
    type: 'RollingUpdate' | 'Recreate';
    rollingUpdate?: { maxSurge: number | string; maxUnavailable: number | string };
  };
  minReadySeconds?: number;
  revisionHistoryLimit?: number;
  progressDeadlineSeconds?: number;
  paused?: boolean;
};
/** @public */
export type DeploymentStatus = {
  observedGeneration?: number;
  replicas?: number;
  updatedReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  unavailableReplicas?: number;
  terminatingReplicas?: number;
  collisionCount?: number;
  conditions?: Condition[];
};
/** @public */
export type Deployment = KubeObject & { spec: DeploymentSpec; status?: DeploymentStatus };

/** @public */
export type ReplicaSetSpec = {
  replicas: number;
  selector: LabelSelector;
  template: PodTemplate;
  minReadySeconds?: number;
};
/** @public */
export type ReplicaSetStatus = {
  replicas: number;
  fullyLabeledReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  terminatingReplicas?: number;
  observedGeneration?: number;
  conditions?: Condition[];
};
/** @public */
export type ReplicaSet = KubeObject & { spec: ReplicaSetSpec; status: ReplicaSetStatus };

/** @public */
export type NodeStatus = {
  capacity?: Record<string, string>;
  allocatable?: Record<string, string>;
  conditions?: Condition[];
  addresses?: { type: string; address: string }[];
  nodeInfo?: Record<string, unknown>;
  daemonEndpoints?: { kubeletEndpoint: { Port: number } };
  phase?: string;
};
/** @public */
export type Node = KubeObject & {
  spec: {
    podCIDR?: string;
    podCIDRs?: string[];
    taints?: Taint[];
    unschedulable?: boolean;
    providerID?: string;
  };
  status: NodeStatus;
};

/** @public */
export type Namespace = KubeObject & { spec: { finalizers?: string[] }; status: { phase: string } };

/** The condition of that type, or undefined. @public */
export function conditionOf(
  status: { conditions?: Condition[] } | undefined,
  type: string,
): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Running and Ready, as Services and controllers count it. @public */
export function isPodReady(pod: Pod): boolean {
  return conditionOf(pod.status, 'Ready')?.status === 'True';
}

/** Succeeded or Failed: the containers will not run again. @public */
export function isPodFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}
