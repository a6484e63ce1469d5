/**
 * The hand-overs between the stock controllers and ours, on the real control plane (protocol 9): label on, release in mid-burst, take back, the
 * stages dead, the binding removed by hand, label off. Of each row: how long it took, the fewest Ready meanwhile, and that no Pod was restarted.
 *
 * With KUBEDIRECT_HANDOVER_PODS=500 it is the matrix of docs/handOver.md.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import type { Lease } from '../../impl/controller/kubernetes/types.ts';
import {
  ACKNOWLEDGED_OWNER_ANNOTATION,
  acknowledgedOwner,
  leaseName,
  MANAGED_LABEL,
  SYSTEM_NAMESPACE,
} from '../../impl/controller/names.ts';
import { removePath } from '../../impl/deploy/apply.ts';
import { denialsBetween } from '../../impl/deploy/denials.ts';
import { install } from '../../impl/deploy/install.ts';
import { readOwner } from '../../impl/deploy/owner.ts';
import { POLICIES } from '../../impl/deploy/policies.ts';
import { release, takeBack } from '../../impl/deploy/release.ts';
import type { PodHistory, SeenPod } from './support/podHistory.ts';
import { BUILD_MS, CASE_MS, type RealWaist, startRealWaist, support, until } from './support/realWaist.ts';

const VAP = '/apis/admissionregistration.k8s.io/v1';
const PODS = Number(process.env.KUBEDIRECT_HANDOVER_PODS ?? 120);
const FIRST = Math.round(PODS * 0.4);
const BURST = PODS;
/** The Deployment's own, rounded as Kubernetes does. */
const MAX_UNAVAILABLE = Math.floor(PODS * 0.25);
const BARE = 'node-4';

