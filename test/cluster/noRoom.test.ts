/** A Pod without room on the real control plane: the stock scheduler says why, places it on a Node that comes later, and its agent adopts it (protocol 7). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PodHistory } from './support/podHistory.ts';
import { BUILD_MS, CASE_MS, type RealWaist, startRealWaist, support, until } from './support/realWaist.ts';

const capacity = { cpu: '1', memory: '4Gi', pods: '20' };

describe.skipIf(!support.ok)('no room on the real control plane', () => {
  let kd: RealWaist;
  let pods: PodHistory;

  beforeAll(async () => {
    kd = await startRealWaist({
      nodes: 0,
      agentNodes: ['small-0'],
      prepare: (cluster) => cluster.addKwokNodes(['small-0'], capacity),
    });
    pods = await kd.create('large', { requests: { cpu: '600m' } });
  }, BUILD_MS);
  afterAll(() => kd?.stop(), CASE_MS);

  it(
    'stands unbound and unschedulable, goes to the Node that comes, is adopted, and ended by a scale-in',
    async () => {
      const start = performance.now();
      await kd.scale('large', 2);
      const why = await until('the stock scheduler says why', async () => {
        const text = await kd.kubectl(
          ...['get', 'pods', '-l', 'app=large', '--field-selector', 'spec.nodeName=', '-o'],
          'jsonpath={.items[*].status.conditions[?(@.type=="PodScheduled")].reason}',
        );
        return text === 'Unschedulable' && text;
      });
      const shownMs = performance.now() - start;
      expect(why).toBe('Unschedulable');
      expect(pods.present.length).toBe(2);

      const described = await kd.kubectl('describe', 'deployment', 'large');
      expect(described).toMatch(/Warning +FailedScheduling +.* kubedirect-scheduler +1 Pods wait for a node/);
      expect(described).toMatch(/Normal +HandedOver +.* kubedirect-scheduler +1 Pods have found no node/);

      const came = performance.now();
      await kd.cluster.addKwokNodes(['small-1'], capacity);
      await pods.rests(2);
      console.log(
        `without room: shown unschedulable after ${Math.round(shownMs)} ms; ready ${Math.round(performance.now() - came)} ms after a Node came`,
      );
      await kd.agent(['small-1']);
      await kd.statusRests('large', 2);

      await kd.scale('large', 0);
      await pods.rests(0);
      await kd.statusRests('large', 0);
      expect(pods.all.length).toBe(2);
      const { broken } = await kd.judgeAtRest();
      expect(broken).toEqual([]);
    },
    CASE_MS,
  );
});
