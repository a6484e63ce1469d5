/**
 * Does the owner switch bite? Asked of the API server itself, in a scratch namespace, before anything is managed.
 *
 * 1. *By name*: creates with `dryRun=All`, as each side, by impersonation: exactly the side that the switch names is admitted, and an
 *    unmanaged Pod of the other side too. This shows that the policy is loaded, the parameter found, and the rule right.
 * 2. *In fact*: a managed Deployment of one Pod that fits no node. The stock ReplicaSet controller itself must be denied, by our policy,
 *    and say so in its ReplicaSet's condition. This shows that the controller-manager acts under the name that the policy knows, which no
 *    impersonation can: without `--use-service-account-credentials` it acts as `system:kube-controller-manager`, and is not fenced.
 */
import { randomBytes } from 'node:crypto';
import { KubedirectError } from '../../spec/errors.ts';
import type { Owner } from '../../spec/vocabulary.ts';
import { pause } from '../controller/kubernetes/backoff.ts';
import {
  createKubernetesClient,
  type KubernetesClient,
  type KubernetesClientOptions,
} from '../controller/kubernetes/client.ts';
import { denyingPolicy, KubernetesError } from '../controller/kubernetes/errors.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import type { KubernetesObject } from '../controller/kubernetes/types.ts';
import { MANAGED_LABEL } from '../controller/names.ts';
import { ACCOUNTS, STOCK_REPLICASET_CONTROLLER, serviceAccountUser } from './identities.ts';
import { INSTALLED_LABELS, POLICIES } from './policies.ts';

const NEVER = new AbortController().signal;
/** A selector that no Node answers: what is created for a probe never runs. */
const NOWHERE = { 'kubedirect.dev/probe': 'nowhere' };
const PROBE = 'kubedirect-probe';
const CONTAINERS = [{ name: 'probe', image: 'kubedirect.invalid/probe' }];

/** What a probe needs. @public */
export interface ProbeOptions {
  readonly connection: KubernetesClientOptions;
  readonly namespace: string;
  /** Longest wait for the policy to be in force, ms; default 30,000. */
  readonly timeoutMs?: number;
}

/** A namespace for probes. @public */
export interface Scratch {
  readonly name: string;
  /** Deletes it, with all in it; does not wait for the end. */
  remove(): Promise<void>;
}

/** Make a scratch namespace; where one alone is managed, it is that one, and only what a probe makes is removed. @public */
export async function createScratch(client: KubernetesClient): Promise<Scratch> {
  const { scope } = client;
  if (scope !== undefined) return { name: scope, remove: () => removeProbe(client, scope) };
  const name = `kubedirect-probe-${randomBytes(4).toString('hex')}`;
  await client.request({
    method: 'POST',
    path: pathOf({ resource: 'namespaces' }),
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: INSTALLED_LABELS } },
  });
  return {
    name,
    async remove() {
      await client.request({ method: 'DELETE', path: pathOf({ resource: 'namespaces', name }) });
    },
  };
}

async function removeProbe(client: KubernetesClient, namespace: string): Promise<void> {
  await client.request({
    method: 'DELETE',
    path: pathOf({ resource: 'deployments', namespace, name: PROBE }),
    body: { propagationPolicy: 'Background' },
  });
}

type Verdict = 'admitted' | 'denied';

function probePod(managed: boolean): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'probe-', labels: managed ? { [MANAGED_LABEL]: 'true' } : {} },
    spec: { containers: CONTAINERS, nodeSelector: NOWHERE, automountServiceAccountToken: false },
  };
}

/** What becomes of a Pod of this identity. Throws when something other than our policy is in the way. */
async function ask(
  client: KubernetesClient,
  scratch: string,
  managed: boolean,
  user: string,
): Promise<Verdict> {
  try {
    await client.createPod(scratch, probePod(managed), { dryRun: true });
    return 'admitted';
  } catch (error) {
    if (denyingPolicy(error) === POLICIES.owner) return 'denied';
    if (!(error instanceof KubernetesError) || error.status !== 403) throw error;
    // Also for a moment in a new namespace, and while new roles are on their way to the authorizer.
    throw new KubedirectError(
      'INSTALL_REFUSED',
      `The owner switch could not be probed as ${user}: expected the Pod to be admitted, or denied by policy ${POLICIES.owner}, got: ${error.message}. Probing needs the right to impersonate service accounts, and both identities the right to create Pods.`,
      { cause: error },
    );
  }
}

interface Expectation {
  readonly user: string;
  readonly managed: boolean;
  readonly client: KubernetesClient;
  readonly expected: Verdict;
}

