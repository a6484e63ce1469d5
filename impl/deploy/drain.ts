/**
 * Takes the managed Pods off a Node, as `kubectl drain` does with all: cordons it, evicts each, which heeds PodDisruptionBudgets, and waits until they
 * are gone. The Node's agent may end then; Pods that are not managed stay.
 */
import { KubedirectError } from '../../spec/errors.ts';
import type { PodObject } from '../controller/host/objects.ts';
import { pause } from '../controller/kubernetes/backoff.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { KubernetesError } from '../controller/kubernetes/errors.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import { MANAGED_LABEL } from '../controller/names.ts';
import { FIELD_MANAGER } from './apply.ts';

/** How to drain. @public */
export interface DrainOptions {
  readonly client: Pick<KubernetesClient, 'request' | 'list' | 'patchNode' | 'scope'>;
  readonly node: string;
  /** Longest wait for the end, ms. */
  readonly timeoutMs: number;
  readonly onProgress?: (line: string) => void;
}

/** What a drain came to. @public */
export interface Drained {
  readonly node: string;
  readonly evicted: number;
  readonly milliseconds: number;
}

const NEVER = new AbortController().signal;
const AGAIN_MS = 500;

const isThere = ({ status }: PodObject) => status?.phase !== 'Failed' && status?.phase !== 'Succeeded';
const isEnding = ({ metadata }: PodObject) => metadata.deletionTimestamp !== undefined;

/** What became of a request to evict. */
type Eviction = 'evicted' | 'held by a budget' | 'gone by itself';
const OTHERWISE: Readonly<Record<number, Eviction>> = {
  // It is gone, or another of its name is there: the next look tells.
  ...{ 404: 'gone by itself', 409: 'gone by itself' },
  429: 'held by a budget',
};

async function evict(client: DrainOptions['client'], { metadata }: PodObject): Promise<Eviction> {
  const { name, namespace = 'default', uid } = metadata;
  const body = {
    ...{ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } },
    deleteOptions: { preconditions: { uid } },
  };
  try {
    const path = pathOf({ resource: 'pods', namespace, name, subresource: 'eviction' });
    await client.request({ method: 'POST', path, body });
    return 'evicted';
  } catch (error) {
    const eviction = error instanceof KubernetesError ? OTHERWISE[error.status] : undefined;
    if (eviction !== undefined) return eviction;
    throw error;
  }
}

/**
 * Drains it.
 * @throws KubedirectError `DRAIN_INCOMPLETE`; KubernetesError if the Node is not there
 * @public
 */
export async function drain({
  client,
  node,
  timeoutMs,
  onProgress = () => {},
}: DrainOptions): Promise<Drained> {
  const start = performance.now();
  await client.patchNode(node, { spec: { unschedulable: true } }, FIELD_MANAGER);
  onProgress(`${node} is cordoned`);
  const query = { labelSelector: `${MANAGED_LABEL}=true`, fieldSelector: `spec.nodeName=${node}` };
  for (let evicted = 0; ; ) {
    const { items } = await client.list<PodObject>(
      pathOf({ resource: 'pods', namespace: client.scope }),
      query,
    );
    const left = items.filter(isThere);
    if (left.length === 0) return { node, evicted, milliseconds: Math.round(performance.now() - start) };
    if (performance.now() - start > timeoutMs)
      throw new KubedirectError(
        'DRAIN_INCOMPLETE',
        `${left.length} managed Pods are still on ${node} after ${timeoutMs} ms: expected none. It stays cordoned; PodDisruptionBudgets may not allow more evictions; run the command again to go on.`,
      );
    const all = await Promise.all(left.filter((pod) => !isEnding(pod)).map((pod) => evict(client, pod)));
    const count = (eviction: Eviction) => all.filter((one) => one === eviction).length;
    evicted += count('evicted');
    onProgress(`${left.length} managed Pods on ${node}, ${count('held by a budget')} held by a budget`);
    await pause(AGAIN_MS, NEVER);
  }
}
