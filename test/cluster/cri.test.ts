/**
 * Real containers first, the API Server after: an agent that runs the containers of its Node itself, by containerd's CRI, beside no kubelet.
 */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import { DRAINED_ANNOTATION, MARK_ANNOTATION } from '../../impl/controller/names.ts';
import { criArguments } from '../../impl/controller/process/spawn.ts';
import { binariesSupported } from '../../impl/controlplane/index.ts';
import {
  ECHO_IMAGE,
  type RealContainerd,
  type RealNode,
  realNodeSupported,
  startRealContainerd,
  startRealNode,
} from '../../impl/controlplane/realnode.ts';
import { CriClient } from '../../impl/cri/client.ts';
import { LABELS } from '../../impl/cri/config.ts';
import { NODE_TAINT } from '../../impl/cri/node.ts';
import { createdAt } from './support/audit.ts';
import { executed, forwarded, logs, strangers } from './support/kubeletApi.ts';
import type { PodHistory } from './support/podHistory.ts';
import { BUILD_MS, CASE_MS, NEEDED, type RealWaist, startRealWaist, until } from './support/realWaist.ts';
import { bounds, expectedOf, found, SETTINGS_OBJECTS, settings } from './support/settings.ts';

const COUNT = 50;
const REST = 5;
const NODE = 'cri-0';
const STOCK_NODE = 'real-0';

const nodeSupport = await realNodeSupported();
const support = nodeSupport.ok ? await binariesSupported([...NEEDED, 'kubelet', 'echo']) : nodeSupport;
if (!support.ok) console.warn(`SKIPPED, containers run by the agent itself: ${support.reason}`);

interface SeenPod {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly podIP: string;
    readonly containerStatuses: readonly { readonly restartCount: number }[];
  };
}