async function check(one: Expectation, scratch: string): Promise<unknown> {
  try {
    const got = await ask(one.client, scratch, one.managed, one.user);
    if (got === one.expected) return undefined;
    return new KubedirectError(
      'POLICY_INEFFECTIVE',
      `The owner switch does not bite: a ${one.managed ? 'managed' : 'unmanaged'} Pod created by ${one.user}: expected it to be ${one.expected}, got ${got}. If another owner switch, or another policy with a ConfigMap as its parameter, was removed before, the API servers may hold a stale parameter: restart kube-apiserver.`,
    );
  } catch (error) {
    return error;
  }
}

/**
 * Wait until the switch, at `owner`, tells the two sides apart; five times in a row, since each request may reach another API server.
 * @returns ms from the call until the first of those five was answered
 * @throws KubedirectError `POLICY_INEFFECTIVE`, `INSTALL_REFUSED`
 * @public
 */
export async function probeOwner(options: ProbeOptions, scratch: Scratch, owner: Owner): Promise<number> {
  const { connection, namespace, timeoutMs = 30_000 } = options;
  const ours = serviceAccountUser(namespace, ACCOUNTS.publisher);
  const as = (user: string) =>
    createKubernetesClient({ ...connection, connections: 2, impersonate: { user } });
  const stockClient = as(STOCK_REPLICASET_CONTROLLER);
  const ourClient = as(ours);
  const verdict = (side: Owner): Verdict => (side === owner ? 'admitted' : 'denied');
  const expectations: readonly Expectation[] = [
    { user: STOCK_REPLICASET_CONTROLLER, managed: true, client: stockClient, expected: verdict('stock') },
    { user: ours, managed: true, client: ourClient, expected: verdict('direct') },
    { user: STOCK_REPLICASET_CONTROLLER, managed: false, client: stockClient, expected: 'admitted' },
  ];
  const start = performance.now();
  let since = start;
  try {
    for (let inRow = 0; inRow < 5; ) {
      const problems = await Promise.all(expectations.map((one) => check(one, scratch.name)));
      const problem = problems.find((one) => one !== undefined);
      if (inRow === 0) since = performance.now();
      inRow = problem === undefined ? inRow + 1 : 0;
      if (problem === undefined) continue;
      if (performance.now() - start > timeoutMs) throw problem;
      await pause(50, NEVER);
    }
  } finally {
    await Promise.all([stockClient.close(), ourClient.close()]);
  }
  return since - start;
}

interface ReplicaSet extends KubernetesObject {
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
  };
}

function probeDeployment(namespace: string): object {
  const labels = { app: PROBE, [MANAGED_LABEL]: 'true' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: PROBE, namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: PROBE } },
      template: { metadata: { labels }, spec: { containers: CONTAINERS, nodeSelector: NOWHERE } },
    },
  };
}

/**
 * With the switch at `direct`: wait until the stock ReplicaSet controller itself has been denied.
 * @throws KubedirectError `POLICY_INEFFECTIVE` if it created the Pod, or did nothing
 * @public
 */
export async function probeController(
  client: KubernetesClient,
  scratch: Scratch,
  timeoutMs = 30_000,
): Promise<void> {
  const namespace = scratch.name;
  await client.request({
    method: 'POST',
    path: pathOf({ resource: 'deployments', namespace }),
    body: probeDeployment(namespace),
  });
  const end = performance.now() + timeoutMs;
  const ours = { labelSelector: `app=${PROBE}` };
  for (;;) {
    const pods = await client.list(pathOf({ resource: 'pods', namespace }), ours);
    if (pods.items.length > 0) {
      throw new KubedirectError(
        'POLICY_INEFFECTIVE',
        `The owner switch does not bind the stock ReplicaSet controller: expected its create to be denied as ${STOCK_REPLICASET_CONTROLLER}, but it made Pod ${namespace}/${pods.items[0]?.metadata.name}. Run kube-controller-manager with --use-service-account-credentials=true.`,
      );
    }
    const sets = await client.list<ReplicaSet>(pathOf({ resource: 'replicasets', namespace }), ours);
    const denied = sets.items.some((set) =>
      set.status?.conditions?.some(
        (one) => one.type === 'ReplicaFailure' && one.message?.includes(`'${POLICIES.owner}'`),
      ),
    );
    if (denied) return;
    if (performance.now() > end) {
      throw new KubedirectError(
        'POLICY_INEFFECTIVE',
        `It is not known whether the owner switch binds the stock ReplicaSet controller: expected it to try to create a Pod of Deployment ${namespace}/${PROBE}, and to be denied, within ${timeoutMs} ms; got ${sets.items.length} ReplicaSets and no attempt. Is kube-controller-manager running, with --use-service-account-credentials=true?`,
      );
    }
    await pause(100, NEVER);
  }
}
