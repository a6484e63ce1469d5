/** The columns of `kubectl get`, by kind (`pkg/printers/internalversion/printers.go`). */
import type { ResourceDefinition } from '../../../machines/environment/apiserver/definition.ts';
import type {
  Container,
  Deployment,
  LabelSelector,
  Node,
  Pod,
  ReplicaSet,
} from '../../../machines/environment/apiserver/kube.ts';
import { conditionOf } from '../../../machines/environment/apiserver/kube.ts';
import { selectorText } from '../../../machines/environment/apiserver/selectors.ts';
import type { KubeObject } from '../../../machines/environment/apiserver/types.ts';
import { at, isObject } from '../../../machines/environment/json.ts';
import type { Column } from './table.ts';

/** `duration.HumanDuration`: 5s, 3m20s, 2h, 4d. @internal */
export function ageText(from: unknown, now: number): string {
  if (typeof from !== 'string') return '<unknown>';
  const seconds = Math.max(0, Math.floor((now - Date.parse(from)) / 1000));
  if (Number.isNaN(seconds)) return '<unknown>';
  const [minutes, hours, days] = [
    Math.floor(seconds / 60),
    Math.floor(seconds / 3600),
    Math.floor(seconds / 86_400),
  ];
  const rest = (value: number, unit: string) => (value === 0 ? '' : `${value}${unit}`);
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return `${minutes}m${rest(seconds % 60, 's')}`;
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return `${hours}h${rest(minutes % 60, 'm')}`;
  if (hours < 48) return `${hours}h`;
  if (days < 8) return `${days}d${rest(hours % 24, 'h')}`;
  return days < 730 ? `${days}d` : `${Math.floor(days / 365)}y${rest(days % 365, 'd')}`;
}

const NAME: Column = { name: 'Name', cell: (object) => object.metadata.name };
const AGE: Column = { name: 'Age', cell: (object, now) => ageText(object.metadata.creationTimestamp, now) };

const text = (value: unknown): string =>
  value === undefined || value === '' || value === null ? '<none>' : String(value);
const list = (containers: readonly Container[] | undefined, field: 'name' | 'image'): string =>
  (containers ?? []).map((container) => container[field] ?? '').join(',');
const selector = (value: LabelSelector | undefined): string => text(selectorText(value));

/** The STATUS of a Pod, as kubectl words it. */
function podStatus(pod: Pod): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (pod.status?.reason !== undefined) return pod.status.reason;
  for (const status of pod.status?.containerStatuses ?? []) {
    const waiting = at(status, 'state', 'waiting', 'reason');
    if (typeof waiting === 'string') return waiting;
  }
  if (conditionOf(pod.status, 'PodScheduled')?.reason === 'SchedulingGated') return 'SchedulingGated';
  return pod.status?.phase ?? 'Unknown';
}

const POD: readonly Column[] = [
  NAME,
  {
    name: 'Ready',
    cell: (object) => {
      const { spec, status } = object as Pod;
      const ready = (status?.containerStatuses ?? []).filter((one) => one.ready).length;
      return `${ready}/${spec.containers.length}`;
    },
  },
  { name: 'Status', cell: (object) => podStatus(object as Pod) },
  {
    name: 'Restarts',
    cell: (object) =>
      String(
        ((object as Pod).status?.containerStatuses ?? []).reduce((sum, one) => sum + one.restartCount, 0),
      ),
  },
  AGE,
  { name: 'IP', priority: 1, cell: (object) => text((object as Pod).status?.podIP) },
  { name: 'Node', priority: 1, cell: (object) => text((object as Pod).spec.nodeName) },
  { name: 'Nominated Node', priority: 1, cell: (object) => text((object as Pod).status?.nominatedNodeName) },
  { name: 'Readiness Gates', priority: 1, cell: () => '<none>' },
];

