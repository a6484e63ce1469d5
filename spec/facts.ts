/**
 * What stages see of the API Server: each object reduced to the fields that a rule of the protocol reads.
 * Hosts project objects to facts; machines never see a Kubernetes object.
 */
import type { Fence, Incarnation, Owner, Resources, Uid } from './vocabulary.ts';

/** A write of D, as its annotation *written* records it (protocol 8). @public */
export interface Written {
  /** uid of the Deployment that was written: a copy of it may bear the annotation too. */
  readonly deployment: string;
  readonly value: number;
  readonly version: { readonly generation: number; readonly incarnation: number; readonly counter: number };
  /** `metadata.generation` that the object has if D's write was the last. */
  readonly generation: number;
  /** Base of the next comparison: `replicasOwner` after the write; null if the write itself took ownership. */
  readonly owner: string | null;
  /** Base of the next comparison: {@link DeploymentFact.rest} at the write. */
  readonly rest: string;
}

/** A managed Deployment, or one that is leaving. @public */
export interface DeploymentFact {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly replicas: number;
  /** Who owns `replicas` in managedFields: `manager/operation/subresource`, as `kubedirect-d/Update/`; '' if nobody. */
  readonly replicasOwner: string;
  /** Digest of what else raises the generation: the rest of spec, and annotations without ours. */
  readonly rest: string;
  readonly written: Written | null;
  /** Digest of the Pod template; equals that of the ReplicaSet that matches it. */
  readonly template: string;
  readonly deleting: boolean;
  readonly paused: boolean;
  /** It has lost its label and still bears *written*: it is leaving (8). Without either it is not shown. */
  readonly unmanaged?: true;
}

/** A ReplicaSet: a managed one, but for D and R, which hear of the others too. @public */
export interface ReplicaSetFact {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** uid of the controlling Deployment, or null if orphaned. */
  readonly deployment: string | null;
  /** `deployment.kubernetes.io/revision`: the highest is the newest. */
  readonly revisionNumber: number;
  /** `pod-template-hash`. */
  readonly revision: string;
  readonly resourceVersion: string;
  readonly replicas: number;
  /** `deployment.kubernetes.io/desired-replicas`, or null. */
  readonly desired: number | null;
  /** Its copy of the Deployment's annotation *written*. */
  readonly written: Written | null;
  /** Digest of its Pod template. */
  readonly template: string;
  readonly deleting: boolean;
  readonly requests: Resources;
  readonly priority: number;
  /** Scheduling constraints that S honours. */
  readonly constraints: Constraints;
  /** Empty if eligible. */
  readonly ineligible: readonly string[];
  /** Stock's own: its template has no label. All that D and R look at is whether a rollout has left it. */
  readonly unmanaged?: true;
}

/** What of a template limits its nodes (`cluster.md`, Eligibility). @public */
export interface Constraints {
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
  /** Required node affinity: any of the terms, all expressions of it. */
  readonly nodeAffinity: readonly (readonly NodeExpression[])[];
}
/** As in `core/v1`. @public */
export interface Toleration {
  readonly key: string;
  readonly operator: 'Exists' | 'Equal';
  readonly value: string;
  readonly effect: string;
}
/** As `NodeSelectorRequirement`. @public */
export interface NodeExpression {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  readonly values: readonly string[];
}
/** As in `core/v1`. @public */
export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/** A Node. @public */
export interface NodeFact {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Allocatable. */
  readonly capacity: Resources;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly unschedulable: boolean;
  readonly ready: boolean;
  /** The agent's incarnation (annotation); null if no agent has registered itself. */
  readonly agent: Incarnation | null;
  /** Where the agent listens, `host:port`; '' if not registered. */
  readonly address: string;
  /** The cancellation mark; null if never marked. */
  readonly mark: Fence | null;
  /** The last drain that the agent completed. */
  readonly drained: Fence | null;
}

/** Where a Pod object stands. @public */
export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** A Pod at the API Server, managed or not. @public */
export interface PodFact extends PodName {
  readonly metadataUid: string;
  readonly resourceVersion: string;
  /** Our uid from the stamp; null if not stamped. */
  readonly uid: Uid | null;
  readonly managed: boolean;
  /** uid of the controlling ReplicaSet; null if orphaned or unmanaged. */
  readonly replicaSet: string | null;
  readonly revision: string;
  readonly node: string | null;
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  readonly ready: boolean;
  readonly deleting: boolean;
  readonly requests: Resources;
  readonly priority: number;
  /** `controller.kubernetes.io/pod-deletion-cost`; 0 if absent. */
  readonly deletionCost: number;
  /** The Pod for which S published it unbound (annotation); absent if that is not how it came to be. */
  readonly handedOver?: Uid;
}

/** The owner switch; `resourceVersion` names the moment of the change. @public */
export interface SwitchFact {
  readonly owner: Owner;
  readonly resourceVersion: string;
  /** A release is about to come: D writes its wants back at once, and acknowledges this version when they are written (9). */
  readonly flush?: boolean;
}