describe.skipIf(!support.ok)('an agent that runs the containers itself', () => {
  let kd: RealWaist;
  let containerd: RealContainerd;
  let nodeKubeconfig: string;
  let pods: PodHistory;
  let runtime: CriClient;
  /** A stock kubelet with a containerd of its own, on the same machine all along. */
  let stock: RealNode;
  let stockPods: PodHistory;
  let theirs: readonly string[];

  beforeAll(async () => {
    kd = await startRealWaist({
      agentNodes: [NODE],
      runtime: 'cri',
      auditLog: true,
      async prepare(cluster) {
        containerd = await startRealContainerd(cluster, NODE);
        stock = await startRealNode(cluster, STOCK_NODE);
        nodeKubeconfig = await cluster.userKubeconfig(`system:node:${NODE}`, ['system:nodes']);
      },
      agentMore: () => criArguments(containerd, nodeKubeconfig),
    });
    runtime = new CriClient(containerd.containerdSocket);
    const service = {
      ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'echo' } },
      spec: { selector: { app: 'echo' }, ports: [{ port: 80, targetPort: 8080 }] },
    };
    await kd.cluster.kubectl(['apply', '-f', '-'], JSON.stringify(service));
    stockPods = await kd.create('stock', {
      ...{ managed: false, replicas: 3 },
      pod: { enableServiceLinks: false, terminationGracePeriodSeconds: 1 },
      container: { image: ECHO_IMAGE, imagePullPolicy: 'Never' },
    });
    const { key, value, effect } = NODE_TAINT;
    pods = await kd.create('echo', {
      requests: { cpu: '10m', memory: '4Mi' },
      pod: {
        terminationGracePeriodSeconds: 5,
        enableServiceLinks: false,
        tolerations: [{ key, value, effect }],
      },
      container: {
        image: ECHO_IMAGE,
        imagePullPolicy: 'Never',
        env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        readinessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 1 },
      },
    });
  }, BUILD_MS);
  afterAll(async () => {
    runtime?.close();
    await kd?.stopStages();
    await stock?.stop();
    await containerd?.stop();
    await kd?.stop();
  }, CASE_MS);

  /** The containers of the Pods, and when each was started, Unix ms. */
  const started = async () => {
    const containers = await runtime.containers({ [LABELS.node]: NODE });
    return Promise.all(
      containers.map(async ({ id, labels, metadata, state }) => {
        const status = await runtime.containerStatus(id);
        const at = (status?.started_at ?? 0) / 1e6;
        return {
          id,
          pod: labels['io.kubernetes.pod.name'] ?? '',
          at,
          state,
          attempt: metadata?.attempt ?? 0,
        };
      }),
    );
  };
  type Started = Awaited<ReturnType<typeof started>>[number];
  const seen = async () => {
    const text = await kd.kubectl('get', 'pods', '-l', 'app=echo', '-o', 'json');
    return (JSON.parse(text) as { items: readonly SeenPod[] }).items;
  };
  const names = async () => (await seen()).map(({ metadata }) => metadata.name).sort();
  const answers = async () =>
    Promise.all(
      (await seen()).map(async ({ status }) =>
        (await (await fetch(`http://${status.podIP}:8080/`)).text()).trim(),
      ),
    );

  it(
    `scales out to ${COUNT}: each Pod answers under its name, and the Service leads to it`,
    async () => {
      const start = performance.now();
      await stockPods.rests(3);
      theirs = (await stock.containers()).sort();
      await kd.scale('echo', COUNT);
      await pods.rests(COUNT, 150_000);
      console.log(
        `${COUNT} real containers Ready after ${((performance.now() - start) / 1000).toFixed(2)} s`,
      );
      await kd.statusRests('echo', COUNT);
      expect(await containerd.containers()).toHaveLength(2 * COUNT);
      expect((await answers()).sort()).toEqual(await names());
      await until('the Service has an endpoint for each', async () => {
        const text = await kd.kubectl(
          'get',
          'endpointslices',
          '-l',
          'kubernetes.io/service-name=echo',
          '-o',
          'json',
        );
        const { items } = JSON.parse(text) as {
          items: { endpoints?: { conditions: { ready: boolean } }[] }[];
        };
        return (
          items.flatMap(({ endpoints = [] }) => endpoints).filter(({ conditions }) => conditions.ready)
            .length === COUNT
        );
      });
    },
    CASE_MS,
  );

  it(
    'started each container before its Pod was created at the API Server',
    async () => {
      const created = createdAt(kd.cluster.dataDir);
      const all = await started();
      expect(all).toHaveLength(COUNT);
      const ahead = all.map(({ pod, at }) => (created.get(pod) ?? Number.NaN) - at);
      console.log(`started before it was created by ${Math.min(...ahead).toFixed(1)} ms and more`);
      expect(ahead.filter((ms) => !(ms > 0))).toEqual([]);
    },
    CASE_MS,
  );

  it(
    'kubectl logs, exec and port-forward reach them, and strangers do not',
    async () => {
      const [pod = ''] = await names();
      expect(await logs(kd, pod)).toEqual({
        all: `serving ${pod} on port 8080\n`,
        last: '',
        stamped: expect.stringMatching(/^\d{4}-\d\d-\d\dT\S+ serving /),
        cut: 'servi',
      });
      expect(await executed(kd, pod)).toEqual({ said: 'a b\n', back: 'through and back', code: 3 });
      expect(await forwarded(kd, pod)).toBe(`${pod}\n`);
      expect(await strangers(kd, NODE, pod)).toEqual([401, 403]);
    },
    CASE_MS,
  );

  it(
    'the agent killed: its containers run on, and its next life goes on with them',
    async () => {
      await kd.scale('echo', REST);
      await pods.rests(REST, 150_000);
      await until('as many containers', async () => (await containerd.containers()).length === 2 * REST);
      const before = (await containerd.containers()).sort();
      await kd.waist.stages.kubelet.kill();
      await kd.scale('echo', REST + 2);
      expect((await containerd.containers()).sort()).toEqual(before);
      expect((await answers()).sort()).toEqual(await names());
      await kd.waist.stages.kubelet.start();
      await pods.rests(REST + 2, 150_000);
      const now = new Set(await containerd.containers());
      expect(before.filter((id) => !now.has(id))).toEqual([]);
      expect((await started()).filter(({ attempt }) => attempt > 0)).toEqual([]);
    },
    CASE_MS,
  );

  it(
    'containerd killed: the containers run on, and one that ends meanwhile is started again once it is back',
    async () => {
      const all = await started();
      const victim = all[0]?.id ?? '';
      const pid = Number(
        (await containerd.ctr(['-n', 'k8s.io', 'tasks', 'list']))
          .split('\n')
          .find((line) => line.startsWith(victim))
          ?.split(/\s+/)[1],
      );
      await containerd.kill();
      process.kill(pid, 'SIGKILL');
      await containerd.restart();
      // Its CRI part answers a little later than itself.
      const isBack = ({ attempt, state }: Started) => attempt === 1 && state === 'CONTAINER_RUNNING';
      await until('it was started again', async () => (await started().catch(() => [])).some(isBack));
      await pods.rests(REST + 2, 150_000);
      const now = new Set((await started()).map(({ id }) => id));
      expect(all.filter(({ id }) => !now.has(id)).map(({ id }) => id)).toEqual([victim]);
    },
    CASE_MS,
  );

  it(
    'a container killed is started again, and its Pod says so; a Pod deleted is replaced',
    async () => {
      const [victim] = (await started()).filter(({ attempt }) => attempt === 0);
      const restarts = async () =>
        (await seen()).find(({ metadata }) => metadata.name === victim?.pod)?.status.containerStatuses[0]
          ?.restartCount;
      await containerd.ctr(['-n', 'k8s.io', 'tasks', 'kill', '-s', 'SIGKILL', victim?.id ?? '']);
      await until('its Pod tells of the restart', async () => (await restarts()) === 1);
      await pods.rests(REST + 2, 150_000);
      expect(await kd.kubectl('logs', '--previous', victim?.pod ?? '')).toMatch(/^serving .*\n$/);
      await kd.kubectl('delete', 'pod', victim?.pod ?? '', '--wait=false');
      await until('it is gone', async () => !(await names()).includes(victim?.pod ?? ''));
      await pods.rests(REST + 2, 150_000);
      expect((await answers()).sort()).toEqual(await names());
    },
    CASE_MS,
  );

  it(
    'ConfigMaps, Secrets, tokens, bounds and rights are as the template says; such a Pod is published first',
    async () => {
      await kd.cluster.kubectl(['apply', '-f', '-'], JSON.stringify(SETTINGS_OBJECTS));
      const made = await kd.create('settings', settings);
      await kd.scale('settings', 1);
      await made.rests(1);
      const [own] = (await started()).filter(({ pod }) => pod.startsWith('settings-'));
      const { pod = '', id = '', at = 0 } = own ?? {};
      expect(createdAt(kd.cluster.dataDir).get(pod)).toBeLessThan(at);
      expect(await found(kd, pod)).toEqual(expectedOf(pod));
      expect(await bounds(containerd, id)).toEqual({ memory: String(64 * 2 ** 20), cpu: '25000' });
      await kd.scale('settings', 0);
      await made.rests(0);
    },
    CASE_MS,
  );

  it(
    'the Node cancelled while nobody serves it: on return it drains, and is given Pods again',
    async () => {
      const before = (await containerd.containers()).sort();
      await kd.waist.stages.kubelet.kill();
      // Stock's node controller says so after 40 s.
      const status = { conditions: [{ type: 'Ready', status: 'False', reason: 'Gone' }] };
      const patch = JSON.stringify({ status });
      await kd.kubectl('patch', 'node', NODE, '--subresource=status', '-p', patch);
      const annotation = async (name: string) =>
        (await kd.client.get(pathOf({ resource: 'nodes', name: NODE })))?.metadata.annotations?.[name];
      const mark = await until('it is marked', () => annotation(MARK_ANNOTATION));
      expect((await containerd.containers()).sort()).toEqual(before);
      await kd.waist.stages.kubelet.start();
      await until('the drain is told', async () => (await annotation(DRAINED_ANNOTATION)) === mark);
      await pods.rests(REST + 2, 150_000);
      const now = new Set(await containerd.containers());
      expect(before.filter((id) => now.has(id))).toEqual([]);
      expect((await answers()).sort()).toEqual(await names());
    },
    CASE_MS,
  );

  it(
    'a stock kubelet beside us was disturbed by none of it, nor are we by its death, its return and its end',
    async () => {
      expect(theirs).toHaveLength(6);
      expect((await stock.containers()).sort()).toEqual(theirs);
      expect(stockPods.all.filter(({ gone, ready }) => gone || !ready)).toEqual([]);
      const ours = (await containerd.containers()).sort();
      expect(ours).toHaveLength(2 * (REST + 2));
      await stock.kill();
      expect((await answers()).sort()).toEqual(await names());
      await stock.restart();
      // It has looked at all that runs by now: it makes its Node Ready, and goes on with Pods that it is given.
      await kd.kubectl('scale', 'deployment', 'stock', '--replicas=4');
      await stockPods.rests(4);
      const there = new Set(await stock.containers());
      expect(theirs.filter((id) => !there.has(id))).toEqual([]);
      expect((await containerd.containers()).sort()).toEqual(ours);
      await stock.stop();
      expect((await containerd.containers()).sort()).toEqual(ours);
      expect((await answers()).sort()).toEqual(await names());
      await kd.kubectl('delete', 'deployment', 'stock', '--wait=false');
    },
    CASE_MS,
  );

  it(
    'a template that asks for what this runtime does not heed is not started',
    async () => {
      const refused = await kd.create('refused', {
        pod: {
          enableServiceLinks: false,
          tolerations: [{ ...NODE_TAINT, operator: 'Equal' }],
          hostPID: true,
        },
        container: { image: ECHO_IMAGE, imagePullPolicy: 'Never' },
      });
      await kd.scale('refused', 1);
      await until('the agent says so', async () =>
        /does not heed.*spec\.hostPID|spec\.hostPID.*does not heed/.test(
          fs.readFileSync(path.join(kd.folder, 'kubelet.log'), 'utf8'),
        ),
      );
      expect(refused.present).toEqual([]);
      await kd.scale('refused', 0);
    },
    CASE_MS,
  );

  it(
    'scales in to none: nothing is left of it',
    async () => {
      await kd.scale('echo', 0);
      await pods.rests(0, 150_000);
      await until('no container runs', async () => (await containerd.containers()).length === 0);
      expect(await runtime.sandboxes({ [LABELS.node]: NODE })).toEqual([]);
      const { broken, tested } = await kd.judgeAtRest();
      expect(broken).toEqual([]);
      expect(tested.TailPublishes ?? 0).toBeGreaterThan(0);
    },
    CASE_MS,
  );
});
