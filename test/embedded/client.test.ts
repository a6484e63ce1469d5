/** The official client library on the embedded server. */
import {
  ApiException,
  AppsV1Api,
  CoordinationV1Api,
  CoreV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1Pod,
  Watch,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Embedded, startEmbedded } from '../../impl/embedded/index.ts';

let cluster: Embedded;
let config: KubeConfig;
beforeAll(async () => {
  cluster = await startEmbedded({ nodes: 3 });
  config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
});
afterAll(() => cluster.stop());

const namespace = 'default';
const body = (name: string, replicas: number) => ({
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  },
});

async function until(good: () => Promise<boolean> | boolean): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await good()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it did not come about');
}

describe('@kubernetes/client-node', () => {
  it('creates, scales, patches, lists and deletes', async () => {
    const apps = config.makeApiClient(AppsV1Api);
    const core = config.makeApiClient(CoreV1Api);
    await apps.createNamespacedDeployment({ namespace, body: body('web', 2) });
    // At rest: until then the stock controllers write too, and an update by version would meet theirs.
    await until(
      async () =>
        (await apps.readNamespacedDeployment({ name: 'web', namespace })).status?.availableReplicas === 2,
    );
    const scale = await apps.readNamespacedDeploymentScale({ name: 'web', namespace });
    if (scale.spec !== undefined) scale.spec.replicas = 4;
    await apps.replaceNamespacedDeploymentScale({ name: 'web', namespace, body: scale });
    await until(
      async () =>
        (await apps.readNamespacedDeployment({ name: 'web', namespace })).status?.availableReplicas === 4,
    );
    const patch = { metadata: { annotations: { note: 'x' } } };
    const patched = await apps.patchNamespacedDeployment(
      { name: 'web', namespace, body: patch },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    expect(patched.metadata?.annotations?.note).toBe('x');
    const pods = await core.listNamespacedPod({
      namespace,
      labelSelector: 'app=web',
      fieldSelector: 'status.phase=Running',
    });
    expect(pods.items).toHaveLength(4);
    await apps.deleteNamespacedDeployment({ name: 'web', namespace });
    await until(async () => (await core.listNamespacedPod({ namespace })).items.length === 0);
  });

  it('throws the Status of a refusal', async () => {
    const apps = config.makeApiClient(AppsV1Api);
    const refused = await apps
      .readNamespacedDeployment({ name: 'nope', namespace })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiException);
    expect((refused as ApiException<string>).code).toBe(404);
  });

  it('keeps an informer in step', async () => {
    const core = config.makeApiClient(CoreV1Api);
    const informer = makeInformer<V1Pod>(config, `/api/v1/namespaces/${namespace}/pods`, () =>
      core.listNamespacedPod({ namespace }),
    );
    const names = new Set<string>();
    informer.on('add', (pod) => names.add(pod.metadata?.name ?? ''));
    informer.on('delete', (pod) => names.delete(pod.metadata?.name ?? ''));
    await informer.start();
    const apps = config.makeApiClient(AppsV1Api);
    await apps.createNamespacedDeployment({ namespace, body: body('seen', 5) });
    await until(() => names.size === 5);
    await apps.deleteNamespacedDeployment({ name: 'seen', namespace });
    await until(() => names.size === 0);
    await informer.stop();
  });

  it('holds a Lease by compare-and-swap', async () => {
    const leases = config.makeApiClient(CoordinationV1Api);
    const lease = await leases.createNamespacedLease({
      namespace,
      body: { metadata: { name: 'l' }, spec: { holderIdentity: 'a' } },
    });
    const next = { ...lease, spec: { holderIdentity: 'b' } };
    await leases.replaceNamespacedLease({ name: 'l', namespace, body: next });
    const late = await leases
      .replaceNamespacedLease({ name: 'l', namespace, body: next })
      .catch((error: ApiException<string>) => error.code);
    expect(late).toBe(409);
  });

  it('speaks for another identity by the kubeconfig made for it', async () => {
    const other = new KubeConfig();
    other.loadFromFile(cluster.kubeconfigFor('system:serviceaccount:default:agent'));
    await other
      .makeApiClient(CoreV1Api)
      .createNamespacedConfigMap({ namespace, body: { metadata: { name: 'mine' } } });
    const row = cluster.requests().find((one) => one.verb === 'create' && one.resource === 'configmaps');
    expect(row?.user).toBe('system:serviceaccount:default:agent');
  });

  it('watches with bookmarks of its own asking', async () => {
    const seen: string[] = [];
    const controller = await new Watch(config).watch(
      '/api/v1/nodes',
      { allowWatchBookmarks: true, sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' },
      (type) => void seen.push(type),
      () => undefined,
    );
    await until(() => seen.includes('BOOKMARK'));
    controller.abort();
    expect(seen).toEqual(['ADDED', 'ADDED', 'ADDED', 'BOOKMARK']);
  });
});
