/**
 * Taking back what an earlier installation granted and this one does not: with another scope the roles stand elsewhere, and what was not overwritten
 * would go on granting. Only of the accounts that are installed now; what bears our label and another name is not ours to judge.
 */
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import type { KubernetesObject } from '../controller/kubernetes/types.ts';
import { manifestPath, removePath } from './apply.ts';
import { INSTALLED_LABELS, type Manifest } from './policies.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';
/** Bindings first: a role that nobody is bound to grants nothing. */
const KINDS = [
  ['RoleBinding', 'rolebindings'],
  ['ClusterRoleBinding', 'clusterrolebindings'],
  ['Role', 'roles'],
  ['ClusterRole', 'clusterroles'],
] as const;

const MANAGED = /-managed$/;

/** Removes them. @param wanted - all manifests of this installation @returns how many */
export async function retractGrants(client: KubernetesClient, wanted: readonly Manifest[]): Promise<number> {
  const paths = new Set(wanted.map(manifestPath));
  const accounts = new Set(
    wanted.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => metadata.name),
  );
  const labelSelector = Object.entries(INSTALLED_LABELS)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
  let retracted = 0;
  for (const [kind, plural] of KINDS) {
    const { items } = await client.list<KubernetesObject>(`/apis/${RBAC}/${plural}`, { labelSelector });
    for (const { metadata } of items) {
      const path = manifestPath({ apiVersion: RBAC, kind, metadata });
      if (paths.has(path) || !accounts.has(metadata.name.replace(MANAGED, ''))) continue;
      if (await removePath(client, path)) retracted += 1;
    }
  }
  return retracted;
}
