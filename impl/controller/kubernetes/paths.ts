/** Request paths of the API, so that no module spells one out. */

const PREFIX = {
  pods: '/api/v1',
  nodes: '/api/v1',
  namespaces: '/api/v1',
  configmaps: '/api/v1',
  secrets: '/api/v1',
  serviceaccounts: '/api/v1',
  events: '/apis/events.k8s.io/v1',
  jobs: '/apis/batch/v1',
  deployments: '/apis/apps/v1',
  replicasets: '/apis/apps/v1',
  leases: '/apis/coordination.k8s.io/v1',
  certificatesigningrequests: '/apis/certificates.k8s.io/v1',
  priorityclasses: '/apis/scheduling.k8s.io/v1',
} as const;

/** A resource that the stages use, by its plural name. @public */
export type Resource = keyof typeof PREFIX;

/**
 * The path of a collection, of an object, or of a subresource.
 * @example pathOf({ resource: 'pods', namespace: 'default', name: 'a', subresource: 'status' })
 * @public
 */
export function pathOf(target: {
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}): string {
  let path: string = PREFIX[target.resource];
  if (target.namespace !== undefined) path += `/namespaces/${encodeURIComponent(target.namespace)}`;
  path += `/${target.resource}`;
  if (target.name !== undefined) path += `/${encodeURIComponent(target.name)}`;
  if (target.subresource !== undefined) path += `/${target.subresource}`;
  return path;
}
