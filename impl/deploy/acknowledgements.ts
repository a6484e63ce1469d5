/** Which stages have acknowledged that stock owns the managed Pods (protocol 9, *Take back*). */
import { isUndrained } from '../../spec/vocabulary.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import type { KubernetesObject, Lease } from '../controller/kubernetes/types.ts';
import {
  ACKNOWLEDGED_OWNER_ANNOTATION,
  AGENT_INCARNATION_ANNOTATION,
  DRAINED_ANNOTATION,
  formatAcknowledgement,
  leaseName,
  MARK_ANNOTATION,
  parseFence,
} from '../controller/names.ts';

/** A Node that was cancelled and has not drained since: its K is out, and need not acknowledge. @internal */
export function isCancelled(node: KubernetesObject, read = parseFence): boolean {
  const annotations = node.metadata.annotations ?? {};
  return isUndrained(read(annotations[MARK_ANNOTATION]), read(annotations[DRAINED_ANNOTATION]));
}

/**
 * Those that have not acknowledged `stock` at this version of the switch: `replicaset`, and `kubelet/<node>` for each Node with an agent
 * that is not cancelled. An R that has never run (no Lease) holds nothing and counts as having acknowledged.
 * @public
 */
export async function unacknowledged(
  client: KubernetesClient,
  namespace: string,
  switchVersion: string,
): Promise<string[]> {
  const expected = formatAcknowledgement('stock', switchVersion);
  const [lease, nodes] = await Promise.all([
    client.get<Lease>(pathOf({ resource: 'leases', namespace, name: leaseName('replicaset') })),
    client.list(pathOf({ resource: 'nodes' })),
  ]);
  const has = (object: KubernetesObject): boolean =>
    object.metadata.annotations?.[ACKNOWLEDGED_OWNER_ANNOTATION] === expected;
  const missing = lease === undefined || has(lease) ? [] : ['replicaset'];
  for (const node of nodes.items) {
    if (node.metadata.annotations?.[AGENT_INCARNATION_ANNOTATION] === undefined) continue;
    if (!has(node) && !isCancelled(node)) missing.push(`kubelet/${node.metadata.name}`);
  }
  return missing;
}
