/** The results of a Job, from its Pods at the API Server. */
import { KubedirectError } from '../../spec/errors.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import type { KubernetesObject } from '../controller/kubernetes/types.ts';
import type { Shards } from './division.ts';
import { campaignOf } from './manifest.ts';
import { readResult, type ShardResult } from './result.ts';

interface PodSeen extends KubernetesObject {
  readonly status?: {
    readonly containerStatuses?: readonly {
      readonly state?: { readonly terminated?: { readonly message?: string } };
    }[];
  };
}

/**
 * What the Pods of a Job have left. Those that were killed left nothing.
 * @throws KubedirectError `SHARD_INVALID` if the Job is none of ours
 * @public
 */
export async function collectJob(
  client: KubernetesClient,
  namespace: string,
  name: string,
): Promise<{ readonly campaign: Shards; readonly results: readonly ShardResult[] }> {
  const path = pathOf({ resource: 'jobs', namespace, name });
  const campaign = campaignOf(await client.request<KubernetesObject>({ method: 'GET', path }));
  if (campaign === null)
    throw new KubedirectError(
      'SHARD_INVALID',
      `Job ${namespace}/${name}: expected one that shards manifest has made`,
    );
  const { items } = await client.list<PodSeen>(pathOf({ resource: 'pods', namespace }), {
    labelSelector: `batch.kubernetes.io/job-name=${name}`,
  });
  const results = items.flatMap(({ metadata, status }) => {
    const message = status?.containerStatuses?.[0]?.state?.terminated?.message;
    return message === undefined || message === '' ? [] : [readResult(message, `Pod ${metadata.name}`)];
  });
  return { campaign, results };
}