const DEPLOYMENT: readonly Column[] = [
  NAME,
  {
    name: 'Ready',
    cell: (object) =>
      `${(object as Deployment).status?.readyReplicas ?? 0}/${(object as Deployment).spec.replicas}`,
  },
  {
    name: 'Up-to-date',
    type: 'integer',
    cell: (object) => (object as Deployment).status?.updatedReplicas ?? 0,
  },
  {
    name: 'Available',
    type: 'integer',
    cell: (object) => (object as Deployment).status?.availableReplicas ?? 0,
  },
  AGE,
  {
    name: 'Containers',
    priority: 1,
    cell: (object) => list((object as Deployment).spec.template.spec.containers, 'name'),
  },
  {
    name: 'Images',
    priority: 1,
    cell: (object) => list((object as Deployment).spec.template.spec.containers, 'image'),
  },
  { name: 'Selector', priority: 1, cell: (object) => selector((object as Deployment).spec.selector) },
];

const REPLICA_SET: readonly Column[] = [
  NAME,
  { name: 'Desired', type: 'integer', cell: (object) => (object as ReplicaSet).spec.replicas },
  { name: 'Current', type: 'integer', cell: (object) => (object as ReplicaSet).status.replicas ?? 0 },
  { name: 'Ready', type: 'integer', cell: (object) => (object as ReplicaSet).status.readyReplicas ?? 0 },
  AGE,
  {
    name: 'Containers',
    priority: 1,
    cell: (object) => list((object as ReplicaSet).spec.template.spec.containers, 'name'),
  },
  {
    name: 'Images',
    priority: 1,
    cell: (object) => list((object as ReplicaSet).spec.template.spec.containers, 'image'),
  },
  { name: 'Selector', priority: 1, cell: (object) => selector((object as ReplicaSet).spec.selector) },
];

function nodeStatus(node: Node): string {
  const ready = conditionOf(node.status, 'Ready')?.status;
  const word = ready === 'True' ? 'Ready' : ready === undefined ? 'Unknown' : 'NotReady';
  return node.spec.unschedulable === true ? `${word},SchedulingDisabled` : word;
}

function nodeRoles(node: Node): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(node.metadata.labels ?? {}).filter((label) => label.startsWith(prefix));
  return text(roles.map((role) => role.slice(prefix.length)).join(','));
}

const address = (node: Node, type: string): string =>
  text(node.status.addresses?.find((one) => one.type === type)?.address);
const info = (object: KubeObject, field: string): string => text(at(object, 'status', 'nodeInfo', field));

const NODE: readonly Column[] = [
  NAME,
  { name: 'Status', cell: (object) => nodeStatus(object as Node) },
  { name: 'Roles', cell: (object) => nodeRoles(object as Node) },
  AGE,
  { name: 'Version', cell: (object) => String(at(object, 'status', 'nodeInfo', 'kubeletVersion') ?? '') },
  { name: 'Internal-IP', priority: 1, cell: (object) => address(object as Node, 'InternalIP') },
  { name: 'External-IP', priority: 1, cell: (object) => address(object as Node, 'ExternalIP') },
  { name: 'OS-Image', priority: 1, cell: (object) => info(object, 'osImage') },
  { name: 'Kernel-Version', priority: 1, cell: (object) => info(object, 'kernelVersion') },
  { name: 'Container-Runtime', priority: 1, cell: (object) => info(object, 'containerRuntimeVersion') },
];

const EVENT: readonly Column[] = [
  {
    name: 'Last Seen',
    cell: (object, now) =>
      ageText(object.lastTimestamp ?? object.eventTime ?? object.deprecatedLastTimestamp, now),
  },
  { name: 'Type', cell: (object) => String(object.type ?? '') },
  { name: 'Reason', cell: (object) => String(object.reason ?? '') },
  {
    name: 'Object',
    cell: (object) => {
      const about = object.involvedObject ?? object.regarding;
      return isObject(about) ? `${String(about.kind).toLowerCase()}/${String(about.name)}` : '';
    },
  },
  {
    name: 'Subobject',
    priority: 1,
    cell: (object) => String(at(object, 'involvedObject', 'fieldPath') ?? ''),
  },
  {
    name: 'Source',
    priority: 1,
    cell: (object) => String(at(object, 'source', 'component') ?? object.reportingComponent ?? ''),
  },
  { name: 'Message', cell: (object) => String(object.message ?? object.note ?? '').trim() },
  {
    name: 'First Seen',
    priority: 1,
    cell: (object, now) => ageText(object.firstTimestamp ?? object.eventTime, now),
  },
  { name: 'Count', priority: 1, cell: (object) => String(object.count ?? 1) },
  { name: 'Name', priority: 1, cell: (object) => object.metadata.name },
];

