/**
 * How lists and maps of Kubernetes' kinds merge, by field name: the little of the schema that strategic merge patch,
 * server-side apply and managedFields need. A list that is not named here is replaced as a whole.
 */
import { isObject } from '../json.ts';

/** Field → keys that identify an item. Names are unique enough over the kinds that we serve. */
const KEYED: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  volumes: ['name'],
  env: ['name'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  imagePullSecrets: ['name'],
  hostAliases: ['ip'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
  schedulingGates: ['name'],
  resourceClaims: ['name'],
  conditions: ['type'],
  ownerReferences: ['uid'],
  podIPs: ['ip'],
  hostIPs: ['ip'],
  addresses: ['type'],
};
const SETS: ReadonlySet<string> = new Set(['finalizers', 'podCIDRs']);
const MAPS: ReadonlySet<string> = new Set([
  'labels',
  'annotations',
  'matchLabels',
  'nodeSelector',
  'limits',
  'requests',
  'data',
  'capacity',
  'allocatable',
]);

/** What kind of list a field holds. */
export type ListKind = { kind: 'atomic' } | { kind: 'set' } | { kind: 'keyed'; keys: readonly string[] };
const ATOMIC: ListKind = { kind: 'atomic' };

/** How a list merges. Ports differ: a container's are known by port and protocol, a Service's by port and protocol of its own. */
export function listKind(field: string, items: readonly unknown[]): ListKind {
  if (SETS.has(field)) return { kind: 'set' };
  if (field === 'ports') {
    const first = items.find(isObject);
    const port = first !== undefined && Object.hasOwn(first, 'containerPort') ? 'containerPort' : 'port';
    return { kind: 'keyed', keys: [port, 'protocol'] };
  }
  const keys = KEYED[field];
  if (keys === undefined || !items.every(isObject)) return ATOMIC;
  return { kind: 'keyed', keys };
}

/** The value of a key field, with the default that a port's protocol has. */
function keyValue(item: Record<string, unknown>, key: string): unknown {
  return item[key] ?? (key === 'protocol' ? 'TCP' : undefined);
}

/** The identity of an item as managedFields write it, e.g. `{"name":"web"}`. */
export function itemKey(item: unknown, keys: readonly string[]): string {
  const made: Record<string, unknown> = {};
  for (const key of [...keys].sort()) made[key] = isObject(item) ? keyValue(item, key) : undefined;
  return JSON.stringify(made);
}

/** True for a map of arbitrary keys (labels and the like), whose own presence is a field too. */
export function isMapField(field: string): boolean {
  return MAPS.has(field);
}
