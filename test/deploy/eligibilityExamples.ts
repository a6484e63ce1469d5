/** Pod specs and what makes each not eligible. Said by TypeScript in `eligibility.test.ts`, and by the API server's CEL in `test/cluster/install.test.ts`. */

export interface EligibilityExample {
  readonly title: string;
  readonly pod: Readonly<Record<string, unknown>>;
  /** Paths that are named; empty if eligible. */
  readonly paths: readonly string[];
  /** The API server itself refuses or drops it, so that its CEL has nothing to say. */
  readonly notForCel?: string;
}

const container = { name: 'c', image: 'x' };
const plain = { containers: [container] };
const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { a: 'b' } } };
const preferred = [{ weight: 1, podAffinityTerm: term }];
const inZone = { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] };

/** At least one for each rule, and the near misses. */
export const EXAMPLES: readonly EligibilityExample[] = [
  { title: 'a plain container', pod: plain, paths: [] },
  {
    title: 'requests, selector, tolerations, required node affinity, priority, volumes of the node',
    pod: {
      containers: [
        {
          ...container,
          resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2', memory: '1Gi' } },
        },
      ],
      initContainers: [
        { name: 'i', image: 'x', resources: { requests: { cpu: '1' } }, ports: [{ containerPort: 80 }] },
      ],
      nodeSelector: { disk: 'ssd' },
      tolerations: [
        { key: 'a', operator: 'Exists' },
        { key: 'b', value: 'c' },
      ],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [inZone] },
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: inZone }],
        },
      },
      schedulerName: 'default-scheduler',
      os: { name: 'linux' },
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'w', configMap: { name: 'm' } },
      ],
      hostNetwork: false,
      topologySpreadConstraints: [],
    },
    paths: [],
  },
  { title: 'a node of its own', pod: { ...plain, nodeName: 'node-0' }, paths: ['spec.nodeName'] },
  { title: 'another scheduler', pod: { ...plain, schedulerName: 'mine' }, paths: ['spec.schedulerName'] },
  {
    title: 'a scheduling gate',
    pod: { ...plain, schedulingGates: [{ name: 'example.com/wait' }] },
    paths: ['spec.schedulingGates'],
  },
  {
    title: 'a workload',
    pod: { ...plain, workloadRef: { name: 'w', podGroup: 'g' } },
    paths: ['spec.workloadRef'],
    notForCel: 'behind a feature gate',
  },
  {
    title: 'a scheduling group',
    pod: { ...plain, schedulingGroup: { podGroupName: 'g' } },
    paths: ['spec.schedulingGroup'],
    notForCel: 'behind a feature gate',
  },
  {
    title: 'required inter-Pod affinity',
    pod: { ...plain, affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } },
    paths: ['spec.affinity.podAffinity'],
  },
  {
    title: 'preferred inter-Pod anti-affinity',
    pod: {
      ...plain,
      affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } },
    },
    paths: ['spec.affinity.podAntiAffinity'],
  },
  {
    title: 'node affinity by a field',
    pod: {
      ...plain,
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              inZone,
              { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-0'] }] },
            ],
          },
        },
      },
    },
    paths: [
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.matchFields',
    ],
  },
  {
    title: 'a toleration by number',
    pod: { ...plain, tolerations: [{ key: 'a', operator: 'Gt', value: '1' }] },
    paths: ['spec.tolerations.operator'],
    notForCel: 'behind a feature gate',
  },
  {
    title: 'topology spread',
    pod: {
      ...plain,
      topologySpreadConstraints: [{ maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway', ...term }],
    },
    paths: ['spec.topologySpreadConstraints'],
  },
  {
    title: 'a volume claim',
    pod: { ...plain, volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] },
    paths: ['spec.volumes'],
  },
  {
    title: 'an ephemeral volume',
    pod: {
      ...plain,
      volumes: [
        { name: 'e', emptyDir: {} },
        {
          name: 'v',
          ephemeral: {
            volumeClaimTemplate: {
              spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
            },
          },
        },
      ],
    },
    paths: ['spec.volumes'],
  },
  {
    title: 'an attached volume',
    pod: {
      ...plain,
      volumes: [{ name: 'v', iscsi: { targetPortal: '1.2.3.4', iqn: 'iqn.2001-04.com.x:y', lun: 0 } }],
    },
    paths: ['spec.volumes'],
  },
  {
    title: "the host's network",
    pod: { ...plain, hostNetwork: true },
    paths: ['spec.hostNetwork'],
  },
  {
    title: 'a port of the host, in an init container',
    pod: {
      ...plain,
      initContainers: [{ name: 'i', image: 'x', ports: [{ containerPort: 80, hostPort: 80 }] }],
    },
    paths: ['spec.containers.ports.hostPort'],
  },
  {
    title: 'a resource claim',
    pod: { ...plain, resourceClaims: [{ name: 'gpu', resourceClaimName: 'gpu' }] },
    paths: ['spec.resourceClaims'],
  },
  {
    title: 'requests of the Pod as a whole',
    pod: { ...plain, resources: { requests: { cpu: '1' } } },
    paths: ['spec.resources'],
  },
  {
    title: 'a device',
    pod: { containers: [{ ...container, resources: { limits: { 'example.com/gpu': '1' } } }] },
    paths: ['spec.containers.resources'],
  },
  {
    title: 'ephemeral storage',
    pod: {
      containers: [{ ...container, resources: { requests: { cpu: '1', 'ephemeral-storage': '1Gi' } } }],
    },
    paths: ['spec.containers.resources'],
  },
  {
    title: 'a runtime class',
    pod: { ...plain, runtimeClassName: 'kata' },
    paths: ['spec.runtimeClassName'],
  },
  {
    title: 'overhead',
    pod: { ...plain, overhead: { cpu: '1' } },
    paths: ['spec.overhead'],
  },
  {
    title: 'another operating system',
    pod: { ...plain, os: { name: 'windows' } },
    paths: ['spec.os'],
  },
  {
    title: 'no preemption',
    pod: { ...plain, preemptionPolicy: 'Never' },
    paths: ['spec.preemptionPolicy'],
  },
  {
    title: 'several things at once',
    pod: { ...plain, nodeName: 'node-0', hostNetwork: true, schedulingGates: [{ name: 'example.com/wait' }] },
    paths: ['spec.nodeName', 'spec.schedulingGates', 'spec.hostNetwork'],
  },
];
