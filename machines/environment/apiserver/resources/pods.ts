/** Pods (`pkg/registry/core/pod`), with the admission that every Pod meets: service account, priority, tolerations. */
import { equal, type JsonObject } from '../../json.ts';
import type { ClusterView, ResourceDefinition } from '../definition.ts';
import type { Pod, Toleration } from '../kube.ts';
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
