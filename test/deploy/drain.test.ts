/** `kubedirect drain`: managed Pods leave their Node; others stay. Within a real PodDisruptionBudget: `test/cluster/autoscalers.test.ts`. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PodObject } from '../../impl/controller/host/objects.ts';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { KubernetesError } from '../../impl/controller/kubernetes/errors.ts';
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

it('of a Node that is not there is refused by name', async () => {
  await expect(drain({ client, node: 'none', timeoutMs: 1_000 })).rejects.toMatchObject({
    ...{ code: 'DRAIN_REFUSED', message: expect.stringContaining('expected a Node of this name') },
  });
});

/** An API Server that answers each eviction by the next of these; a Pod is gone once it was taken, or 404. */
function answering(answers: Readonly<Record<string, readonly number[]>>) {
  const left = new Map(Object.entries(answers).map(([name, statuses]) => [name, [...statuses]]));
  const pod = (name: string) => ({ metadata: { name, namespace: 'default', uid: name } });
  return {
    scope: undefined,
    patchNode: async () => ({}) as never,
    list: async () => ({ items: [...left.keys()].map(pod) }) as never,
    request: async ({ path }: { readonly path: string }) => {
      const name = path.split('/').at(-2) as string;
      const statuses = left.get(name) as number[];
      const status = statuses.length > 1 ? (statuses.shift() as number) : (statuses[0] as number);
      if (status === 201 || status === 404) left.delete(name);
      if (status === 201) return undefined as never;
      throw new KubernetesError({ status, reason: '', message: 'no', ambiguous: false });
    },
  };
}

it('counts what it has evicted: not what was gone, nor what a budget held the first time', async () => {
  const lines: string[] = [];
  const onProgress = (line: string) => void lines.push(line);
  const api = answering({ a: [201], gone: [404], another: [409, 404], held: [429, 429, 201] });
  expect(await drain({ client: api, node: NODE, timeoutMs: 20_000, onProgress })).toMatchObject({
    evicted: 2,
  });
  expect(lines.slice(1)).toEqual([
    `4 managed Pods on ${NODE}, 1 held by a budget`,
    `2 managed Pods on ${NODE}, 1 held by a budget`,
    `1 managed Pods on ${NODE}, 0 held by a budget`,
  ]);
});

it('says after its time what is still there', async () => {
  const api = answering({ a: [201], held: [429] });
  await expect(drain({ client: api, node: NODE, timeoutMs: 600 })).rejects.toMatchObject({
    code: 'DRAIN_INCOMPLETE',
    message: expect.stringContaining('1 managed Pods are still on node-0'),
  });
});

it('asks again where the API Server is in trouble, or silent: to evict, to list, to cordon', async () => {
  const api = answering({ a: [500, 0, 503, 201], b: [201] });
  const failing = <T>(answer: () => Promise<T>, statuses: number[]) => {
    const status = statuses.shift();
    if (status === undefined) return answer();
    return Promise.reject(
      new KubernetesError({ status, reason: '', message: 'in trouble', ambiguous: false }),
    );
  };
  const [cordon, list] = [
    [500, 0],
    [504, 429],
  ];
  const troubled: typeof api = {
    ...api,
    patchNode: () => failing(api.patchNode, cordon),
    list: () => failing(api.list, list),
  };
  expect(await drain({ client: troubled, node: NODE, timeoutMs: 60_000 })).toMatchObject({ evicted: 2 });
  expect([cordon, list]).toEqual([[], []]);
});

it('says after its time what the API Server said last', async () => {
  await expect(drain({ client: answering({ a: [500] }), node: NODE, timeoutMs: 600 })).rejects.toMatchObject({
    code: 'DRAIN_INCOMPLETE',
    message: expect.stringContaining('said last: no'),
  });
});

it('is refused by name where it is forbidden; any other answer is itself', async () => {
  const of = (status: number) => drain({ client: answering({ a: [status] }), node: NODE, timeoutMs: 600 });
  await expect(of(403)).rejects.toMatchObject({ code: 'DRAIN_REFUSED', cause: { status: 403 } });
  await expect(of(422)).rejects.toMatchObject({ status: 422 });
});
