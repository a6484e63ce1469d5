/**
 * Autoscalers of Pods and of Nodes, unmodified, on the real control plane (protocol 7, 8): the real HPA controller, KEDA's and Knative's way of
 * writing the replicas, `kubectl scale`, racing with the direct scale API; and a Pod without room, which stands unbound for all to see.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import type { KubernetesObject } from '../../impl/controller/kubernetes/types.ts';
import { drain } from '../../impl/deploy/drain.ts';
import type { PodHistory } from './support/podHistory.ts';
import { type PodMetrics, servePodMetrics } from './support/podMetrics.ts';
import { BUILD_MS, CASE_MS, type RealWaist, startRealWaist, support, until } from './support/realWaist.ts';

type Scale = KubernetesObject & { readonly spec: { readonly replicas: number } };

const RACES = 4;
const AT_ONCE = {
  stabilizationWindowSeconds: 0,
  policies: [{ type: 'Percent', value: 1_000, periodSeconds: 15 }],
};

describe.skipIf(!support.ok)('autoscalers on the real control plane', () => {
  let kd: RealWaist;
  let metrics: PodMetrics;

  beforeAll(async () => {
    kd = await startRealWaist({
      nodes: 2,
      extraArgs: {
        'kube-controller-manager': [
          '--horizontal-pod-autoscaler-sync-period=1s',
          '--horizontal-pod-autoscaler-cpu-initialization-period=0s',
          '--horizontal-pod-autoscaler-initial-readiness-delay=0s',
        ],
      },
    });
    metrics = await servePodMetrics(kd.client);
  }, BUILD_MS);
  afterAll(async () => {
    await metrics?.stop();
    await kd?.stop();
  }, CASE_MS);

  it(
    'the HPA of the real controller-manager scales out and in by CPU; nothing is set for it',
    async () => {
      const pods = await kd.create('hpa', { replicas: 2, requests: { cpu: '100m', memory: '10Mi' } });
      await pods.rests(2);
      await kd.client.request({
        method: 'POST',
        path: '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
        body: {
          ...{ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'hpa' } },
          spec: {
            scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'hpa' },
            ...{ minReplicas: 2, maxReplicas: 40, behavior: { scaleUp: AT_ONCE, scaleDown: AT_ONCE } },
            // Each Pod requests 100m. The loads are such that no rounding of theirs rests beside the count.
            metrics: [
              {
                type: 'Resource',
                resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
              },
            ],
          },
        },
      });
      for (const [load, replicas] of [
        [980, 20],
        [240, 5],
      ] as const) {
        const start = performance.now();
        metrics.load = new Map([['hpa', load]]);
        await pods.rests(replicas);
        await kd.statusRests('hpa', replicas);
        console.log(
          `HPA, a load of ${load}m: ${replicas} Pods after ${Math.round(performance.now() - start)} ms`,
        );
      }
      await kd.kubectl('delete', 'hpa', 'hpa');
      await kd.kubectl('delete', 'deployment', 'hpa');
      await pods.rests(0);
    },
    CASE_MS,
  );

  describe('ScaleNotLost: a direct request, and at the same moment', () => {
    const name = 'raced';
    const object = pathOf({ resource: 'deployments', namespace: 'default', name });
    const scale = pathOf({ resource: 'deployments', namespace: 'default', name, subresource: 'scale' });
    /** As they do it: their own requests, not ours. */
    const WRITERS: Readonly<Record<string, (replicas: number) => Promise<unknown>>> = {
      // scale client: get, then update with the resourceVersion that was read.
      'KEDA, by an update of /scale': async (replicas) => {
        for (;;) {
          const read = await kd.client.request<Scale>({ method: 'GET', path: scale });
          const body = { ...read, spec: { ...read.spec, replicas } };
          const written = await kd.client.request({ method: 'PUT', path: scale, body }).then(
            () => true,
            () => false,
          );
          if (written) return;
        }
      },
      // podscalable duck: a JSON patch of /spec/replicas.
      'Knative, by a JSON patch': (value) =>
        kd.client.request({
          ...{ method: 'PATCH', path: object, patchType: 'json' },
          body: [{ op: 'replace', path: '/spec/replicas', value }],
        }),
      'kubectl scale': (replicas) => kd.kubectl('scale', `deployment/${name}`, `--replicas=${replicas}`),
    };

    it.each(Object.keys(WRITERS))(
      '%s: who wrote last at the API Server is obeyed, or who asked us after it; nobody else',
      async (who) => {
        const pods = await kd.create(name);
        const write = WRITERS[who] as (replicas: number) => Promise<unknown>;
        let won = 0;
        for (let round = 0; round < RACES; round += 1) {
          const [direct, theirs] = [10 + round, 30 + round];
          const asked = kd.scale(name, direct);
          await sleep(round * 4);
          await write(theirs);
          await asked;
          const rests = await until(`round ${round} rests`, async () => {
            const { spec, status, metadata } = await kd.read(name);
            const isStill = status.observedGeneration === metadata.generation;
            const counts = [pods.ready, pods.present.length, status.readyReplicas ?? 0];
            return isStill && counts.every((count) => count === spec.replicas) && spec.replicas;
          });
          // And it stays so: a write-back that had not seen theirs would come now.
          await sleep(300);
          expect((await kd.read(name)).spec.replicas, who).toBe(rests);
          expect([direct, theirs], who).toContain(rests);
          won += rests === theirs ? 1 : 0;
          await write(5);
          await pods.rests(5);
        }
        console.log(`${who}: of ${RACES} races with the direct API theirs stood at the end of ${won}`);
        expect(won).toBeGreaterThan(0);
        await kd.kubectl('delete', 'deployment', name);
        await pods.rests(0);
      },
      CASE_MS,
    );
  });

  it(
    'no room: a Pod stands unbound and unschedulable, goes to the Node that comes, is adopted, and ended by a scale-in',
    async () => {
      const pods = await kd.create('large', { requests: { cpu: '20' } });
      const start = performance.now();
      await kd.scale('large', 3);
      const why = await until('the stock scheduler says why', async () => {
        const text = await kd.kubectl(
          ...['get', 'pods', '-l', 'app=large', '--field-selector', 'spec.nodeName=', '-o'],
          'jsonpath={.items[*].status.conditions[?(@.type=="PodScheduled")].reason}',
        );
        return text === 'Unschedulable' && text;
      });
      const shownMs = performance.now() - start;
      expect(why).toBe('Unschedulable');
      expect(pods.present.length).toBe(3);
      const described = await kd.kubectl('describe', 'deployment', 'large');
      expect(described).toMatch(/Warning +FailedScheduling +.* kubedirect-scheduler +1 Pods wait for a node/);
      expect(described).toMatch(/Normal +HandedOver +.* kubedirect-scheduler +1 Pods have found no node/);

      // Stock's own conditions are right: by them people and programs wait.
      const available = async () => {
        const of = '{.status.conditions[?(@.type=="Available")].status}';
        return kd.kubectl('get', 'deployment', 'large', '-o', `jsonpath=${of}`);
      };
      expect(await available()).toBe('False');

      const came = performance.now();
      await kd.cluster.addKwokNodes(['node-2']);
      await pods.rests(3);
      console.log(
        `without room: shown unschedulable after ${Math.round(shownMs)} ms; ready ${Math.round(performance.now() - came)} ms after a Node came`,
      );
      await kd.agent(['node-2']);
      await kd.statusRests('large', 3);
      expect(await available()).toBe('True');

      await kd.scale('large', 0);
      await pods.rests(0);
      await kd.statusRests('large', 0);
      expect(pods.all.length).toBe(3);
    },
    CASE_MS,
  );

  describe('kubectl drain and kubedirect drain', () => {
    let pods: PodHistory;
    const budget = (minAvailable: number) =>
      kd.kubectl(
        ...['patch', 'poddisruptionbudget', 'guarded', '--type=merge', '-p'],
        JSON.stringify({ spec: { minAvailable } }),
      );
    const on = (node: string) => pods.present.filter((pod) => pod.node === node).length;

    it.each([
      [
        'kubectl drain',
        'node-0',
        () => kd.kubectl('drain', 'node-0', '--ignore-daemonsets', '--timeout=120s'),
      ],
      [
        'kubedirect drain',
        'node-1',
        () => drain({ client: kd.client, node: 'node-1', timeoutMs: 120_000, onProgress: console.log }),
      ],
    ] as const)(
      '%s moves managed Pods within their PodDisruptionBudget',
      async (who, node, moves) => {
        if (pods === undefined) {
          pods = await kd.create('guarded', { replicas: 20 });
          await pods.rests(20);
          await kd.kubectl('create', 'pdb', 'guarded', '--selector=app=guarded', '--min-available=17');
        }
        pods.resetLowest();
        const start = performance.now();
        const drained = on(node);
        await moves();
        await pods.rests(20);
        console.log(
          `${who}: ${drained} of 20 Pods moved in ${Math.round(performance.now() - start)} ms, never fewer than ${pods.lowest} Ready (at least 17 asked for)`,
        );
        expect(drained).toBeGreaterThan(3);
        expect(pods.lowest).toBeGreaterThanOrEqual(17);
        expect(on(node)).toBe(0);
        await kd.kubectl('uncordon', node);
      },
      CASE_MS,
    );

    it(
      'what the budget does not allow stays, all of it Ready, and kubedirect drain says so',
      async () => {
        await budget(20);
        pods.resetLowest();
        const [before, lines] = [on('node-2'), [] as string[]];
        const drained = drain({
          ...{ client: kd.client, node: 'node-2', timeoutMs: 3_000 },
          onProgress: (line) => void lines.push(line),
        });
        await expect(drained).rejects.toMatchObject({ code: 'DRAIN_INCOMPLETE' });
        expect(lines.at(-1)).toBe(`${before} managed Pods on node-2, ${before} held by a budget`);
        expect(before).toBeGreaterThan(3);
        expect([on('node-2'), pods.lowest]).toEqual([before, 20]);
        await kd.kubectl('uncordon', 'node-2');
      },
      CASE_MS,
    );
  });

  it('every property that the recorded traces show held', async () => {
    const { broken } = await kd.judgeAtRest();
    expect(broken).toEqual([]);
  });
});
