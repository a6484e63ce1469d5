/**
 * What a managed Pod template may not ask for, because the Scheduler stage does not honour it (design `cluster.md`, *Eligibility*).
 *
 * Honoured: CPU and memory requests, node selector, required node affinity by labels, taints and tolerations, unschedulable nodes,
 * priority. A template that needs more must never carry the managed label, since the owner switch denies labelled Pods to the stock
 * controller: it would have no one. So one table says it twice, in CEL for the admission policy on Deployments, and in TypeScript for
 * the stages (which also apply it to the Pod that a dry run returns, with what admission has added); a test holds the two together.
 *
 * Preferences: *preferred node affinity* is accepted and not ranked by. It says which node would be nicer, and any node is a legal
 * outcome. Preferred inter-Pod (anti-)affinity and topology spread with `ScheduleAnyway` are refused like their required forms: they
 * are there to keep replicas apart, and to pack them silently is not what their author would call a legal outcome.
 */

type List<T> = readonly T[] | null | undefined;
type Names = Readonly<Record<string, unknown>> | null | undefined;

interface Container {
  readonly ports?: List<{ readonly hostPort?: number | null }>;
  readonly resources?: { readonly requests?: Names; readonly limits?: Names } | null;
}

/** The fields of a `v1` PodSpec that the table reads. @public */
export interface EligibilityPodSpec {
  readonly nodeName?: string | null;
  readonly schedulerName?: string | null;
  readonly schedulingGates?: List<unknown>;
  readonly workloadRef?: unknown;
  readonly schedulingGroup?: unknown;
  readonly affinity?: {
    readonly podAffinity?: unknown;
    readonly podAntiAffinity?: unknown;
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly nodeSelectorTerms?: List<{ readonly matchFields?: List<unknown> }>;
      } | null;
    } | null;
  } | null;
  readonly tolerations?: List<{ readonly operator?: string | null }>;
  readonly topologySpreadConstraints?: List<unknown>;
  readonly volumes?: List<Readonly<Record<string, unknown>>>;
  readonly containers?: List<Container>;
  readonly initContainers?: List<Container>;
  readonly hostNetwork?: boolean | null;
  readonly resourceClaims?: List<unknown>;
  readonly resources?: unknown;
  readonly runtimeClassName?: string | null;
  readonly overhead?: unknown;
  readonly os?: { readonly name?: string } | null;
  readonly preemptionPolicy?: string | null;
}

/** One thing a template may not ask for. @public */
export interface EligibilityRule {
  /** Path in the Pod's spec. */
  readonly path: string;
  /** CEL over `variables.pod` (the Pod's spec) and `variables.containers` (init containers too): true if the template does not ask for it. */
  readonly cel: string;
  /** Why not; ends a sentence that begins with the path. */
  readonly reason: string;
  /** The same as `cel`, in TypeScript, the other way round: true if the template asks for it. */
  readonly asked: (pod: EligibilityPodSpec) => boolean;
}

const given = (value: unknown): boolean => value !== undefined && value !== null;
const some = <T>(list: List<T>, test: (item: T) => boolean): boolean => (list ?? []).some(test);
const filled = (list: List<unknown>): boolean => (list ?? []).length > 0;
const containersOf = (pod: EligibilityPodSpec): readonly Container[] => [
  ...(pod.containers ?? []),
  ...(pod.initContainers ?? []),
];

const emptyList = (field: string): string =>
  `!has(variables.pod.${field}) || size(variables.pod.${field}) == 0`;
const absent = (field: string): string => `!has(variables.pod.${field})`;

const LATE_VOLUMES = ['persistentVolumeClaim', 'ephemeral'] as const;
const ATTACHED_VOLUMES = [
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'azureDisk',
  'cinder',
  'vsphereVolume',
  'portworxVolume',
  'iscsi',
  'rbd',
] as const;
const noVolumes = (kinds: readonly string[]): string =>
  `!has(variables.pod.volumes) || variables.pod.volumes.all(v, ${kinds.map((kind) => `!has(v.${kind})`).join(' && ')})`;
const hasVolume = (pod: EligibilityPodSpec, kinds: readonly string[]): boolean =>
  some(pod.volumes, (volume) => kinds.some((kind) => given(volume[kind])));

const COUNTED = ['cpu', 'memory'];
const uncounted = (names: Names): boolean => Object.keys(names ?? {}).some((name) => !COUNTED.includes(name));