const entries = (value: unknown): number => (isObject(value) ? Object.keys(value).length : 0);

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  Pod: POD,
  Deployment: DEPLOYMENT,
  ReplicaSet: REPLICA_SET,
  Node: NODE,
  Event: EVENT,
  Namespace: [NAME, { name: 'Status', cell: (object) => String(at(object, 'status', 'phase') ?? '') }, AGE],
  Lease: [
    NAME,
    { name: 'Holder', cell: (object) => String(at(object, 'spec', 'holderIdentity') ?? '') },
    AGE,
  ],
  ConfigMap: [
    NAME,
    { name: 'Data', type: 'integer', cell: (object) => entries(object.data) + entries(object.binaryData) },
    AGE,
  ],
  Secret: [
    NAME,
    { name: 'Type', cell: (object) => String(object.type ?? '') },
    { name: 'Data', type: 'integer', cell: (object) => entries(object.data) },
    AGE,
  ],
  ServiceAccount: [
    NAME,
    {
      name: 'Secrets',
      type: 'integer',
      cell: (object) => (Array.isArray(object.secrets) ? object.secrets.length : 0),
    },
    AGE,
  ],
  Service: [
    NAME,
    { name: 'Type', cell: (object) => text(at(object, 'spec', 'type')) },
    { name: 'Cluster-IP', cell: (object) => text(at(object, 'spec', 'clusterIP')) },
    { name: 'External-IP', cell: () => '<none>' },
    {
      name: 'Port(s)',
      cell: (object) => {
        const ports = at(object, 'spec', 'ports');
        const each = (Array.isArray(ports) ? ports : []).map(
          (port) => `${at(port, 'port')}/${at(port, 'protocol')}`,
        );
        return text(each.join(','));
      },
    },
    AGE,
    {
      name: 'Selector',
      priority: 1,
      cell: (object) =>
        selector({ matchLabels: (at(object, 'spec', 'selector') ?? {}) as Record<string, string> }),
    },
  ],
  ValidatingAdmissionPolicy: [
    NAME,
    {
      name: 'Validations',
      type: 'integer',
      cell: (object) => {
        const validations = at(object, 'spec', 'validations');
        return Array.isArray(validations) ? validations.length : 0;
      },
    },
    {
      name: 'ParamKind',
      cell: (object) => {
        const kind = at(object, 'spec', 'paramKind');
        return isObject(kind) ? `${String(kind.apiVersion)}/${String(kind.kind)}` : '<unset>';
      },
    },
    AGE,
  ],
  ValidatingAdmissionPolicyBinding: [
    NAME,
    { name: 'PolicyName', cell: (object) => text(at(object, 'spec', 'policyName')) },
    {
      name: 'ParamRef',
      cell: (object) => {
        const ref = at(object, 'spec', 'paramRef');
        if (!isObject(ref)) return '<unset>';
        return [ref.namespace, ref.name].filter((part) => part !== undefined).join('/');
      },
    },
    AGE,
  ],
  PriorityClass: [
    NAME,
    { name: 'Value', type: 'integer', cell: (object) => Number(object.value ?? 0) },
    { name: 'Global-Default', cell: (object) => String(object.globalDefault ?? false) },
    AGE,
    { name: 'PreemptionPolicy', cell: (object) => String(object.preemptionPolicy ?? '') },
  ],
};
const OTHER: readonly Column[] = [
  NAME,
  { name: 'Created At', cell: (object) => object.metadata.creationTimestamp },
];

/** The columns of a resource. @internal */
export function columnsOf(definition: ResourceDefinition): readonly Column[] {
  return COLUMNS[definition.kind] ?? OTHER;
}
