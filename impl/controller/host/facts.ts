/** Objects of the API Server projected to the facts that the machines read (`spec/facts.ts`). Pure. */
import { createHash } from 'node:crypto';
import type {
  Constraints,
  DeploymentFact,
  NodeExpression,
  NodeFact,
  PodFact,
  ReplicaSetFact,
  SwitchFact,
  Taint,
  Written,
} from '../../../spec/facts.ts';
import type { ConfigMap, ObjectMeta } from '../kubernetes/types.ts';
import {
  AGENT_ADDRESS_ANNOTATION,
  AGENT_INCARNATION_ANNOTATION,
  DELETION_COST_ANNOTATION,
  DRAINED_ANNOTATION,
  FLUSH_ANNOTATION,
  HANDED_OVER_ANNOTATION,
  MANAGED_LABEL,
  MARK_ANNOTATION,
  POD_UID_ANNOTATION,
  parseFence,
  parseIncarnation,
  WRITTEN_ANNOTATION,
  WRITTEN_BY_ANNOTATION,
} from '../names.ts';
import type {
  DeploymentObject,
  NodeObject,
  PodObject,
  PodSpecObject,
  PodTemplate,
  ReplicaSetObject,
} from './objects.ts';
import { parseQuantity, requestsOf, resourcesOf } from './quantities.ts';

const HASH_LABEL = 'pod-template-hash';

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, canonical(each)]),
  );
}

function digest(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(value)))
    .digest('base64url')
    .slice(0, 22);
}

/** Several stages of a process are told of the same object. */
const digests = new WeakMap<PodTemplate, string>();

function templateDigest(template: PodTemplate | undefined): string {
  const known = template && digests.get(template);
  if (known !== undefined) return known;
  const { [HASH_LABEL]: _, ...labels } = template?.metadata?.labels ?? {};
  const metadata = { ...template?.metadata, labels, creationTimestamp: undefined };
  const value = digest({ ...template, metadata });
  if (template !== undefined) digests.set(template, value);
  return value;
}

/** A value that cannot be read counts as absent: what others wrote into our annotations must not stop us. */
function lenient<T>(read: () => T | null): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** D's annotation on this Deployment, or on a ReplicaSet of it: one that names another was copied (protocol 8). */
function writtenOf(meta: ObjectMeta, deployment: string | null): Written | null {
  const text = meta.annotations?.[WRITTEN_ANNOTATION];
  if (text === undefined) return null;
  return lenient(() => {
    const value = JSON.parse(text) as Written;
    const numbers = [
      value.value,
      value.generation,
      value.version.generation,
      value.version.incarnation,
      value.version.counter,
    ];
    return numbers.every(Number.isSafeInteger) && value.deployment === deployment ? value : null;
  });
}

function controllerOf(meta: ObjectMeta, kind: string): string | null {
  return meta.ownerReferences?.find((owner) => owner.controller === true && owner.kind === kind)?.uid ?? null;
}

/** Who owns `spec.replicas`: `manager/operation/subresource`. */
function replicasOwner(meta: ObjectMeta): string {
  for (const { manager, operation, subresource, fieldsV1 } of meta.managedFields ?? []) {
    const spec = fieldsV1?.['f:spec'] as Record<string, unknown> | undefined;
    if (spec !== undefined && 'f:replicas' in spec)
      return `${manager ?? ''}/${operation ?? ''}/${subresource ?? ''}`;
  }
  return '';
}

/** Whether a Deployment or ReplicaSet is managed: its Pods are born with the label (protocol 9). */
export function isManaged(workload: DeploymentObject | ReplicaSetObject): boolean {
  return workload.spec?.template?.metadata?.labels?.[MANAGED_LABEL] === 'true';
}

/** Whether A and D hear of a Deployment: it is managed, or was, and D has yet to write what was asked for (protocol 8). */
export function isShown(deployment: DeploymentObject): boolean {
  return isManaged(deployment) || writtenOf(deployment.metadata, deployment.metadata.uid) !== null;
}

/** {@link DeploymentFact} of a Deployment. */
export function deploymentFact(deployment: DeploymentObject): DeploymentFact {
  const { metadata, spec } = deployment;
  const { replicas, ...restOfSpec } = spec ?? {};
  const { [WRITTEN_ANNOTATION]: _, [WRITTEN_BY_ANNOTATION]: __, ...annotations } = metadata.annotations ?? {};
  return {
    uid: metadata.uid,
    namespace: metadata.namespace ?? 'default',
    name: metadata.name,
    resourceVersion: metadata.resourceVersion,
    generation: metadata.generation ?? 0,
    replicas: replicas ?? 1,
    replicasOwner: replicasOwner(metadata),
    rest: digest({ restOfSpec, annotations }),
    written: writtenOf(metadata, metadata.uid),
    template: templateDigest(spec?.template),
    deleting: metadata.deletionTimestamp !== undefined,
    paused: spec?.paused ?? false,
    ...(isManaged(deployment) ? {} : { unmanaged: true }),
  };
}

