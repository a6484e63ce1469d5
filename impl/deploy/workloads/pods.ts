/**
 * The Pods of the stages and of the agent: one container each, as little privileged as Kubernetes knows (Pod security `restricted`), but
 * for what the agent's journal needs of its node, which is named there.
 */
import type { StageName } from '../../../spec/vocabulary.ts';
import { ACCOUNTS } from '../identities.ts';
import { INSTALLED_LABELS } from '../policies.ts';
import type { Placement, Values } from './values.ts';

/** User and group of the image's processes. @public */
export const UID = 65_532;
/** Port of `/healthz`, `/readyz` and `/metrics`. @public */
export const STATUS_PORT = 8_081;
/** Port of the direct scale API. @public */
export const SCALE_PORT = 8_080;
/** Secret with `tls.crt` and `tls.key` of the direct scale API. @public */
export const SCALE_TLS_SECRET = 'kubedirect-scale-tls';

const NAME = 'app.kubernetes.io/name';

/** Labels of the Pods of one component. @public */
export function labelsOf(component: string): Readonly<Record<string, string>> {
  return { ...INSTALLED_LABELS, [NAME]: 'kubedirect', 'app.kubernetes.io/component': component };
}

const fieldRef = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
const ENVIRONMENT = [
  fieldRef('POD_NAME', 'metadata.name'),
  fieldRef('POD_NAMESPACE', 'metadata.namespace'),
  fieldRef('POD_IP', 'status.podIP'),
  fieldRef('NODE_NAME', 'spec.nodeName'),
];

/** Of every container. */
export const UNPRIVILEGED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** What a rehearsal plays on; removed again. */
export const SCRATCH = { name: 'scratch', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } };
/** Where. */
export const SCRATCH_MOUNT = { name: SCRATCH.name, mountPath: '/tmp' };

const probe = (path: string, more: object) => ({ httpGet: { path, port: 'status' }, ...more });

interface ContainerOptions {
  readonly name: string;
  readonly values: Values;
  readonly placement: Placement;
  readonly args: readonly string[];
  readonly ports?: readonly object[];
  readonly volumeMounts?: readonly object[];
}

/** A container of ours. */
export function container({
  name,
  values,
  placement,
  args,
  ports = [],
  volumeMounts = [],
}: ContainerOptions) {
  // On loopback too: there `kubectl port-forward` comes out.
  const status = ['--status', `:${STATUS_PORT}`];
  return {
    name,
    image: values.image,
    imagePullPolicy: values.imagePullPolicy,
    args: [...args, ...status, '--log-level', values.logLevel],
    env: ENVIRONMENT,
    envFrom: values.envFrom,
    ports: [{ name: 'status', containerPort: STATUS_PORT, protocol: 'TCP' }, ...ports],
    livenessProbe: probe('/healthz', { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 }),
    readinessProbe: probe('/readyz', { periodSeconds: 5, timeoutSeconds: 5 }),
    resources: placement.resources,
    securityContext: UNPRIVILEGED,
    volumeMounts,
  };
}

/** The Pod around it. */
export function podSpec(values: Values, placement: Placement, account: string, more: object) {
  return {
    serviceAccountName: account,
    imagePullSecrets: values.imagePullSecrets,
    priorityClassName: 'system-cluster-critical',
    hostNetwork: values.hostNetwork,
    nodeSelector: placement.nodeSelector,
    tolerations: placement.tolerations,
    terminationGracePeriodSeconds: 30,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: UID,
      runAsGroup: UID,
      fsGroup: UID,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...more,
  };
}

/** What every process of stages is told of itself. */
const IDENTITY = ['--namespace', '$(POD_NAMESPACE)', '--host', '$(POD_IP)', '--issued-certificates'];
/** And of what it manages: of an installation for one namespace. */
export const scopeOf = ({ watchNamespace }: Values) =>
  watchNamespace === '' ? [] : ['--watch-namespace', watchNamespace];

