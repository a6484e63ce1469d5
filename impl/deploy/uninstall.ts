/**
 * Removing everything again. Under running stages that would be a livelock (protocol 9): so the managed Pods are released first, and
 * while a stage still renews its Lease nothing is removed.
 */
import { KubedirectError } from '../../spec/errors.ts';
import { pause } from '../controller/kubernetes/backoff.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { isKubernetesError } from '../controller/kubernetes/errors.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import {
  ACKNOWLEDGED_OWNER_ANNOTATION,
  AGENT_ADDRESS_ANNOTATION,
  AGENT_INCARNATION_ANNOTATION,
  DRAINED_ANNOTATION,
  MARK_ANNOTATION,
} from '../controller/names.ts';
import { FIELD_MANAGER, manifestPath, removePath } from './apply.ts';
import { readLeases } from './leases.ts';
import { allManifests, type Manifest } from './manifests.ts';
import { readOwner } from './owner.ts';
import { isKeeper, POLICIES } from './policies.ts';
import { type Released, type ReleaseOptions, release } from './release.ts';

const NEVER = new AbortController().signal;

/** How to uninstall. @public */
export interface UninstallOptions extends ReleaseOptions {
  /** Remove the keepers too (`policies.ts`): a later installation then needs the API servers restarted. */
  readonly purge?: boolean;
}

/** What was removed. @public */
export interface Uninstalled {
  readonly released: Released | null;
  readonly removed: number;
}

/** Stages whose Lease is renewed while we look, or was just now, by name. */
async function liveStages(client: KubernetesClient, namespace: string): Promise<string[]> {
  const held = async () => {
    const leases = await readLeases(client, namespace);
    return new Map(
      [...leases.values()].flatMap(({ metadata, spec }) =>
        spec?.holderIdentity ? [[metadata.name, `${spec.renewTime}`] as const] : [],
      ),
    );
  };
  const before = await held();
  if (before.size === 0) return [];
  // Longer than two renewals (2 s each).
  await pause(5_000, NEVER);
  const after = await held();
  return [...after].filter(([name, renewTime]) => before.get(name) !== renewTime).map(([name]) => name);
}

const ANNOTATIONS = [
  AGENT_INCARNATION_ANNOTATION,
  AGENT_ADDRESS_ANNOTATION,
  MARK_ANNOTATION,
  DRAINED_ANNOTATION,
  ACKNOWLEDGED_OWNER_ANNOTATION,
];

async function cleanNodes(client: KubernetesClient): Promise<void> {
  const nodes = await client.list(pathOf({ resource: 'nodes' }));
  for (const { metadata } of nodes.items) {
    const found = ANNOTATIONS.filter((name) => metadata.annotations?.[name] !== undefined);
    if (found.length === 0) continue;
    const annotations = Object.fromEntries(found.map((name) => [name, null]));
    await client
      .patchNode(metadata.name, { metadata: { annotations } }, FIELD_MANAGER)
      .catch((error: unknown) => {
        if (!isKubernetesError(error, 'NotFound')) throw error;
      });
  }
}

/** Bindings before policies, so that no policy is left bound to nothing or found missing by its binding. */
function removalOrder(manifests: readonly Manifest[]): Manifest[] {
  const rank = (one: Manifest): number => {
    if (one.kind === 'Namespace') return 4;
    if (one.kind === 'ConfigMap') return 3;
    if (one.kind.endsWith('AdmissionPolicyBinding')) return 1;
    if (one.kind.endsWith('AdmissionPolicy')) return 2;
    return 0;
  };
  return [...manifests].sort((a, b) => rank(a) - rank(b));
}

/** Delete, again while the protecting policy is still in some API server's cache. */
async function removeProtected(client: KubernetesClient, path: string): Promise<boolean> {
  const end = performance.now() + 30_000;
  for (;;) {
    try {
      return await removePath(client, path);
    } catch (error) {
      const isFenced = error instanceof Error && error.message.includes(POLICIES.protectSwitch);
      if (!isFenced || performance.now() > end) throw error;
      await pause(200, NEVER);
    }
  }
}

/** The namespace controller deletes what is left in it: Leases. */
async function namespaceGone(client: KubernetesClient, name: string, timeoutMs: number): Promise<void> {
  const end = performance.now() + timeoutMs;
  while ((await client.get(pathOf({ resource: 'namespaces', name }))) !== undefined) {
    if (performance.now() > end) {
      throw new KubedirectError(
        'RELEASE_INCOMPLETE',
        `Namespace ${name} is still being deleted after ${timeoutMs} ms: expected it to be gone. What keeps it is in its status.conditions.`,
      );
    }
    await pause(200, NEVER);
  }
}

/**
 * Release, wait, remove all.
 * @throws KubedirectError `INSTALL_REFUSED` while stages run, `RELEASE_INCOMPLETE`, `API_SERVER_UNREACHABLE`
 * @public
 */
export async function uninstall(options: UninstallOptions): Promise<Uninstalled> {
  const { client, namespace, onProgress = () => undefined } = options;
  const installed = (await client.get(pathOf({ resource: 'namespaces', name: namespace }))) !== undefined;
  const hasSwitch = installed && (await readOwner(client, namespace)) !== undefined;
  const released = hasSwitch ? await release(options) : null;
  const live = installed ? await liveStages(client, namespace) : [];
  if (live.length > 0) {
    throw new KubedirectError(
      'INSTALL_REFUSED',
      `Stages still run, and would fight with the stock controllers without the owner switch: expected no renewed Lease, got ${live.join(', ')}. The managed Pods are released. Stop the stages (in the cluster: kubectl -n ${namespace} scale deployment ${live.join(' ')} --replicas=0), then run the command again.`,
    );
  }
  onProgress('no stage runs');
  let removed = 0;
  for (const manifest of removalOrder(allManifests({ namespace, scope: client.scope, simulator: true }))) {
    if (options.purge !== true && isKeeper(manifest)) continue;
    if (await removeProtected(client, manifestPath(manifest))) removed += 1;
  }
  await cleanNodes(client);
  await namespaceGone(client, namespace, options.timeoutMs ?? 120_000);
  onProgress(`removed ${removed} objects`);
  return { released, removed };
}
