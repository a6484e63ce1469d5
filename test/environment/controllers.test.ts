/** The stock controllers and the simulated nodes, by what can be seen at the API Server. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conditionOf, isPodReady, type Node, type Pod } from '../../machines/environment/apiserver/kube.ts';
import { CONTROLLERS } from '../../machines/environment/controllers/state.ts';
import { list } from '../../machines/environment/world.ts';
import { Bench, template } from './support/world.ts';

function cluster(stock: ConstructorParameters<typeof Bench>[0] = {}, nodes = 3, cpu = '4'): Bench {
  const bench = new Bench(stock);
  for (let i = 0; i < nodes; i++) bench.node(`node-${i}`, cpu);
  bench.settle();
  return bench;
}

const ready = (bench: Bench) =>
  bench.pods().filter((pod) => pod.metadata.deletionTimestamp === undefined && isPodReady(pod));
const restart = (bench: Bench, name: string, image: string) =>
  bench.must({
    verb: 'patch',
    resource: 'deployments',
    name,
    patchType: 'strategic',
    body: { spec: { template: { spec: { containers: [{ name: 'main', image }] } } } },
  });

describe('the stock path', () => {
  it('scales a Deployment out and in, with the status right at each rest', () => {
    const bench = cluster();
    bench.deploy('web', 0);
    for (const replicas of [20, 7, 0, 3]) {
      bench.scale('web', replicas);
      bench.settle();
      const { status, metadata } = bench.deployment('web');
      expect(ready(bench)).toHaveLength(replicas);
      expect(status?.readyReplicas ?? 0).toBe(replicas);
      expect(status?.updatedReplicas ?? 0).toBe(replicas);
      expect(status?.observedGeneration).toBe(metadata.generation);
      expect(conditionOf(status, 'Available')?.status).toBe('True');
      expect(conditionOf(status, 'Progressing')?.reason).toBe('NewReplicaSetAvailable');
    }
  });

  it('marks its ReplicaSet with hash, revision, desired and max replicas, and the annotations of the Deployment', () => {
    const bench = cluster();
    bench.deploy('web', 4);
    bench.must({
      verb: 'patch',
      resource: 'deployments',
      name: 'web',
      patchType: 'merge',
      body: { metadata: { annotations: { note: 'x' } } },
    });
    bench.settle();
    const [set] = bench.sets();
    expect(set?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '1',
      'deployment.kubernetes.io/desired-replicas': '4',
      'deployment.kubernetes.io/max-replicas': '5',
      note: 'x',
    });
    const hash = set?.metadata.labels?.['pod-template-hash'];
    expect(set?.metadata.name).toBe(`web-${hash}`);
    expect(set?.spec.selector.matchLabels).toEqual({ app: 'web', 'pod-template-hash': hash });
    expect(bench.deployment('web').metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1');
  });

  it('replaces a Pod that someone deleted, and ignores one that failed', () => {
    const bench = cluster();
    bench.deploy('web', 2);
    bench.settle();
    const [gone, failed] = bench.pods();
    bench.must({ verb: 'delete', resource: 'pods', name: gone?.metadata.name ?? '' });
    bench.must({
      verb: 'patch',
      resource: 'pods',
      name: failed?.metadata.name ?? '',
      subresource: 'status',
      patchType: 'merge',
      body: { status: { phase: 'Failed' } },
    });
    bench.settle();
    expect(ready(bench).filter((pod) => pod.status?.phase === 'Running')).toHaveLength(2);
    expect(bench.sets()[0]?.status).toMatchObject({ replicas: 2, readyReplicas: 2, fullyLabeledReplicas: 2 });
  });

  it('ends unready, then cheap Pods first', () => {
    const bench = cluster();
    bench.deploy('web', 4);
    bench.settle();
    const [cheap, unready, ...kept] = bench.pods().map((pod) => pod.metadata.name);
    const annotations = { 'controller.kubernetes.io/pod-deletion-cost': '-5' };
    bench.must({
      verb: 'patch',
      resource: 'pods',
      name: cheap ?? '',
      patchType: 'merge',
      body: { metadata: { annotations } },
    });
    const conditions = [{ type: 'Ready', status: 'False' }];
    bench.must({
      verb: 'patch',
      resource: 'pods',
      name: unready ?? '',
      subresource: 'status',
      patchType: 'strategic',
      body: { status: { conditions } },
    });
    bench.scale('web', 3);
    bench.settle();
    expect(bench.pods().map((pod) => pod.metadata.name)).not.toContain(unready);
    bench.scale('web', 2);
    bench.settle();
    expect(bench.pods().map((pod) => pod.metadata.name)).toEqual(kept);
  });

  it('counts a Pod as available only after minReadySeconds', () => {
    const bench = cluster();
    bench.deploy('web', 2, { minReadySeconds: 30 });
    bench.settle(10_000);
    expect(bench.deployment('web').status).toMatchObject({ readyReplicas: 2, unavailableReplicas: 2 });
    bench.settle(25_000);
    expect(bench.deployment('web').status?.availableReplicas).toBe(2);
  });

  it('keeps to the client limits it is given', () => {
    const bench = cluster({ controllerLimit: { qps: 20, burst: 30 } });
    bench.deploy('web', 100);
    bench.settle(1000);
    const early = bench.pods().length;
    expect(early).toBeLessThan(60);
    bench.settle(10_000);
    expect(ready(bench)).toHaveLength(100);
  });

  it('lets in-between states be seen by taking the controllers one at a time', () => {
    const bench = cluster({
      without: CONTROLLERS.filter((name) => name !== 'deployments' && name !== 'serviceAccounts'),
    });
    bench.deploy('web', 3);
    bench.settle();
    expect(bench.sets()).toHaveLength(1);
    expect(bench.pods()).toHaveLength(0);
  });
});

describe('rollouts', () => {
  it('never has more than replicas + maxSurge Pods wanted, nor fewer than replicas - maxUnavailable available', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 0, max: 4 }),
        (replicas, surge, missing) => {
          fc.pre(surge + missing > 0);
          const bench = cluster({
            nodes: { podStartDelayMs: 100, podStopDelayMs: 50, refuseOvercommit: true },
          });
          const rollingUpdate = { maxSurge: surge, maxUnavailable: missing };
          bench.deploy('web', replicas, { strategy: { type: 'RollingUpdate', rollingUpdate } });
          bench.settle(5000);
          restart(bench, 'web', 'image:2');
          for (let i = 0; i < 400; i++) {
            bench.settle(10);
            const wanted = bench.sets().reduce((sum, set) => sum + set.spec.replicas, 0);
            expect(wanted).toBeLessThanOrEqual(replicas + surge);
            expect(ready(bench).length).toBeGreaterThanOrEqual(replicas - missing);
          }
          bench.settle(10_000);
          expect(ready(bench).map((pod) => pod.spec.containers[0]?.image)).toEqual(
            Array(replicas).fill('image:2'),
          );
          expect(
            bench
              .sets()
              .map((set) => set.spec.replicas)
              .sort(),
          ).toEqual([0, replicas].sort());
        },
      ),
      { numRuns: 12 },
    );
  });

  it('with Recreate, never has Pods of two revisions', () => {
    const bench = cluster({ nodes: { podStartDelayMs: 20, podStopDelayMs: 200, refuseOvercommit: true } });
    bench.deploy('web', 5, { strategy: { type: 'Recreate' } });
    bench.settle(2000);
    restart(bench, 'web', 'image:2');
    for (let i = 0; i < 100; i++) {
      bench.settle(10);
      expect(new Set(bench.pods().map((pod) => pod.spec.containers[0]?.image)).size).toBeLessThanOrEqual(1);
    }
    expect(ready(bench)).toHaveLength(5);
    expect(ready(bench)[0]?.spec.containers[0]?.image).toBe('image:2');
  });

  it('goes back to an old revision under a new number, and remembers the old ones', () => {
    const bench = cluster();
    bench.deploy('web', 2);
    bench.settle();
    restart(bench, 'web', 'image:2');
    bench.settle();
    restart(bench, 'web', 'image:1');
    bench.settle();
    const back = bench.sets().find((set) => set.spec.replicas === 2);
    expect(back?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
    expect(bench.sets()).toHaveLength(2);
  });

  it('rolls nothing while paused, and scales all the same', () => {
    const bench = cluster();
    bench.deploy('web', 2);
    bench.settle();
    bench.must({
      verb: 'patch',
      resource: 'deployments',
      name: 'web',
      patchType: 'merge',
      body: { spec: { paused: true } },
    });
    restart(bench, 'web', 'image:2');
    bench.scale('web', 4);
    bench.settle();
    expect(ready(bench).map((pod) => pod.spec.containers[0]?.image)).toEqual(Array(4).fill('image:1'));
    bench.must({
      verb: 'patch',
      resource: 'deployments',
      name: 'web',
      patchType: 'merge',
      body: { spec: { paused: false } },
    });
    bench.settle();
    expect(ready(bench).map((pod) => pod.spec.containers[0]?.image)).toEqual(Array(4).fill('image:2'));
  });

  it('says when it has stood still for progressDeadlineSeconds', () => {
    const bench = cluster({}, 1, '1');
    bench.deploy('web', 1, { progressDeadlineSeconds: 60, template: template('web', {}, 'image:1', '64') });
    bench.settle(50_000);
    expect(conditionOf(bench.deployment('web').status, 'Progressing')?.reason).not.toBe(
      'ProgressDeadlineExceeded',
    );
    bench.settle(20_000);
    expect(conditionOf(bench.deployment('web').status, 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
    });
  });

  it('keeps revisionHistoryLimit old ReplicaSets', () => {
    const bench = cluster();
    bench.deploy('web', 1, { revisionHistoryLimit: 1 });
    for (const tag of [2, 3, 4]) {
      bench.settle();
      restart(bench, 'web', `image:${tag}`);
    }
    bench.settle();
    expect(bench.sets()).toHaveLength(2);
  });
});

describe('nodes and the scheduler', () => {
  const pod = (bench: Bench, name: string, cpu: string, spec: object = {}) =>
    bench.must({
      verb: 'create',
      resource: 'pods',
      body: {
        metadata: { name },
        spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }], ...spec },
      },
    });
  const get = (bench: Bench, name: string) => bench.must({ verb: 'get', resource: 'pods', name }) as Pod;

  it('refuses a bound Pod that does not fit, as the kubelet does, for good', () => {
    const bench = cluster({}, 1, '1');
    pod(bench, 'big', '2', { nodeName: 'node-0' });
    bench.settle();
    expect(get(bench, 'big').status).toMatchObject({ phase: 'Failed', reason: 'OutOfcpu' });
    bench.settle(60_000);
    expect(get(bench, 'big').status?.phase).toBe('Failed');
  });

  it('runs a bound Pod that does not fit where nodes are told to, as kwok does', () => {
    const bench = cluster(
      { nodes: { podStartDelayMs: 0, podStopDelayMs: 0, refuseOvercommit: false } },
      1,
      '1',
    );
    pod(bench, 'big', '2', { nodeName: 'node-0' });
    bench.settle();
    expect(get(bench, 'big').status?.phase).toBe('Running');
  });

  it('counts a terminating Pod as taking room until it is gone', () => {
    const bench = cluster(
      { nodes: { podStartDelayMs: 0, podStopDelayMs: 5000, refuseOvercommit: true } },
      1,
      '1',
    );
    pod(bench, 'old', '1', { nodeName: 'node-0' });
    bench.settle();
    bench.must({ verb: 'delete', resource: 'pods', name: 'old' });
    pod(bench, 'early', '1', { nodeName: 'node-0' });
    bench.settle(1000);
    expect(get(bench, 'early').status?.reason).toBe('OutOfcpu');
    bench.settle(5000);
    pod(bench, 'late', '1', { nodeName: 'node-0' });
    bench.settle();
    expect(get(bench, 'late').status?.phase).toBe('Running');
  });

  it('never puts more on a Node than it has, and places what waits when room is made', () => {
    const bench = cluster({}, 2, '2');
    for (let i = 0; i < 5; i++) pod(bench, `p${i}`, '1');
    bench.settle();
    const placed = bench.pods().filter((one) => one.spec.nodeName !== undefined);
    expect(placed).toHaveLength(4);
    const waiting = bench.pods().find((one) => one.spec.nodeName === undefined);
    expect(conditionOf(waiting?.status, 'PodScheduled')).toMatchObject({
      status: 'False',
      reason: 'Unschedulable',
      message: '0/2 nodes are available: 2 Insufficient cpu.',
    });
    bench.must({ verb: 'delete', resource: 'pods', name: placed[0]?.metadata.name ?? '' });
    bench.settle();
    expect(get(bench, waiting?.metadata.name ?? '').status?.phase).toBe('Running');
  });

  it('honours taints, unschedulable Nodes, node selectors and required node affinity', () => {
    const bench = cluster();
    const node = (name: string, body: object) =>
      bench.must({ verb: 'patch', resource: 'nodes', name, patchType: 'merge', body });
    node('node-0', { spec: { taints: [{ key: 'own', effect: 'NoSchedule' }] } });
    node('node-1', { spec: { unschedulable: true } });
    node('node-2', { metadata: { labels: { disk: 'fast' } } });
    bench.settle();
    pod(bench, 'plain', '1');
    pod(bench, 'tolerant', '1', {
      nodeSelector: { 'kubernetes.io/none': 'x' },
      tolerations: [{ operator: 'Exists' }],
    });
    const terms = [{ matchExpressions: [{ key: 'disk', operator: 'NotIn', values: ['fast'] }] }];
    const affinity = {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
    };
    pod(bench, 'averse', '1', { affinity, tolerations: [{ key: 'own', operator: 'Exists' }] });
    bench.settle();
    expect(get(bench, 'plain').spec.nodeName).toBe('node-2');
    expect(get(bench, 'tolerant').spec.nodeName).toBeUndefined();
    expect(get(bench, 'averse').spec.nodeName).toBe('node-0');
  });

  it('leaves Nodes without the annotation of kwok, and their Pods, to others', () => {
    const bench = new Bench();
    bench.node('foreign', '4', false);
    bench.settle();
    pod(bench, 'p', '1', { nodeName: 'foreign' });
    bench.settle(20_000);
    expect(get(bench, 'p').status?.phase).toBe('Pending');
    expect(list(bench.world, 'leases.coordination.k8s.io')).toEqual([]);
  });

  it('turns a Node whose Lease is not renewed Unknown, its Pods not ready, and back', () => {
    const bench = cluster({}, 1);
    pod(bench, 'p', '1', { nodeName: 'node-0' });
    bench.settle();
    const annotate = (value: string | null) =>
      bench.must({
        verb: 'patch',
        resource: 'nodes',
        name: 'node-0',
        patchType: 'merge',
        body: { metadata: { annotations: { 'kwok.x-k8s.io/node': value } } },
      });
    annotate(null);
    bench.settle(70_000);
    const node = bench.must({ verb: 'get', resource: 'nodes', name: 'node-0' }) as Node;
    expect(conditionOf(node.status, 'Ready')?.status).toBe('Unknown');
    expect(node.spec.taints?.map((taint) => taint.key)).toContain('node.kubernetes.io/unreachable');
    expect(isPodReady(get(bench, 'p'))).toBe(false);
  });

  it('deletes the Pods of a Node that has gone', () => {
    const bench = cluster();
    bench.deploy('web', 6);
    bench.settle();
    bench.must({ verb: 'delete', resource: 'nodes', name: 'node-0' });
    bench.settle(60_000);
    expect(ready(bench)).toHaveLength(6);
    expect(ready(bench).every((one) => one.spec.nodeName !== 'node-0')).toBe(true);
  });
});

describe('ownership and garbage', () => {
  const web = (replicas: number): Bench => {
    const bench = cluster();
    bench.deploy('web', replicas);
    bench.settle();
    return bench;
  };
  const remove = (bench: Bench, propagationPolicy?: 'Foreground' | 'Orphan' | 'Background') =>
    bench.must({
      verb: 'delete',
      resource: 'deployments',
      name: 'web',
      options: propagationPolicy === undefined ? {} : { propagationPolicy },
    });

  it('collects ReplicaSets and Pods after their Deployment', () => {
    const bench = web(5);
    remove(bench);
    bench.settle();
    expect([bench.sets(), bench.pods()]).toEqual([[], []]);
  });

  it('in the foreground, keeps the owner until its dependents have gone', () => {
    const bench = cluster({ nodes: { podStartDelayMs: 0, podStopDelayMs: 3000, refuseOvercommit: true } });
    bench.deploy('web', 2);
    bench.settle();
    remove(bench, 'Foreground');
    bench.settle(1000);
    expect(bench.deployment('web').metadata.deletionTimestamp).toBeDefined();
    expect(bench.pods()).toHaveLength(2);
    bench.settle(10_000);
    expect(bench.ask({ verb: 'get', resource: 'deployments', name: 'web' }).code).toBe(404);
    expect([bench.sets(), bench.pods()]).toEqual([[], []]);
  });

  it('orphans on request, and a new Deployment adopts what matches', () => {
    const bench = web(3);
    const before = bench.pods().map((pod) => pod.metadata.uid);
    remove(bench, 'Orphan');
    bench.settle();
    expect(bench.sets()[0]?.metadata.ownerReferences).toBeUndefined();
    expect(bench.pods()).toHaveLength(3);
    bench.deploy('web', 3);
    bench.settle();
    expect(bench.pods().map((pod) => pod.metadata.uid)).toEqual(before);
    expect(bench.sets()).toHaveLength(1);
    expect(bench.sets()[0]?.metadata.ownerReferences).toHaveLength(1);
  });

  it('adopts a bare Pod that matches, and lets one go that no longer does', () => {
    const bench = web(2);
    const [pod] = bench.pods();
    bench.must({
      verb: 'patch',
      resource: 'pods',
      name: pod?.metadata.name ?? '',
      patchType: 'merge',
      body: { metadata: { labels: { app: 'other' } } },
    });
    bench.settle();
    expect(bench.pods()).toHaveLength(3);
    const free = bench.pods().find((one) => one.metadata.uid === pod?.metadata.uid);
    expect(free?.metadata.ownerReferences).toBeUndefined();
  });

  it('collects an object that is created for an owner that has gone', () => {
    const bench = web(0);
    const [set] = bench.sets();
    remove(bench);
    bench.settle();
    const ownerReferences = [
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: set?.metadata.name ?? '',
        uid: set?.metadata.uid ?? '',
        controller: true,
      },
    ];
    bench.must({
      verb: 'create',
      resource: 'pods',
      body: {
        metadata: { name: 'late', ownerReferences },
        spec: { containers: [{ name: 'c', image: 'i' }] },
      },
    });
    bench.settle();
    expect(bench.pods()).toEqual([]);
  });

  it('empties a Namespace before it goes', () => {
    const bench = cluster();
    bench.must({ verb: 'create', resource: 'namespaces', body: { metadata: { name: 'tmp' } } });
    bench.settle();
    const spec = { replicas: 3, selector: { matchLabels: { app: 'x' } }, template: template('x') };
    bench.must({
      verb: 'create',
      resource: 'deployments',
      namespace: 'tmp',
      body: { metadata: { name: 'x' }, spec },
    });
    bench.settle();
    expect(list(bench.world, 'pods', 'tmp')).toHaveLength(3);
    bench.must({ verb: 'delete', resource: 'namespaces', name: 'tmp' });
    bench.settle(5000);
    expect(bench.ask({ verb: 'get', resource: 'namespaces', name: 'tmp' }).code).toBe(404);
    for (const storage of ['pods', 'deployments.apps', 'replicasets.apps', 'serviceaccounts', 'events']) {
      expect(list(bench.world, storage, 'tmp')).toEqual([]);
    }
  });

  it('forgets Events after an hour', () => {
    const bench = web(1);
    expect(list(bench.world, 'events').length).toBeGreaterThan(0);
    bench.settle(3_700_000);
    expect(list(bench.world, 'events')).toEqual([]);
  });
});
