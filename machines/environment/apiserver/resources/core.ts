/** Namespaces, Nodes, ConfigMaps, Secrets, ServiceAccounts, Services, Leases (`pkg/registry/core`, `pkg/registry/coordination`). */
import { equal, isObject, type JsonObject } from '../../json.ts';
import type { ResourceDefinition } from '../definition.ts';
import type { Namespace, Node } from '../kube.ts';
import { parseQuantity } from '../quantity.ts';
import { type Cause, forbiddenField, invalidValue } from '../status.ts';
import type { KubeObject } from '../types.ts';

/** @internal */
export const namespaces: ResourceDefinition = {
  group: '',
  versions: ['v1'],
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  namespaced: false,
  storage: 'namespaces',
  subresources: ['status', 'finalize'],
  admit: (draft) => {
    draft.metadata.labels = { ...draft.metadata.labels, 'kubernetes.io/metadata.name': draft.metadata.name };
    draft.spec = { finalizers: ['kubernetes'] };
  },
  initialStatus: () => ({ phase: 'Active' }),
  prepareUpdate: (draft, previous) => {
    draft.spec = previous.spec;
  },
  fields: (object) => ({ 'status.phase': (object as Namespace).status?.phase ?? '' }),
};

const NODE_INFO = [
  'architecture',
  'bootID',
  'containerRuntimeVersion',
  'kernelVersion',
  'kubeProxyVersion',
  'kubeletVersion',
  'machineID',
  'operatingSystem',
  'osImage',
  'systemUUID',
];

/** What Go writes even where a client sent nothing. */
function fillNodeStatus(node: Node): void {
  const { status } = node;
  status.nodeInfo = { ...Object.fromEntries(NODE_INFO.map((field) => [field, ''])), ...status.nodeInfo };
  status.daemonEndpoints ??= { kubeletEndpoint: { Port: 0 } };
  for (const condition of status.conditions ?? []) {
    condition.lastHeartbeatTime ??= null;
    condition.lastTransitionTime ??= null;
  }
}

/** The taint of a Node that is not known to be Ready; the node lifecycle controller takes it away. @internal */
export const NOT_READY_TAINT = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** @internal */
export const nodes: ResourceDefinition = {
  group: '',
  versions: ['v1'],
  kind: 'Node',
  plural: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  namespaced: false,
  storage: 'nodes',
  subresources: ['status'],
  applyDefaults: (draft) => {
    const node = draft as Node;
    if (!isObject(node.spec)) draft.spec = {};
    if (!isObject(node.status)) draft.status = {};
    // `SetDefaults_NodeStatus`: what a kubelet does not reserve can be given out.
    if (node.status.allocatable === undefined && node.status.capacity !== undefined) {
      node.status.allocatable = { ...node.status.capacity };
    }
    fillNodeStatus(node);
  },
  // `TaintNodesByCondition`.
  admit: (draft) => {
    const node = draft as Node;
    const taints = node.spec.taints ?? [];
    const has = taints.some(
      (one) => one.key === NOT_READY_TAINT.key && one.effect === NOT_READY_TAINT.effect,
    );
    if (!has) node.spec.taints = [...taints, NOT_READY_TAINT];
  },
  prepareStatus: (draft) => fillNodeStatus(draft as Node),
  validate: (object, previous) => {
    const node = object as Node;
    const causes: Cause[] = [];
    for (const [name, amount] of Object.entries(node.status?.capacity ?? {})) {
      if (parseQuantity(amount) === undefined) {
        causes.push(invalidValue(`status.capacity[${name}]`, amount, 'must be a quantity'));
      }
    }
    const was = (previous as Node | undefined)?.spec.podCIDR;
    if (was !== undefined && node.spec.podCIDR !== was) {
      causes.push(
        forbiddenField('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'),
      );
    }
    return causes;
  },
  fields: (object) => ({ 'spec.unschedulable': String((object as Node).spec?.unschedulable ?? false) }),
};

/** @internal */
export const configMaps: ResourceDefinition = {
  group: '',
  versions: ['v1'],
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  namespaced: true,
  storage: 'configmaps',
  validate: (object, previous) => {
    if (previous?.immutable !== true) return [];
    if (object.immutable === true && equal(object.data, previous.data)) return [];
    return [forbiddenField('data', 'field is immutable when `immutable` is set')];
  },
};

function encodeStringData(draft: KubeObject): void {
  const text = draft.stringData;
  if (!isObject(text)) return;
  const data: JsonObject = isObject(draft.data) ? draft.data : {};
  for (const [key, value] of Object.entries(text)) {
    data[key] = btoa(String.fromCharCode(...new TextEncoder().encode(String(value))));
  }
  draft.data = data;
  delete draft.stringData;
}

/** @internal */
export const secrets: ResourceDefinition = {
  group: '',
  versions: ['v1'],
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  namespaced: true,
  storage: 'secrets',
  applyDefaults: (draft) => {
    draft.type ??= 'Opaque';
    encodeStringData(draft);
  },
  fields: (object) => ({ type: String(object.type ?? '') }),
};

/** @internal */
export const serviceAccounts: ResourceDefinition = {
  group: '',
  versions: ['v1'],
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  shortNames: ['sa'],
  namespaced: true,
  storage: 'serviceaccounts',
  subresources: ['token'],
};

/** @internal */
export const services: ResourceDefinition = {
  group: '',
  versions: ['v1'],
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  namespaced: true,
  storage: 'services',
  subresources: ['status'],
  applyDefaults: (draft) => {
    if (!isObject(draft.spec)) return;
    const spec = draft.spec;
    spec.type ??= 'ClusterIP';
    spec.sessionAffinity ??= 'None';
    spec.clusterIP ??= 'None';
    for (const port of Array.isArray(spec.ports) ? spec.ports.filter(isObject) : []) {
      port.protocol ??= 'TCP';
      port.targetPort ??= port.port;
    }
  },
  initialStatus: () => ({ loadBalancer: {} }),
};

/** @internal */
export const leases: ResourceDefinition = {
  group: 'coordination.k8s.io',
  versions: ['v1'],
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  namespaced: true,
  storage: 'leases.coordination.k8s.io',
  createOnUpdate: true,
  updateNeedsVersion: true,
  validate: (object) => {
    const spec = object.spec;
    if (!isObject(spec)) return [];
    const { leaseDurationSeconds: duration, leaseTransitions: transitions } = spec;
    const causes: Cause[] = [];
    if (duration !== undefined && !(typeof duration === 'number' && duration > 0)) {
      causes.push(invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
    }
    if (transitions !== undefined && !(typeof transitions === 'number' && transitions >= 0)) {
      causes.push(invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
    }
    return causes;
  },
};

/** @internal */
export const priorityClasses: ResourceDefinition = {
  group: 'scheduling.k8s.io',
  versions: ['v1'],
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  singular: 'priorityclass',
  shortNames: ['pc'],
  namespaced: false,
  storage: 'priorityclasses.scheduling.k8s.io',
  applyDefaults: (draft) => {
    draft.preemptionPolicy ??= 'PreemptLowerPriority';
    draft.value ??= 0;
  },
  validate: (object, previous) =>
    previous !== undefined && previous.value !== object.value
      ? [forbiddenField('value', 'may not be changed in an update.')]
      : [],
};
