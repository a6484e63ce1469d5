/** Applying and removing manifests, by server-side apply under one field manager. */

import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { isKubernetesError } from '../controller/kubernetes/errors.ts';
import type { KubernetesObject } from '../controller/kubernetes/types.ts';
import type { Manifest } from './policies.ts';

/** The field manager of `install`. @public */
export const FIELD_MANAGER = 'kubedirect-install';

const PLURALS: Readonly<Record<string, string>> = {
  Namespace: 'namespaces',
  ConfigMap: 'configmaps',
  ServiceAccount: 'serviceaccounts',
  Deployment: 'deployments',
  DaemonSet: 'daemonsets',
  Service: 'services',
  PodDisruptionBudget: 'poddisruptionbudgets',
  NetworkPolicy: 'networkpolicies',
  ServiceMonitor: 'servicemonitors',
  PrometheusRule: 'prometheusrules',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
  ValidatingAdmissionPolicyBinding: 'validatingadmissionpolicybindings',
};

/** The request path of a manifest's object. @public */
export function manifestPath(manifest: Manifest): string {
  const plural = PLURALS[manifest.kind];
  if (plural === undefined) throw new RangeError(`no plural is known for kind ${manifest.kind}`);
  const root = manifest.apiVersion.includes('/') ? '/apis/' : '/api/';
  const { name, namespace } = manifest.metadata;
  const within = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return `${root}${manifest.apiVersion}${within}/${plural}/${name}`;
}

/** Server-side apply; takes over fields that others hold. @public */
export function apply(client: KubernetesClient, manifest: Manifest): Promise<KubernetesObject> {
  return client.request<KubernetesObject>({
    method: 'PATCH',
    path: manifestPath(manifest),
    patchType: 'apply',
    query: { fieldManager: FIELD_MANAGER, force: 'true' },
    body: manifest,
  });
}

/** Delete an object, with its dependents; false if there was none. @public */
export async function remove(client: KubernetesClient, manifest: Manifest): Promise<boolean> {
  return removePath(client, manifestPath(manifest));
}

/** As {@link remove}, by path. @public */
export async function removePath(client: KubernetesClient, path: string): Promise<boolean> {
  try {
    await client.request({ method: 'DELETE', path, body: { propagationPolicy: 'Background' } });
    return true;
  } catch (error) {
    if (isKubernetesError(error, 'NotFound')) return false;
    throw error;
  }
}
