/** `kubedirect drain`: managed Pods leave their Node within what a PodDisruptionBudget allows; others stay. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PodObject } from '../../impl/controller/host/objects.ts';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import type { KubernetesObject } from '../../impl/controller/kubernetes/types.ts';
import { MANAGED_LABEL } from '../../impl/controller/names.ts';
import { drain } from '../../impl/deploy/drain.ts';
import { type Embedded, startEmbedded } from '../../impl/embedded/index.ts';

let embedded: Embedded;
let client: KubernetesClient;
const NODE = 'node-0';

beforeAll(async () => {
  embedded = await startEmbedded({ nodes: 2 });
  client = createKubernetesClient({ kubeconfig: embedded.kubeconfig });
  const pod = (name: string, node: string, labels: object) =>
    client.createPod('default', {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels } },
      spec: {
        nodeName: node,
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'main', image: 'none' }],
      },
    });
  const managed = { [MANAGED_LABEL]: 'true' };
  await Promise.all([
    pod('a', NODE, managed),
    pod('b', NODE, managed),
    pod('elsewhere', 'node-1', managed),
    pod('other', NODE, {}),
  ]);
});
afterAll(async () => {
  await client?.close();
  await embedded?.stop();
});

it('cordons the Node, evicts what is managed there, and nothing else', async () => {
  const done = await drain({ client, node: NODE, timeoutMs: 20_000 });
  expect(done).toMatchObject({ node: NODE, evicted: 2 });
  const { items } = await client.list<PodObject>(pathOf({ resource: 'pods', namespace: 'default' }));
  expect(items.map(({ metadata }) => metadata.name).sort()).toEqual(['elsewhere', 'other']);
  type Cordoned = KubernetesObject & { readonly spec?: { readonly unschedulable?: boolean } };
  const node = await client.get<Cordoned>(pathOf({ resource: 'nodes', name: NODE }));
  expect(node?.spec?.unschedulable).toBe(true);
});

it('of a Node that is not there is the answer of the API Server', async () => {
  await expect(drain({ client, node: 'none', timeoutMs: 1_000 })).rejects.toMatchObject({ status: 404 });
});
