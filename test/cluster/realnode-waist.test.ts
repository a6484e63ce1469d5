/**
 * The narrow waist down to real containers: runtime `publish` on a node with the stock kubelet, containerd, runc and CNI.
 * The Pods of a managed Deployment are reached as a Service's clients reach them: by the addresses of its EndpointSlices.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { binariesSupported, resolveBinaries } from '../../impl/controlplane/index.ts';
import {
  ECHO_IMAGE,
  type RealNode,
  realNodeSupported,
  startRealNode,
} from '../../impl/controlplane/realnode.ts';
import type { PodHistory } from './support/podHistory.ts';
import { BUILD_MS, CASE_MS, type RealWaist, startRealWaist, until } from './support/realWaist.ts';

const COUNT = 20;
const REST = 5;

const nodeSupport = await realNodeSupported();
const support = nodeSupport.ok
  ? await binariesSupported([
      'etcd',
      'kube-apiserver',
      'kube-controller-manager',
      'kube-scheduler',
      'kwok',
      'kubectl',
      'kubelet',
      'echo',
    ])
  : nodeSupport;
if (!support.ok) console.warn(`SKIPPED, the narrow waist down to real containers: ${support.reason}`);

interface EndpointSlices {
  readonly items: readonly {
    readonly endpoints?: readonly {
      readonly addresses: readonly string[];
      readonly conditions?: { readonly ready?: boolean };
    }[];
  }[];
}

describe.skipIf(!support.ok)('a managed Deployment of real containers', () => {
  let kd: RealWaist;
  let node: RealNode;
  let pods: PodHistory;

  /** Addresses that a client of the Service would be sent to. */
  const endpoints = async (): Promise<string[]> => {
    const text = await kd.kubectl(
      ...['get', 'endpointslices', '-l', 'kubernetes.io/service-name=echo', '-o', 'json'],
    );
    return (JSON.parse(text) as EndpointSlices).items.flatMap(({ endpoints: all }) =>
      (all ?? [])
        .filter(({ conditions }) => conditions?.ready !== false)
        .flatMap(({ addresses }) => addresses),
    );
  };
  const endpointsAre = (count: number) =>
    until(`the Service has ${count} endpoints`, async () => {
      const addresses = await endpoints();
      return addresses.length === count && addresses;
    });
  /** The name that each address answers with: the Pod's. */
  const answers = (addresses: readonly string[]) =>
    Promise.all(
      addresses.map(async (address) => {
        const answer = await fetch(`http://${address}:8080/`, { signal: AbortSignal.timeout(10_000) });
        return (await answer.text()).trim();
      }),
    );
  const names = () => pods.present.map(({ name }) => name).sort();

  beforeAll(async () => {
    await resolveBinaries(['kubelet', 'echo'], { onProgress: console.log });
    kd = await startRealWaist({
      agentNodes: ['real-0'],
      async prepare(cluster) {
        node = await startRealNode(cluster, 'real-0');
      },
    });
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'echo' },
      spec: { selector: { app: 'echo' }, ports: [{ port: 80, targetPort: 8080 }] },
    };
    const { code, stderr } = await kd.cluster.kubectl(['apply', '-f', '-'], JSON.stringify(service));
    expect([code, stderr]).toEqual([0, '']);
    pods = await kd.create('echo', {
      requests: { cpu: '10m', memory: '4Mi' },
      pod: { terminationGracePeriodSeconds: 5 },
      container: {
        image: ECHO_IMAGE,
        imagePullPolicy: 'Never',
        readinessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 1 },
      },
    });
  }, BUILD_MS);
  afterAll(async () => {
    await node?.stop();
    await kd?.stop();
  }, CASE_MS);

  it(
    `scales out to ${COUNT}: each Pod is a container that the Service's endpoints lead to`,
    async () => {
      const start = performance.now();
      await kd.scale('echo', COUNT);
      await pods.rests(COUNT, 150_000);
      console.log(
        `${COUNT} real containers Ready after ${((performance.now() - start) / 1000).toFixed(2)} s`,
      );
      await kd.statusRests('echo', COUNT);
      const addresses = await endpointsAre(COUNT);
      expect((await answers(addresses)).sort()).toEqual(names());
      expect(await node.containers()).toHaveLength(2 * COUNT);
    },
    CASE_MS,
  );

  it(
    'keeps its Pods and their answers while the kubelet is dead, and takes up what was asked meanwhile when it is back',
    async () => {
      const uids = pods.readyUids;
      const containers = (await node.containers()).sort();
      await node.kill();
      const addresses = await endpoints();
      expect(addresses).toHaveLength(COUNT);
      expect((await answers(addresses)).sort()).toEqual(names());
      await kd.scale('echo', COUNT + 2);
      await pods.until('two more are published', () => pods.present.length === COUNT + 2);
      await node.restart();
      await pods.rests(COUNT + 2, 150_000);
      expect([...uids].filter((uid) => !pods.readyUids.has(uid))).toEqual([]);
      expect(pods.all.filter(({ restarts }) => restarts > 0)).toEqual([]);
      const now = new Set(await node.containers());
      expect(containers.filter((id) => !now.has(id))).toEqual([]);
      expect((await answers(await endpointsAre(COUNT + 2))).sort()).toEqual(names());
    },
    CASE_MS,
  );

  it(
    `scales in to ${REST} and to 0: containers end, endpoints go, the rest answers`,
    async () => {
      await kd.scale('echo', REST);
      await pods.rests(REST, 150_000);
      await kd.statusRests('echo', REST);
      expect((await answers(await endpointsAre(REST))).sort()).toEqual(names());
      await until('as many containers', async () => (await node.containers()).length === 2 * REST);
      await kd.kubectl('scale', 'deployment/echo', '--replicas=0');
      await pods.rests(0, 150_000);
      await endpointsAre(0);
      await until('no container is left', async () => (await node.containers()).length === 0);
    },
    CASE_MS,
  );

  it('every property that the recorded traces show held', async () => {
    const { broken } = await kd.judgeAtRest();
    expect(broken).toEqual([]);
  });
});