/** The Pod template of the watchdog, which runs apart from the stages. */
export function watchdogPod(values: Values) {
  const placement = values.stages;
  const args = ['watchdog', '--namespace', '$(POD_NAMESPACE)', '--after', after(values), ...scopeOf(values)];
  return {
    metadata: { labels: labelsOf('watchdog') },
    spec: podSpec(values, placement, ACCOUNTS.watchdog, {
      containers: [container({ name: 'watchdog', values, placement, args })],
      volumes: [],
    }),
  };
}

/** The Pod template of the signer, which issues the certificates of the links. */
export function signerPod(values: Values) {
  const placement = values.stages;
  const args = ['signer', '--namespace', '$(POD_NAMESPACE)'];
  return {
    metadata: { labels: labelsOf('signer') },
    spec: podSpec(values, placement, ACCOUNTS.signer, {
      containers: [container({ name: 'signer', values, placement, args })],
      volumes: [],
    }),
  };
}

/** In a list of arguments it is text, an expression of the chart too. */
const after = ({ watchdogAfter }: Values) =>
  typeof watchdogAfter === 'number' ? String(watchdogAfter) : watchdogAfter.replace('{{=', '{{');

/** The Pod template of a stage above the tail. */
export function stagePod(stage: Exclude<StageName, 'kubelet'>, values: Values) {
  const isAutoscaler = stage === 'autoscaler';
  const api = ['--scale-api', `$(POD_IP):${SCALE_PORT}`, '--scale-api-tls', '/etc/kubedirect/scale-tls'];
  const placement = values.stages;
  const main = container({
    ...{ name: stage, values, placement },
    args: [
      ...['run', '--stages', stage, '--holder', '$(POD_NAME)', '--runtime', placement.runtime],
      ...IDENTITY,
      ...scopeOf(values),
      ...(isAutoscaler ? api : []),
      ...placement.extraArgs,
    ],
    ...(isAutoscaler && { ports: [{ name: 'scale', containerPort: SCALE_PORT, protocol: 'TCP' }] }),
    volumeMounts: [
      SCRATCH_MOUNT,
      ...(isAutoscaler
        ? [{ name: 'scale-tls', mountPath: '/etc/kubedirect/scale-tls', readOnly: true }]
        : []),
    ],
  });
  const apart = {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: labelsOf(stage) },
  };
  return {
    metadata: { labels: labelsOf(stage) },
    spec: podSpec(values, placement, ACCOUNTS[stage], {
      topologySpreadConstraints: [apart],
      containers: [main],
      volumes: [
        SCRATCH,
        ...(isAutoscaler
          ? [{ name: 'scale-tls', secret: { secretName: SCALE_TLS_SECRET, defaultMode: 0o440 } }]
          : []),
      ],
    }),
  };
}

const CHOWN = `fs.chownSync('/journals', ${UID}, ${UID})`;

/**
 * The Pod template of the agent. Its journal outlives its Pod, so it lies on the node: a hostPath, which Pod security `baseline` refuses,
 * and a first container that gives the folder to the agent's user, as root and with the capability to do that, and no other.
 */
export function agentPod(values: Values) {
  const placement = values.agent;
  const volumeMounts = [{ name: 'journals', mountPath: '/journals' }];
  const args = [
    'agent',
    '--nodes',
    '$(NODE_NAME)',
    '--journals',
    '/journals',
    ...IDENTITY,
    ...scopeOf(values),
  ];
  const main = container({
    ...{ name: 'agent', values, placement, args },
    volumeMounts: [SCRATCH_MOUNT, ...volumeMounts],
  });
  const owner = {
    name: 'journals',
    image: values.image,
    imagePullPolicy: values.imagePullPolicy,
    command: ['node', '-e', CHOWN],
    resources: placement.resources,
    securityContext: {
      ...UNPRIVILEGED,
      capabilities: { drop: ['ALL'], add: ['CHOWN'] },
      runAsNonRoot: false,
      runAsUser: 0,
    },
    volumeMounts,
  };
  return {
    metadata: { labels: labelsOf('agent') },
    spec: podSpec(values, placement, ACCOUNTS.agent, {
      priorityClassName: 'system-node-critical',
      initContainers: [owner],
      containers: [main],
      volumes: [
        SCRATCH,
        { name: 'journals', hostPath: { path: values.journals, type: 'DirectoryOrCreate' } },
      ],
    }),
  };
}