describe.skipIf(!support.ok)('hand-overs on the real control plane', () => {
  let kd: RealWaist;
  let pods: PodHistory;

  beforeAll(async () => {
    // No agent serves the last node: stock's scheduler uses it, ours does not.
    kd = await startRealWaist({ nodes: 5, agentNodes: ['node-0', 'node-1', 'node-2', 'node-3'] });
    pods = await kd.create('handed', { managed: false, replicas: PODS });
    await pods.rests(PODS);
    await kd.statusRests('handed', PODS);
  }, BUILD_MS);
  afterAll(() => kd?.stop(), CASE_MS);

  const denialsSince = async (before: string) =>
    denialsBetween(before, await kd.cluster.metrics(), POLICIES.owner);
  /** Nothing is made or ended while we look. */
  const isStill = async () => {
    const [made, gone] = [pods.all.length, pods.all.filter((pod) => pod.gone).length];
    await sleep(3_000);
    expect([pods.all.length, pods.all.filter((pod) => pod.gone).length]).toEqual([made, gone]);
  };

  /** A row of the matrix. */
  const row = (what: string, start: number, more = '') =>
    console.log(
      `| ${what} | ${PODS} | ${((performance.now() - start) / 1000).toFixed(1)} s | ${pods.lowest} | ${more} |`,
    );
  const label = (value: 'true' | null) => {
    const patch = { spec: { template: { metadata: { labels: { [MANAGED_LABEL]: value } } } } };
    return kd.client.patchDeployment('default', 'handed', patch, 'people');
  };
  const acknowledged = async (stage: 'replicaset') => {
    const path = pathOf({ resource: 'leases', namespace: SYSTEM_NAMESPACE, name: leaseName(stage) });
    const lease = await kd.client.get<Lease>(path);
    return acknowledgedOwner(lease?.metadata.annotations?.[ACKNOWLEDGED_OWNER_ANNOTATION]);
  };
  const isOurs = ({ stamp }: SeenPod) => stamp !== null;
  const restarted = () => pods.all.filter(({ restarts }) => restarts > 0);

  it(
    'label on: a rolling update into direct mode, within maxUnavailable throughout',
    async () => {
      pods.resetLowest();
      const start = performance.now();
      await label('true');
      await pods.until('all Pods are ours', () => pods.present.length === PODS && pods.present.every(isOurs));
      await pods.rests(PODS);
      await kd.statusRests('handed', PODS);
      row('label on', start);
      expect(pods.lowest).toBeGreaterThanOrEqual(PODS - MAX_UNAVAILABLE);
      await kd.scale('handed', FIRST);
      await pods.rests(FIRST);
      await kd.statusRests('handed', FIRST);
    },
    CASE_MS,
  );

  it(
    'the stock controller carries on: the burst ends under stock, no running Pod is ended or restarted, nobody fights',
    async () => {
      const before = await kd.cluster.metrics();
      // The agent stands still until the switch is at stock, so that some of the burst is left: it finds its creates denied.
      for (let tries = 1; ; tries += 1) {
        await kd.scale('handed', BURST);
        await pods.until('the burst is under way', () => pods.present.length > FIRST);
        await kd.waist.stages.kubelet.signal('SIGSTOP');
        // What it had asked for by then lands first.
        for (let seen = -1; seen !== pods.present.length; await sleep(500)) seen = pods.present.length;
        if (pods.present.length < BURST) break;
        // It was done before it could be stopped: once more.
        expect(tries).toBeLessThan(20);
        await kd.waist.stages.kubelet.signal('SIGCONT');
        await kd.scale('handed', FIRST);
        await pods.rests(FIRST);
      }
      const running = pods.readyUids;
      pods.resetLowest();
      const start = performance.now();
      const releasing = release({ client: kd.client, namespace: SYSTEM_NAMESPACE, flushTimeoutMs: 50 });
      await until('the switch is at stock', async () => {
        const found = await readOwner(kd.client, SYSTEM_NAMESPACE);
        return found?.owner === 'stock';
      });
      const switched = performance.now();
      const firstByStock = pods
        .until('stock made a Pod', () => pods.present.some((pod) => !isOurs(pod)))
        .then(() => performance.now() - switched);
      await sleep(200);
      await kd.waist.stages.kubelet.signal('SIGCONT');
      const { flushed, settledMs, touches } = await releasing;
      await pods.rests(BURST);
      const restMs = performance.now() - start;
      await until('R has acknowledged', async () => (await acknowledged('replicaset')) === 'stock');
      expect([...running].filter((uid) => !pods.readyUids.has(uid))).toEqual([]);
      expect(pods.all.filter(({ restarts }) => restarts > 0)).toEqual([]);
      await kd.statusRests('handed', BURST);
      row('released in mid-burst', start, `${running.size} were Ready`);
      expect(pods.lowest).toBeGreaterThanOrEqual(running.size);
      const byStock = pods.present.filter((pod) => !isOurs(pod)).length;
      console.log(
        `release with ${running.size} of ${BURST} Ready: stock settled in ${Math.round(settledMs)} ms of the switch (${touches} touches, ${flushed ? 'wants flushed before' : 'D did not answer the flush'}), all Ready after ${Math.round(restMs)} ms; ${byStock} Pods made by stock, the first ${Math.round(await firstByStock)} ms after the switch was seen`,
      );
      expect(byStock).toBeGreaterThan(0);
      await until('kubectl tells of it', async () =>
        /Normal +Released +.* kubedirect /.test(await kd.kubectl('describe', 'deployment', 'handed')),
      );
      // The agent's creates of the burst were on their way: each is denied once at the most, and none is asked for again.
      await isStill();
      const denied = await denialsSince(before);
      console.log(`${denied} requests denied since the burst began`);
      expect(denied).toBeLessThanOrEqual(BURST - FIRST);
      await isStill();
      expect(await denialsSince(before)).toBe(denied);
    },
    CASE_MS,
  );

  it(
    'under stock, the stock controller scales: our stages make and end nothing',
    async () => {
      const before = await kd.cluster.metrics();
      const made = pods.all.length;
      await kd.kubectl('scale', 'deployment/handed', `--replicas=${BURST + 5}`);
      await pods.rests(BURST + 5);
      expect(pods.all.slice(made).map(({ stamp }) => stamp)).toEqual([null, null, null, null, null]);
      await kd.kubectl('scale', 'deployment/handed', `--replicas=${BURST}`);
      await pods.rests(BURST);
      await kd.statusRests('handed', BURST);
      await isStill();
      expect(await denialsSince(before)).toBe(0);
    },
    CASE_MS,
  );

  it(
    'taken back, R killed on the way: nothing is replaced, nor where no agent is, since S answers for it; scaling works again',
    async () => {
      const running = pods.readyUids;
      const made = pods.all.length;
      const bare = pods.present.filter(({ node }) => node === BARE).length;
      expect(bare).toBeGreaterThan(0);
      pods.resetLowest();
      const start = performance.now();
      expect(await takeBack({ client: kd.client, namespace: SYSTEM_NAMESPACE })).toMatchObject({
        owner: 'direct',
      });
      const flippedMs = performance.now() - start;
      await sleep(500);
      await kd.waist.stages.replicaset.kill();
      await kd.waist.stages.replicaset.start();
      await until('R has taken them back', async () => (await acknowledged('replicaset')) === 'direct');
      await pods.rests(BURST);
      row(
        'taken back, R killed on the way',
        start,
        `switch after ${Math.round(flippedMs)} ms; ${bare} on a Node without agent`,
      );
      await isStill();
      expect(pods.lowest).toBeGreaterThanOrEqual(BURST);
      expect(pods.all.length - made).toBe(0);
      const lost = () => [...running].filter((uid) => !pods.readyUids.has(uid));
      expect(lost()).toEqual([]);
      await kd.statusRests('handed', BURST);
      await kd.scale('handed', BURST + 20);
      await pods.rests(BURST + 20);
      expect(lost()).toEqual([]);
      expect(pods.all.slice(made).filter(({ stamp }) => stamp === null)).toEqual([]);
      await kd.statusRests('handed', BURST + 20);
      await kd.scale('handed', BURST);
      await pods.rests(BURST);
      await kd.statusRests('handed', BURST);
    },
    CASE_MS,
  );

  it(
    'every stage killed: a release needs none of them; stock scales; they come back and take their Pods back',
    async () => {
      const running = pods.readyUids;
      const stages = Object.values(kd.waist.stages);
      pods.resetLowest();
      // At rest: a Pod whose end was not confirmed before the kill is waited out for a minute after it (4.4).
      await sleep(2_000);
      await Promise.all(stages.map((each) => each.kill()));
      const start = performance.now();
      const { flushed } = await release({ client: kd.client, namespace: SYSTEM_NAMESPACE });
      expect(flushed).toBe(false);
      await kd.kubectl('scale', 'deployment/handed', `--replicas=${BURST + 5}`);
      await pods.rests(BURST + 5);
      row('released, all stages dead, and scaled by stock', start);
      const back = performance.now();
      await Promise.all(stages.map((each) => each.start()));
      await takeBack({ client: kd.client, namespace: SYSTEM_NAMESPACE });
      await until('R has taken them back', async () => (await acknowledged('replicaset')) === 'direct');
      await kd.scale('handed', BURST);
      await pods.rests(BURST);
      await kd.statusRests('handed', BURST);
      row('stages started again, taken back, scaled', back);
      expect(pods.lowest).toBeGreaterThanOrEqual(BURST);
      expect([...running].filter((uid) => pods.readyUids.has(uid)).length).toBeGreaterThanOrEqual(BURST - 5);
      expect(restarted()).toEqual([]);
    },
    CASE_MS,
  );

  it(
    'the binding removed by hand, scaled under two owners, and put back: it ends as asked, and nothing below what was there',
    async () => {
      const binding = `${VAP}/validatingadmissionpolicybindings/${POLICIES.owner}`;
      pods.resetLowest();
      const start = performance.now();
      await removePath(kd.client, binding);
      await sleep(1_000);
      const made = pods.all.length;
      await kd.scale('handed', BURST + 20);
      await sleep(3_000);
      await install({ connection: { kubeconfig: kd.cluster.kubeconfig }, namespace: SYSTEM_NAMESPACE });
      await pods.rests(BURST + 20);
      await kd.statusRests('handed', BURST + 20);
      row('binding removed by hand and put back', start, `${pods.all.length - made} Pods made for 20`);
      expect(pods.lowest).toBeGreaterThanOrEqual(BURST);
      await kd.scale('handed', PODS);
      await pods.rests(PODS);
      await kd.statusRests('handed', PODS);
    },
    CASE_MS,
  );

  it(
    'label off: a rolling update out, within maxUnavailable throughout; the stock controllers scale it',
    async () => {
      pods.resetLowest();
      const start = performance.now();
      await label(null);
      await pods.until('no Pod is ours', () => pods.present.length === PODS && !pods.present.some(isOurs));
      await pods.rests(PODS);
      await kd.statusRests('handed', PODS);
      row('label off', start);
      expect(pods.lowest).toBeGreaterThanOrEqual(PODS - MAX_UNAVAILABLE);
      await kd.kubectl('scale', 'deployment/handed', '--replicas=5');
      await pods.rests(5);
      expect(restarted()).toEqual([]);
    },
    CASE_MS,
  );

  it('every property that the recorded traces show held', async () => {
    const { broken } = await kd.judgeAtRest();
    expect(broken).toEqual([]);
  });
});
