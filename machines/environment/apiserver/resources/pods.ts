/** Pods (`pkg/registry/core/pod`), with the admission that every Pod meets: service account, priority, tolerations. */
import { equal, type JsonObject } from '../../json.ts';
import { safeEncode } from '../../mint.ts';
import type { ClusterView, ResourceDefinition } from '../definition.ts';
import type { Container, Pod, Toleration } from '../kube.ts';
import type { KubeObject } from '../types.ts';
import { defaultPodSpec, podSpecCauses, podSpecUpdateCauses, qosClass } from './podSpec.ts';

/** `DefaultTolerationSeconds`: a Pod outlives its node's failure by five minutes. */
function addTolerations(pod: Pod): void {
  const tolerations = pod.spec.tolerations ?? [];
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const covered = (one: Toleration) =>
      (one.key === key || one.key === undefined) && (one.effect ?? 'NoExecute') === 'NoExecute';
    if (!tolerations.some(covered)) {
      tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
    }
  }
  pod.spec.tolerations = tolerations;
}

const TOKEN_MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** `ServiceAccount`: each container gets the Pod's token, unless the Pod or its account wants none. */
function mountToken(pod: Pod, cluster: ClusterView): void {
  const account = cluster.find(
    'serviceaccounts',
    pod.metadata.namespace,
    pod.spec.serviceAccountName ?? 'default',
  );
  const wanted = pod.spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true;
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const mounts = (container: Container) => (container.volumeMounts ?? []) as { mountPath: string }[];
  const without = containers.filter(
    (container) => !mounts(container).some((mount) => mount.mountPath === TOKEN_MOUNT),
  );
  if (wanted !== true || account === undefined || without.length === 0) return;
  const name = `kube-api-access-${safeEncode(pod.metadata.uid.slice(-5))}`;
  const sources = [
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: {
        items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
      },
    },
  ];
  const volumes = (pod.spec.volumes ?? []) as object[];
  pod.spec.volumes = [...volumes, { name, projected: { sources, defaultMode: 420 } }];
  for (const container of without) {
    container.volumeMounts = [...mounts(container), { name, readOnly: true, mountPath: TOKEN_MOUNT }];
  }
}

/** Go writes the times of a Pod's conditions even where there is none. */
function fillConditions(pod: Pod): void {
  for (const condition of pod.status?.conditions ?? []) {
    condition.lastProbeTime ??= null;
    condition.lastTransitionTime ??= null;
  }
}

/** `Priority`: the class's value, or the default class's, or 0. An unknown class is left for validation. */
function resolvePriority(pod: Pod, cluster: ClusterView): void {
  const named = pod.spec.priorityClassName;
  let found: KubeObject | undefined;
  if (named !== undefined && named !== '')
    found = cluster.find('priorityclasses.scheduling.k8s.io', undefined, named);
  else
    for (const one of cluster.all('priorityclasses.scheduling.k8s.io'))
      if (one.globalDefault === true) found = one;
  if (found !== undefined) pod.spec.priorityClassName = found.metadata.name;
  pod.spec.priority = (found?.value as number | undefined) ?? 0;
  pod.spec.preemptionPolicy ??= (found?.preemptionPolicy as string | undefined) ?? 'PreemptLowerPriority';
}

const SYSTEM_PRIORITIES = ['system-cluster-critical', 'system-node-critical'];

/** @internal */
export const pods: ResourceDefinition = {
  group: '',
  versions: ['v1'],
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  storage: 'pods',
  subresources: ['status', 'binding', 'eviction'],
  graceful: true,
  generation: true,
  applyDefaults: (draft) => {
    const pod = draft as Pod;
    if (pod.spec === undefined) return;
    defaultPodSpec(pod.spec);
    (pod.spec as JsonObject).enableServiceLinks ??= true;
  },
  admit: (draft, cluster) => {
    const pod = draft as Pod;
    pod.spec.serviceAccountName ??= 'default';
    pod.spec.serviceAccount = pod.spec.serviceAccountName;
    if (Array.isArray(pod.spec.containers)) mountToken(pod, cluster);
    resolvePriority(pod, cluster);
    addTolerations(pod);
  },
  initialStatus: (draft) => {
    const { spec } = draft as Pod;
    const gated = (spec.schedulingGates?.length ?? 0) > 0;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'SchedulingGated',
      message: 'Scheduling is blocked due to non-empty scheduling gates',
    };
    return { phase: 'Pending', ...(gated ? { conditions: [condition] } : {}), qosClass: qosClass(spec) };
  },
  prepareStatus: (draft, previous) => {
    fillConditions(draft as Pod);
    const { ownerReferences } = previous.metadata;
    if (ownerReferences === undefined) delete draft.metadata.ownerReferences;
    else draft.metadata.ownerReferences = ownerReferences;
  },
  validate: (object, previous) => {
    const pod = object as Pod;
    const causes = podSpecCauses(pod.spec, 'spec', false);
    if (previous !== undefined && !equal(pod.spec, previous.spec)) {
      causes.push(...podSpecUpdateCauses(pod.spec, (previous as Pod).spec));
    }
    return causes;
  },
  fields: (object) => {
    const pod = object as Pod;
    return {
      'spec.nodeName': pod.spec.nodeName ?? '',
      'spec.restartPolicy': pod.spec.restartPolicy ?? '',
      'spec.schedulerName': pod.spec.schedulerName ?? '',
      'spec.serviceAccountName': pod.spec.serviceAccountName ?? '',
      'spec.hostNetwork': String(pod.spec.hostNetwork ?? false),
      'status.phase': pod.status?.phase ?? '',
      'status.podIP': pod.status?.podIP ?? '',
      'status.nominatedNodeName': String(pod.status?.nominatedNodeName ?? ''),
    };
  },
};

/** True if the Pod names a priority class that does not exist. @internal */
export function priorityClassMissing(pod: Pod, cluster: ClusterView): boolean {
  const named = pod.spec.priorityClassName;
  if (named === undefined || named === '' || SYSTEM_PRIORITIES.includes(named)) return false;
  return cluster.find('priorityclasses.scheduling.k8s.io', undefined, named) === undefined;
}
