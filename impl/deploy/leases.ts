/** The Leases of the stages. */
import { LED_STAGES } from '../../spec/vocabulary.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import type { Lease } from '../controller/kubernetes/types.ts';
import { leaseName } from '../controller/names.ts';

/** A stage that has a Lease. @public */
export type LedStage = (typeof LED_STAGES)[number];

/** Consistent reads of all that are there. @internal */
export async function readLeases(
  client: KubernetesClient,
  namespace: string,
): Promise<ReadonlyMap<LedStage, Lease>> {
  const read = async (stage: LedStage) => {
    const lease = await client.get<Lease>(pathOf({ resource: 'leases', namespace, name: leaseName(stage) }));
    return lease === undefined ? [] : [[stage, lease] as const];
  };
  return new Map((await Promise.all(LED_STAGES.map(read))).flat());
}
