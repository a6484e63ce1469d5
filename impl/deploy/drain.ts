/**
 * Takes the managed Pods off a Node, as `kubectl drain` does with all: cordons it, evicts each, which heeds PodDisruptionBudgets, and waits until they
 * are gone. The Node's agent may end then; Pods that are not managed stay. What the API Server can not do at the moment is asked again until the time is over.
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
type Eviction = 'evicted' | 'held by a budget' | 'gone by itself' | 'not answered';
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

function incomplete(what: string, timeoutMs: number, last: string): KubedirectError {
  return new KubedirectError(
    'DRAIN_INCOMPLETE',
    `${what} after ${timeoutMs} ms: expected none. It stays cordoned; ${last === '' ? 'PodDisruptionBudgets may not allow more evictions' : `the API Server said last: ${last}`}; run the command again to go on.`,
  );
}

/** Whether asking again may help: no answer, or that of a server that is in trouble (500: also a Pod with two budgets, until one is gone). */
const mayPass = (error: unknown): error is KubernetesError =>
  error instanceof KubernetesError && (error.status === 0 || error.status === 429 || error.status >= 500);

/** What asking again does not mend. */
function refusedFor(node: string, error: unknown): unknown {
  if (!(error instanceof KubernetesError) || (error.status !== 403 && error.status !== 404)) return error;
  return new KubedirectError(
    'DRAIN_REFUSED',
    `${node} is not drained: ${error.status === 404 ? 'expected a Node of this name' : 'expected the right to do it'}, got ${error.message}. What was evicted is replaced elsewhere; a Node that was cordoned stays so.`,
    { cause: error },
  );
}

/**
 * Drains it.
 * @throws KubedirectError `DRAIN_INCOMPLETE`, `DRAIN_REFUSED`; KubernetesError
 * @public
 */
export async function drain({
  client,
  node,
  timeoutMs,
  onProgress = () => {},
}: DrainOptions): Promise<Drained> {
  const start = performance.now();
  const isOver = () => performance.now() - start > timeoutMs;
  let last = '';
  /** Until there is an answer, or the time is over. */
  const asking = async <T>(what: string, ask: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!mayPass(error)) throw refusedFor(node, error);
        last = error.message;
        if (isOver()) throw incomplete(`it is not known what is on ${node}`, timeoutMs, last);
        onProgress(`${what}: ${last}; asking again`);
        await pause(AGAIN_MS, NEVER);
      }
    }
  };
  await asking('to cordon it', () =>
    client.patchNode(node, { spec: { unschedulable: true } }, FIELD_MANAGER),
  );
  onProgress(`${node} is cordoned`);
  const query = { labelSelector: `${MANAGED_LABEL}=true`, fieldSelector: `spec.nodeName=${node}` };
  for (let evicted = 0; ; ) {
    const { items } = await asking('to list its Pods', () =>
      client.list<PodObject>(pathOf({ resource: 'pods', namespace: client.scope }), query),
    );
    const left = items.filter(isThere);
    if (left.length === 0) return { node, evicted, milliseconds: Math.round(performance.now() - start) };
    if (isOver()) throw incomplete(`${left.length} managed Pods are still on ${node}`, timeoutMs, last);
    last = '';
    const all = await Promise.all(
      left
        .filter((pod) => !isEnding(pod))
        .map((pod) =>
          evict(client, pod).catch((error: unknown): Eviction => {
            if (!mayPass(error)) throw refusedFor(node, error);
            last = error.message;
            return 'not answered';
          }),
        ),
    );
    const count = (eviction: Eviction) => all.filter((one) => one === eviction).length;
    evicted += count('evicted');
    const unanswered = count('not answered');
    onProgress(
      `${left.length} managed Pods on ${node}, ${count('held by a budget')} held by a budget${unanswered > 0 ? `, ${unanswered} not answered: ${last}` : ''}`,
    );
    await pause(AGAIN_MS, NEVER);
  }
}