/** All rules, in the order in which they are reported. @public */
export const ELIGIBILITY: readonly EligibilityRule[] = [
  {
    path: 'spec.nodeName',
    cel: `!has(variables.pod.nodeName) || variables.pod.nodeName == ''`,
    reason: 'the Scheduler stage chooses the node',
    asked: (pod) => (pod.nodeName ?? '') !== '',
  },
  {
    path: 'spec.schedulerName',
    cel: `!has(variables.pod.schedulerName) || variables.pod.schedulerName in ['', 'default-scheduler']`,
    reason: 'another scheduler is asked for',
    asked: (pod) => !['', 'default-scheduler'].includes(pod.schedulerName ?? ''),
  },
  {
    path: 'spec.schedulingGates',
    cel: emptyList('schedulingGates'),
    reason: 'scheduling gates are not waited for',
    asked: (pod) => filled(pod.schedulingGates),
  },
  {
    path: 'spec.workloadRef',
    cel: absent('workloadRef'),
    reason: 'gang scheduling is not honoured',
    asked: (pod) => given(pod.workloadRef),
  },
  {
    path: 'spec.schedulingGroup',
    cel: absent('schedulingGroup'),
    reason: 'gang scheduling is not honoured',
    asked: (pod) => given(pod.schedulingGroup),
  },
  {
    path: 'spec.affinity.podAffinity',
    cel: `!has(variables.pod.affinity) || !has(variables.pod.affinity.podAffinity)`,
    reason: 'inter-Pod affinity is not honoured',
    asked: (pod) => given(pod.affinity?.podAffinity),
  },
  {
    path: 'spec.affinity.podAntiAffinity',
    cel: `!has(variables.pod.affinity) || !has(variables.pod.affinity.podAntiAffinity)`,
    reason: 'inter-Pod anti-affinity is not honoured',
    asked: (pod) => given(pod.affinity?.podAntiAffinity),
  },
  {
    path: 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchFields',
    cel: `!has(variables.pod.affinity) || !has(variables.pod.affinity.nodeAffinity)
      || !has(variables.pod.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution)
      || variables.pod.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.all(t,
           !has(t.matchFields) || size(t.matchFields) == 0)`,
    reason: 'node affinity is honoured by labels only, not by fields',
    asked: (pod) =>
      some(
        pod.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms,
        (term) => filled(term.matchFields),
      ),
  },
  {
    path: 'spec.tolerations.operator',
    cel: `!has(variables.pod.tolerations)
      || variables.pod.tolerations.all(t, !has(t.operator) || t.operator in ['', 'Exists', 'Equal'])`,
    reason: 'tolerations are honoured with the operators Exists and Equal only',
    asked: (pod) => some(pod.tolerations, (one) => !['', 'Exists', 'Equal'].includes(one.operator ?? '')),
  },
  {
    path: 'spec.topologySpreadConstraints',
    cel: emptyList('topologySpreadConstraints'),
    reason: 'topology spread is not honoured',
    asked: (pod) => filled(pod.topologySpreadConstraints),
  },
  {
    path: 'spec.volumes',
    cel: noVolumes(LATE_VOLUMES),
    reason: 'volumes that bind late (persistentVolumeClaim, ephemeral) are not honoured',
    asked: (pod) => hasVolume(pod, LATE_VOLUMES),
  },
  {
    path: 'spec.volumes',
    cel: noVolumes(ATTACHED_VOLUMES),
    reason: 'volumes with limits on attaching are not honoured',
    asked: (pod) => hasVolume(pod, ATTACHED_VOLUMES),
  },
  {
    path: 'spec.hostNetwork',
    cel: `!has(variables.pod.hostNetwork) || !variables.pod.hostNetwork`,
    reason: 'ports of the host are not tracked',
    asked: (pod) => pod.hostNetwork === true,
  },
  {
    path: 'spec.containers.ports.hostPort',
    cel: `variables.containers.all(c, !has(c.ports) || c.ports.all(p, !has(p.hostPort) || p.hostPort == 0))`,
    reason: 'ports of the host are not tracked',
    asked: (pod) => containersOf(pod).some((one) => some(one.ports, (port) => (port.hostPort ?? 0) !== 0)),
  },
  {
    path: 'spec.resourceClaims',
    cel: emptyList('resourceClaims'),
    reason: 'resource claims are not honoured',
    asked: (pod) => filled(pod.resourceClaims),
  },
  {
    path: 'spec.resources',
    cel: absent('resources'),
    reason: 'requests of the Pod as a whole are not counted',
    asked: (pod) => given(pod.resources),
  },
  {
    path: 'spec.containers.resources',
    cel: `variables.containers.all(c, !has(c.resources) ||
      (!has(c.resources.requests) || c.resources.requests.all(r, r in ['cpu', 'memory']))
      && (!has(c.resources.limits) || c.resources.limits.all(r, r in ['cpu', 'memory'])))`,
    reason: 'only cpu and memory are counted',
    asked: (pod) =>
      containersOf(pod).some((one) => uncounted(one.resources?.requests) || uncounted(one.resources?.limits)),
  },
  {
    path: 'spec.runtimeClassName',
    cel: `!has(variables.pod.runtimeClassName) || variables.pod.runtimeClassName == ''`,
    reason: 'the overhead and the nodes of a runtime class are not honoured',
    asked: (pod) => (pod.runtimeClassName ?? '') !== '',
  },
  {
    path: 'spec.overhead',
    cel: absent('overhead'),
    reason: 'the overhead and the nodes of a runtime class are not honoured',
    asked: (pod) => given(pod.overhead),
  },
  {
    path: 'spec.os',
    cel: `!has(variables.pod.os) || variables.pod.os.name == 'linux'`,
    reason: 'nodes are not chosen by operating system',
    asked: (pod) => given(pod.os) && pod.os?.name !== 'linux',
  },
  {
    path: 'spec.preemptionPolicy',
    cel: `!has(variables.pod.preemptionPolicy) || variables.pod.preemptionPolicy in ['', 'PreemptLowerPriority']`,
    reason: 'a Pod with priority always preempts',
    asked: (pod) => !['', 'PreemptLowerPriority'].includes(pod.preemptionPolicy ?? ''),
  },
];

/** What makes a template (or a Pod) not eligible; empty if it is eligible. @public */
export function ineligible(template: {
  readonly spec?: EligibilityPodSpec | null;
}): { readonly path: string; readonly reason: string }[] {
  const pod = template.spec ?? {};
  return ELIGIBILITY.filter((rule) => rule.asked(pod)).map(({ path, reason }) => ({ path, reason }));
}
