/**
 * What an operator may set in the chart, with its defaults, once: as values here, and as `{{ .Values… }}` in the chart's templates
 * (`packages/chart.ts`).
 */
import { SYSTEM_NAMESPACE } from '../../controller/names.ts';

/** A template expression in place of a value; {@link isExpression}. */
export type Expression = `{{= ${string} }}`;

/** Everything that the workloads depend on. @public */
export interface Values {
  readonly namespace: string;
  /** The one namespace whose Deployments are managed; empty: all. */
  readonly watchNamespace: string;
  readonly image: string;
  readonly imagePullPolicy: string;
  /** Processes of each stage; one leads, the others stand by. */
  readonly replicas: number | Expression;
  readonly logLevel: string;
  /** Sources of further environment variables of all containers: `KUBERNETES_SERVICE_HOST` where a Pod can not use the Service. */
  readonly envFrom: readonly object[] | Expression;
  readonly imagePullSecrets: readonly object[] | Expression;
  readonly stages: Placement & StageValues;
  readonly agent: Placement;
  readonly cri: Placement & CriHost;
  /** The stages have been gone for so long, s: the watchdog hands the managed Pods to the stock controllers. */
  readonly watchdogAfter: number | Expression;
  /** Folder of the journals on each node. */
  readonly journals: string;
  /** Listen on the node's own network, where Pods have none of their own. */
  readonly hostNetwork: boolean | Expression;
}

/** What an agent that runs containers itself finds on its machine. @public */
export interface CriHost {
  /** Folder of the runtime's socket, for this agent alone; and its name. */
  readonly socketFolder: string;
  readonly socket: string;
  /** Folder of journals, logs and volumes: the runtime finds them under the same path. */
  readonly folder: string;
  /** The same of Secrets and tokens, in memory. */
  readonly secrets: string;
  /** Folder with `kubeconfig` (of `system:node:<machine>-cri`) and `client-ca.crt`. */
  readonly credentials: string;
}

/** Of the stages above the tail alone. */
export interface StageValues {
  /** Who runs the containers: `publish` (stock kubelets) or `cri`. */
  readonly runtime: string;
  /** More arguments of each. */
  readonly extraArgs: readonly string[];
}

/** Where Pods of a kind run, and with how much. @public */
export interface Placement {
  readonly resources: object | Expression;
  readonly nodeSelector: object | Expression;
  readonly tolerations: readonly object[] | Expression;
}

/** `values.yaml`, less what Helm itself knows. @public */
export const DEFAULTS = {
  image: { repository: 'kubedirect', tag: '0.1.0', pullPolicy: 'IfNotPresent' },
  replicas: 2,
  logLevel: 'info',
  watchNamespace: '',
  envFrom: [] as readonly object[],
  imagePullSecrets: [] as readonly object[],
  hostNetwork: false,
  stages: {
    resources: { requests: { cpu: '100m', memory: '512Mi' }, limits: { memory: '1Gi' } },
    /** Empty: `cri` where that agent is enabled, else `publish`. */
    runtime: '',
    extraArgs: [] as readonly string[],
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [] as readonly object[],
  },
  agent: {
    enabled: true,
    journals: '/var/lib/kubedirect',
    resources: { requests: { cpu: '20m', memory: '96Mi' }, limits: { memory: '512Mi' } },
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ operator: 'Exists' }] as readonly object[],
  },
  cri: {
    enabled: false,
    socketFolder: '/run/kubedirect/runtime',
    socket: 'containerd.sock',
    folder: '/var/lib/kubedirect/cri',
    secrets: '/run/kubedirect/secrets',
    credentials: '/etc/kubedirect/cri',
    resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } },
    nodeSelector: { 'kubernetes.io/os': 'linux', 'kubedirect.dev/runtime': 'cri' },
    tolerations: [{ operator: 'Exists' }] as readonly object[],
  },
  watchdog: { enabled: true, after: 60 },
  monitoring: { serviceMonitor: false, rules: false, dashboard: false },
} as const;

/** The values that `values.yaml` says, for a namespace. @public */
export function defaultValues(
  namespace: string = SYSTEM_NAMESPACE,
  watchNamespace: string = DEFAULTS.watchNamespace,
): Values {
  const { image, replicas, logLevel, envFrom, imagePullSecrets, hostNetwork, agent, cri, watchdog } =
    DEFAULTS;
  const stages = { ...DEFAULTS.stages, runtime: 'publish' };
  return {
    ...{ namespace, watchNamespace },
    image: `${image.repository}:${image.tag}`,
    imagePullPolicy: image.pullPolicy,
    ...{ replicas, logLevel, envFrom, imagePullSecrets, hostNetwork, stages, agent, cri },
    ...{ journals: agent.journals, watchdogAfter: watchdog.after },
  };
}

/** A part of an installation that may be left out, by the path of its switch in `values.yaml`. @public */
export const SWITCHES = {
  agent: 'agent.enabled',
  cri: 'cri.enabled',
  watchdog: 'watchdog.enabled',
  serviceMonitor: 'monitoring.serviceMonitor',
  rules: 'monitoring.rules',
  dashboard: 'monitoring.dashboard',
} as const;
