/**
 * Every resource that the API Server serves. To add one: describe it in `resources/`, name it here.
 */
import { apiVersionOf, type ResourceDefinition } from './definition.ts';
import { deployments, replicaSets } from './resources/apps.ts';
import {
  configMaps,
  leases,
  namespaces,
  nodes,
  priorityClasses,
  secrets,
  serviceAccounts,
  services,
} from './resources/core.ts';
import { events, newEvents } from './resources/events.ts';
import { pods } from './resources/pods.ts';
import { bindings, policies, rbacResources } from './resources/policies.ts';

/** In the order of discovery. @public */
export const RESOURCES: readonly ResourceDefinition[] = [
  configMaps,
  events,
  namespaces,
  nodes,
  pods,
  secrets,
  serviceAccounts,
  services,
  policies,
  bindings,
  deployments,
  replicaSets,
  leases,
  newEvents,
  ...rbacResources,
  priorityClasses,
];

export {
  bindings,
  configMaps,
  deployments,
  events,
  leases,
  namespaces,
  nodes,
  pods,
  policies,
  replicaSets,
  serviceAccounts,
};

const BY_PATH = new Map(
  RESOURCES.flatMap((one) =>
    one.versions.map((version) => [`${one.group}/${version}/${one.plural}`, one] as const),
  ),
);
const BY_KIND = new Map(
  RESOURCES.flatMap((one) =>
    one.versions.map((version) => [`${apiVersionOf(one, version)}/${one.kind}`, one] as const),
  ),
);
const BY_STORAGE = new Map([...RESOURCES].reverse().map((one) => [one.storage, one] as const));

/** The resource at a path, or undefined. @public */
export function resourceAt(group: string, version: string, plural: string): ResourceDefinition | undefined {
  return BY_PATH.get(`${group}/${version}/${plural}`);
}

/** The resource of a kind, e.g. `apps/v1`, `Deployment`; or undefined. @public */
export function resourceOfKind(apiVersion: string, kind: string): ResourceDefinition | undefined {
  return BY_KIND.get(`${apiVersion}/${kind}`);
}

/** The resource whose objects a store key or a watch event names. @public */
export function resourceOfStorage(storage: string): ResourceDefinition {
  const found = BY_STORAGE.get(storage);
  if (found === undefined) throw new Error(`no resource is stored as ${storage}: a key of another store`);
  return found;
}
