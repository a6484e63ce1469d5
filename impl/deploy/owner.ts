/** Reading and writing the owner switch (protocol 9). */
import { KubedirectError } from '../../spec/errors.ts';
import type { Owner } from '../../spec/vocabulary.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import type { ConfigMap } from '../controller/kubernetes/types.ts';
import { FLUSH_ANNOTATION, OWNER_SWITCH } from '../controller/names.ts';
import { FIELD_MANAGER } from './apply.ts';
import { switchManifest } from './manifests.ts';

/** The switch as a consistent read shows it. @public */
export interface OwnerSwitch {
  readonly owner: Owner;
  /** What is managed, as it is written; undefined: the switch does not say. */
  readonly scope: string | undefined;
  readonly resourceVersion: string;
  readonly annotations: Readonly<Record<string, string>>;
}

function path(namespace: string): string {
  return pathOf({ resource: 'configmaps', namespace, name: OWNER_SWITCH });
}

function fromConfigMap(object: ConfigMap): OwnerSwitch {
  const owner = object.data?.owner;
  if (owner !== 'direct' && owner !== 'stock') {
    throw new KubedirectError(
      'CLUSTER_UNSUPPORTED',
      `ConfigMap ${object.metadata.namespace}/${object.metadata.name}: expected data.owner to be direct or stock, got ${JSON.stringify(owner)}. Until it is, neither side creates managed Pods; set it with kubedirect release.`,
    );
  }
  return {
    owner,
    scope: object.data?.scope,
    resourceVersion: object.metadata.resourceVersion,
    annotations: object.metadata.annotations ?? {},
  };
}

/** A consistent read of the switch; undefined if it does not exist. @public */
export async function readOwner(
  client: KubernetesClient,
  namespace: string,
): Promise<OwnerSwitch | undefined> {
  const object = await client.get<ConfigMap>(path(namespace));
  return object === undefined ? undefined : fromConfigMap(object);
}

/**
 * Set the owner. With `resourceVersion` only if nobody has written in between (409 otherwise). A switch that is gone is made again, with the
 * scope that is known; without one it does not say, until `install` does.
 * @public
 */
export async function writeOwner(
  client: KubernetesClient,
  namespace: string,
  owner: Owner,
  { resourceVersion, scope }: { readonly resourceVersion?: string; readonly scope?: string | undefined } = {},
): Promise<OwnerSwitch> {
  const existing = await client.get<ConfigMap>(path(namespace));
  if (existing === undefined) {
    const collection = pathOf({ resource: 'configmaps', namespace });
    const body = switchManifest(namespace, owner, scope);
    return fromConfigMap(await client.request<ConfigMap>({ method: 'POST', path: collection, body }));
  }
  const annotations = { [FLUSH_ANNOTATION]: null };
  const metadata = { annotations, ...(resourceVersion !== undefined && { resourceVersion }) };
  const body = {
    metadata,
    data: { owner, ...(existing.data?.scope === undefined && scope !== undefined && { scope }) },
  };
  return fromConfigMap(await patchSwitch(client, namespace, body));
}

/** Merge-patch the switch's ConfigMap. @internal */
export function patchSwitch(client: KubernetesClient, namespace: string, body: unknown): Promise<ConfigMap> {
  return client.request<ConfigMap>({
    method: 'PATCH',
    path: path(namespace),
    patchType: 'merge',
    body,
    query: { fieldManager: FIELD_MANAGER },
  });
}
