/** The fields of Pods, Nodes, Deployments and ReplicaSets that the host reads; all else passes through untouched. */
import type { KubernetesObject } from '../kubernetes/types.ts';

type Labels = Readonly<Record<string, string>>;

/** `v1` PodSpec, as far as it is read. */
export interface PodSpecObject {
  readonly nodeName?: string;
  readonly nodeSelector?: Labels;
  readonly priority?: number;
  readonly priorityClassName?: string;
  readonly tolerations?: readonly { key?: string; operator?: string; value?: string; effect?: string }[];
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly nodeSelectorTerms?: readonly {
          readonly matchExpressions?: readonly {
            key: string;
            operator: string;
            values?: readonly string[];
          }[];
          readonly matchFields?: readonly { key: string; operator: string; values?: readonly string[] }[];
        }[];
      };
    };
  };
  readonly containers?: readonly Record<string, unknown>[];
  readonly initContainers?: readonly Record<string, unknown>[];
  readonly overhead?: Labels;
  readonly terminationGracePeriodSeconds?: number;
}

/** Pod template. */
export interface PodTemplate {
  readonly metadata?: {
    readonly labels?: Labels;
    readonly annotations?: Labels;
    readonly finalizers?: readonly string[];
  };
  readonly spec?: PodSpecObject;
}

/** `v1` Pod. */
export interface PodObject extends KubernetesObject {
  readonly spec?: PodSpecObject;
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** `v1` Node. */
export interface NodeObject extends KubernetesObject {
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly { key: string; value?: string; effect: string }[];
  };
  readonly status?: {
    readonly allocatable?: Labels;
    readonly capacity?: Labels;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** `apps/v1` Deployment. */
export interface DeploymentObject extends KubernetesObject {
  readonly spec?: { readonly replicas?: number; readonly paused?: boolean; readonly template?: PodTemplate };
}

/** `apps/v1` ReplicaSet. */
export interface ReplicaSetObject extends KubernetesObject {
  readonly spec?: { readonly replicas?: number; readonly template?: PodTemplate };
}