function constraintsOf(spec: PodSpecObject | undefined): Constraints {
  const terms =
    spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return {
    nodeSelector: spec?.nodeSelector ?? {},
    tolerations: (spec?.tolerations ?? []).map(({ key, operator, value, effect }) => ({
      key: key ?? '',
      operator: operator === 'Exists' ? 'Exists' : 'Equal',
      value: value ?? '',
      effect: effect ?? '',
    })),
    nodeAffinity: terms.map((term) =>
      [
        ...(term.matchExpressions ?? []),
        ...(term.matchFields ?? []).map((field) => ({ ...field, key: `field:${field.key}` })),
      ].map(({ key, operator, values }) => ({
        key,
        operator: operator as NodeExpression['operator'],
        values: values ?? [],
      })),
    ),
  };
}

/**
 * {@link ReplicaSetFact} of a ReplicaSet. `ineligible` is the eligibility table's verdict on the template, `priority` what admission
 * gives to its Pods.
 */
export function replicaSetFact(
  replicaSet: ReplicaSetObject,
  ineligible: readonly string[],
  priority: number,
): ReplicaSetFact {
  const { metadata, spec } = replicaSet;
  const annotations = metadata.annotations ?? {};
  const desired = annotations['deployment.kubernetes.io/desired-replicas'];
  const deployment = controllerOf(metadata, 'Deployment');
  return {
    uid: metadata.uid,
    namespace: metadata.namespace ?? 'default',
    name: metadata.name,
    deployment,
    revisionNumber: Number(annotations['deployment.kubernetes.io/revision'] ?? 0),
    revision: metadata.labels?.[HASH_LABEL] ?? '',
    resourceVersion: metadata.resourceVersion,
    replicas: spec?.replicas ?? 1,
    desired: desired === undefined ? null : Number(desired),
    written: writtenOf(metadata, deployment),
    template: templateDigest(spec?.template),
    deleting: metadata.deletionTimestamp !== undefined,
    requests: requestsOf(spec?.template?.spec ?? {}),
    priority,
    constraints: constraintsOf(spec?.template?.spec),
    ineligible,
    ...(isManaged(replicaSet) ? {} : { unmanaged: true }),
  };
}

/** {@link NodeFact} of a Node. */
export function nodeFact(node: NodeObject): NodeFact {
  const { metadata, spec, status } = node;
  const annotations = metadata.annotations ?? {};
  const allocatable = status?.allocatable ?? status?.capacity;
  return {
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    capacity: resourcesOf(allocatable, parseQuantity(allocatable?.pods ?? 110)),
    labels: { ...metadata.labels, 'field:metadata.name': metadata.name },
    taints: (spec?.taints ?? []).map(({ key, value, effect }) => ({
      key,
      value: value ?? '',
      effect: effect as Taint['effect'],
    })),
    unschedulable: spec?.unschedulable ?? false,
    ready: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    agent: lenient(() => parseIncarnation(annotations[AGENT_INCARNATION_ANNOTATION])),
    address: annotations[AGENT_ADDRESS_ANNOTATION] ?? '',
    mark: lenient(() => parseFence(annotations[MARK_ANNOTATION])),
    drained: lenient(() => parseFence(annotations[DRAINED_ANNOTATION])),
  };
}

/** {@link PodFact} of a Pod. */
export function podFact(pod: PodObject): PodFact {
  const { metadata, spec, status } = pod;
  const cost = Number(metadata.annotations?.[DELETION_COST_ANNOTATION] ?? 0);
  const handedOver = metadata.annotations?.[HANDED_OVER_ANNOTATION];
  return {
    namespace: metadata.namespace ?? 'default',
    name: metadata.name,
    metadataUid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    uid: metadata.annotations?.[POD_UID_ANNOTATION] ?? null,
    managed: metadata.labels?.[MANAGED_LABEL] === 'true',
    replicaSet: controllerOf(metadata, 'ReplicaSet'),
    revision: metadata.labels?.[HASH_LABEL] ?? '',
    node: spec?.nodeName ?? null,
    phase: (status?.phase ?? 'Pending') as PodFact['phase'],
    ready: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    deleting: metadata.deletionTimestamp !== undefined,
    requests: requestsOf(spec ?? {}),
    priority: spec?.priority ?? 0,
    deletionCost: Number.isSafeInteger(cost) ? cost : 0,
    ...(handedOver !== undefined && { handedOver }),
  };
}

/** {@link SwitchFact} of the owner switch; null if it says neither `direct` nor `stock`. */
export function switchFact(configMap: ConfigMap): SwitchFact | null {
  const owner = configMap.data?.owner;
  if (owner !== 'direct' && owner !== 'stock') return null;
  const { resourceVersion, annotations } = configMap.metadata;
  const flush = annotations?.[FLUSH_ANNOTATION] !== undefined;
  return { owner, resourceVersion, ...(flush && { flush }) };
}
