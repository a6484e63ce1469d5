/** kill -9 of each stage's process in mid-burst, out and in, on the real control plane (protocol 3, 5, 13). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateTraces } from '../../impl/validate/validate.ts';
import type { StageName } from '../../spec/vocabulary.ts';
import { TOOLCHAIN } from '../tlc/support/toolchain.ts';
import type { PodHistory } from './support/podHistory.ts';
import { BUILD_MS, CASE_MS, type RealWaist, startRealWaist, support } from './support/realWaist.ts';

const REST = 10;
const BURST = 100;

describe.skipIf(!support.ok)('kill -9 in mid-burst on the real control plane', () => {
  let kd: RealWaist;
  let pods: PodHistory;

  beforeAll(async () => {
    kd = await startRealWaist({ nodes: 4 });
    pods = await kd.create('burst');
    await kd.scale('burst', REST);
    await pods.rests(REST);
  }, BUILD_MS);
  afterAll(() => kd?.stop(), CASE_MS);

  const killAndStart = async (stage: StageName) => {
    const start = performance.now();
    await kd.waist.stages[stage].kill();
    await kd.waist.stages[stage].start();
    return start;
  };

  it.skipIf(TOOLCHAIN === null)(
    'of S and of K in a small burst: the machines and TLC accept what was recorded so far',
    async () => {
      for (const stage of ['scheduler', 'kubelet'] as const) {
        await kd.scale('burst', REST + 6);
        await killAndStart(stage);
        await pods.rests(REST + 6);
        await kd.scale('burst', REST);
        await pods.rests(REST);
      }
      const files = await kd.recorded();
      const start = performance.now();
      const [judgement] = await validateTraces(TOOLCHAIN!, [{ name: 'just recorded', files }]);
      const { faults, lines, shares } = judgement as NonNullable<typeof judgement>;
      expect(faults).toEqual([]);
      const byTlc = shares.find(({ judge }) => judge === 'TLC, any module')?.lines ?? 0;
      console.log(
        `${lines} lines just recorded, ${byTlc} of them judged by TLC, in ${Math.round(performance.now() - start)} ms`,
      );
      expect(byTlc / lines).toBeGreaterThan(0.7);
    },
    CASE_MS,
  );

  it.each(['autoscaler', 'deployment', 'replicaset', 'scheduler', 'kubelet'] as const)(
    'of the %s: the burst out and the burst in converge, and no running Pod is lost or doubled',
    async (stage) => {
      const made = pods.all.length;
      await kd.scale('burst', BURST);
      await pods.until('the burst is under way', () => pods.present.length > REST);
      const before = pods.readyUids;
      const published = pods.present.length;
      let killed = await killAndStart(stage);
      await pods.rests(BURST);
      const outMs = performance.now() - killed;
      expect([...before].filter((uid) => !pods.readyUids.has(uid))).toEqual([]);
      const doubled = pods.all.length - made - (BURST - REST);
      await kd.statusRests('burst', BURST);

      pods.resetLowest();
      const known = new Set(pods.all.map(({ metadataUid }) => metadataUid));
      await kd.scale('burst', REST);
      await pods.until('the scale-in is under way', () => pods.ready < BURST);
      killed = await killAndStart(stage);
      await pods.rests(REST);
      const inMs = performance.now() - killed;
      expect(pods.lowest).toBe(REST);
      expect(pods.all.filter(({ metadataUid }) => !known.has(metadataUid))).toEqual([]);
      await kd.statusRests('burst', REST);

      console.log(
        `kill -9 of the ${stage}: ${published} of ${BURST} seen published, ${before.size} Ready, which stayed; out at rest ${Math.round(outMs)} ms after it, in ${Math.round(inMs)} ms; Pods made beyond the want: ${doubled}`,
      );
      const stamps = pods.all.map(({ stamp }) => stamp);
      expect(stamps).not.toContain(null);
      expect(new Set(stamps).size).toBe(stamps.length);
    },
    CASE_MS,
  );

  it('every property that the recorded traces show held, and tombstones were collected', async () => {
    await kd.scale('burst', 0);
    await pods.rests(0);
    const { broken, tested } = await kd.judgeAtRest();
    expect(broken).toEqual([]);
    for (const [property, times] of Object.entries(tested)) expect(times, property).toBeGreaterThan(0);
  });
});
