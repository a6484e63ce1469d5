/** `release` and take back in mid-burst, under running stages, on the real control plane (protocol 9). */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import { denialsBetween } from '../../impl/deploy/denials.ts';
import { readOwner } from '../../impl/deploy/owner.ts';
import { POLICIES } from '../../impl/deploy/policies.ts';
import { release, takeBack } from '../../impl/deploy/release.ts';
import type { PodHistory } from './support/podHistory.ts';
import { BUILD_MS, CASE_MS, type RealWaist, startRealWaist, support, until } from './support/realWaist.ts';

const FIRST = 20;
const BURST = 150;
const BARE = 'node-4';

describe.skipIf(!support.ok)('release in mid-burst on the real control plane', () => {
  let kd: RealWaist;
  let pods: PodHistory;

  beforeAll(async () => {
    // No agent serves the last node: stock's scheduler uses it, ours does not.
    kd = await startRealWaist({ nodes: 5, agentNodes: ['node-0', 'node-1', 'node-2', 'node-3'] });
    pods = await kd.create('handed');
    await kd.scale('handed', FIRST);
    await pods.rests(FIRST);
    await kd.statusRests('handed', FIRST);
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

  it(
    'the stock controller carries on: the burst ends under stock, no running Pod is ended or restarted, nobody fights',
    async () => {
      const before = await kd.cluster.metrics();
      await kd.scale('handed', BURST);
      await pods.until('the burst is under way', () => pods.present.length > FIRST);
      const running = pods.readyUids;
      // The agent stands still until the switch is at stock, so that some of the burst is left: it finds its creates denied.
      await kd.waist.stages.kubelet.signal('SIGSTOP');
      const start = performance.now();
      const releasing = release({ client: kd.client, namespace: SYSTEM_NAMESPACE, flushTimeoutMs: 50 });
      await until('the switch is at stock', async () => {
        const found = await readOwner(kd.client, SYSTEM_NAMESPACE);
        return found?.owner === 'stock';
      });
      const switched = performance.now();
      const firstByStock = pods
        .until('stock made a Pod', () => pods.all.some(({ stamp }) => stamp === null))
        .then(() => performance.now() - switched);
      await sleep(200);
      await kd.waist.stages.kubelet.signal('SIGCONT');
      const { flushed, settledMs, touches } = await releasing;
      await pods.rests(BURST);
      const restMs = performance.now() - start;
      const denied = await denialsSince(before);
      expect([...running].filter((uid) => !pods.readyUids.has(uid))).toEqual([]);
      expect(pods.all.filter(({ restarts }) => restarts > 0)).toEqual([]);
      await kd.statusRests('handed', BURST);
      const byStock = pods.all.filter(({ stamp }) => stamp === null).length;
      console.log(
        `release with ${running.size} of ${BURST} Ready: stock settled in ${Math.round(settledMs)} ms of the switch (${touches} touches, ${flushed ? 'wants flushed before' : 'D did not answer the flush'}), all Ready after ${Math.round(restMs)} ms; ${byStock} Pods made by stock, the first ${Math.round(await firstByStock)} ms after the switch was seen; ${pods.all.length - BURST} more than needed; ${denied} requests denied since the burst began`,
      );
      expect(byStock).toBeGreaterThan(0);
      expect(await kd.kubectl('describe', 'deployment', 'handed')).toMatch(
        /Normal +Released +.* kubedirect /,
      );
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
    'taken back, R killed on the way: only what no agent will ever see is replaced, without a dip; scaling works again',
    async () => {
      const running = pods.readyUids;
      const made = pods.all.length;
      const unseen = pods.present.filter(({ node }) => node === BARE);
      expect(unseen.length).toBeGreaterThan(0);
      pods.resetLowest();
      const start = performance.now();
      expect(await takeBack({ client: kd.client, namespace: SYSTEM_NAMESPACE })).toMatchObject({
        owner: 'direct',
      });
      const flippedMs = performance.now() - start;
      await sleep(500);
      await kd.waist.stages.replicaset.kill();
      await kd.waist.stages.replicaset.start();
      await pods.until('no Pod is left where no agent is', () =>
        pods.present.every(({ node }) => node !== BARE),
      );
      await pods.rests(BURST);
      console.log(
        `take back: the switch ${Math.round(flippedMs)} ms, ${unseen.length} Pods of a Node without agent replaced after ${Math.round(performance.now() - start)} ms`,
      );
      expect(pods.lowest).toBeGreaterThanOrEqual(BURST);
      expect(pods.all.length - made).toBe(unseen.length);
      const kept = [...running].filter((uid) => !unseen.some(({ metadataUid }) => metadataUid === uid));
      expect(kept.filter((uid) => !pods.readyUids.has(uid))).toEqual([]);
      await isStill();
      await kd.statusRests('handed', BURST);
      await kd.scale('handed', BURST + 20);
      await pods.rests(BURST + 20);
      expect(kept.filter((uid) => !pods.readyUids.has(uid))).toEqual([]);
      expect(pods.all.slice(made).filter(({ stamp }) => stamp === null)).toEqual([]);
      await kd.statusRests('handed', BURST + 20);
      await kd.scale('handed', 5);
      await pods.rests(5);
      await kd.statusRests('handed', 5);
      await kd.kubectl('scale', 'deployment/handed', '--replicas=0');
      await pods.rests(0);
    },
    CASE_MS,
  );

  it('every property that the recorded traces show held', async () => {
    const { broken } = await kd.judgeAtRest();
    expect(broken).toEqual([]);
  });
});
