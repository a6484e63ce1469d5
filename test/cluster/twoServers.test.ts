/**
 * Two API servers that see the owner switch at different moments (protocol 9): the stock controllers, A, D, R, S and one agent speak to the first, the
 * other agent to the second, which hears of ConfigMaps late. For so long the one admits stock, and the other our agents. None that is wanted ends for it,
 * what was made by both is ended again, and nothing is taken back before the late one has heard.
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import { agentArguments, SpawnedStage } from '../../impl/controller/process/spawn.ts';
import { unacknowledged } from '../../impl/deploy/acknowledgements.ts';
import { ACCOUNTS } from '../../impl/deploy/identities.ts';
import { readOwner } from '../../impl/deploy/owner.ts';
import { createScratch, probeOwner, type Scratch } from '../../impl/deploy/probe.ts';
import { release, takeBack } from '../../impl/deploy/release.ts';
import type { Owner } from '../../spec/vocabulary.ts';
import type { PodHistory } from './support/podHistory.ts';
import { BUILD_MS, CASE_MS, type RealWaist, startRealWaist, support, until } from './support/realWaist.ts';
import { type SecondServer, startSecondServer } from './support/secondServer.ts';

/** Of a CPU each: on four Nodes of 32 a burst needs them all. */
const FIRST = 40;
const BURST = 120;
const OF_SECOND = ['node-1', 'node-3'] as const;

describe.skipIf(!support.ok)('two API servers that see the switch at different moments', () => {
  let kd: RealWaist;
  let second: SecondServer;
  let agent: SpawnedStage;
  let pods: PodHistory;
  let scratch: Scratch;

  beforeAll(async () => {
    kd = await startRealWaist({ nodes: 4, agentNodes: ['node-0', 'node-2'] });
    second = await startSecondServer(kd.cluster, 'configmaps');
    const { folder } = kd;
    const ofAgent = await kd.cluster.serviceAccountKubeconfig(SYSTEM_NAMESPACE, ACCOUNTS.publisher);
    const common = { kubeconfig: second.through(ofAgent), holder: 'second', folder, traces: true };
    agent = new SpawnedStage(
      'kubelet',
      agentArguments([...OF_SECOND], common),
      path.join(folder, 'agent-second.log'),
    );
    await agent.start();
    scratch = await createScratch(kd.client);
    pods = await kd.create('two', { requests: { cpu: '1', memory: '10Mi' } });
    await kd.scale('two', FIRST);
    await pods.rests(FIRST);
    await kd.statusRests('two', FIRST);
  }, BUILD_MS);
  afterAll(async () => {
    await agent?.kill();
    await second?.stop();
    await kd?.stop();
  }, CASE_MS);

  /** Whom each admits, asked by dry run. */
  const admits = (kubeconfig: string, owner: Owner) =>
    probeOwner({ connection: { kubeconfig }, namespace: SYSTEM_NAMESPACE }, scratch, owner);
  const ofSecond = () => pods.present.filter(({ node }) => OF_SECOND.some((one) => one === node));
  const released = { namespace: SYSTEM_NAMESPACE, flushTimeoutMs: 50 };

  it(
    'released in mid-burst: the late one admits our agent still; none that is wanted ends, and the surplus does',
    async () => {
      // What the second agent publishes of the burst waits at its API server, which has not heard of the switch when it answers.
      second.sleeps();
      await kd.scale('two', BURST);
      await pods.until('the burst is under way', () => pods.present.length > FIRST);
      await sleep(2_000);
      second.isDeaf();
      pods.resetLowest();
      const running = pods.ready;
      const start = performance.now();
      const releasing = release({ client: kd.client, ...released });
      await until('the switch is at stock', async () => {
        const found = await readOwner(kd.client, SYSTEM_NAMESPACE);
        return found?.owner === 'stock';
      });
      await admits(kd.cluster.kubeconfig, 'stock');
      const before = pods.all.length;
      const ours = () => pods.all.slice(before).filter(({ stamp }) => stamp !== null).length;
      second.wakes();
      await admits(second.kubeconfig, 'direct');
      await pods.until('the late one has admitted Pods of our agent', () => ours() > 0);
      await sleep(1_000);
      second.hears();
      const heard = performance.now();
      await admits(second.kubeconfig, 'stock');
      await releasing;
      await pods.rests(BURST);
      await kd.statusRests('two', BURST);
      console.log(
        `two API servers: for ${Math.round(heard - start)} ms they saw two owners; ${ours()} Pods were made through the late one meanwhile, ${pods.all.length - before} in all; ${running} were Ready before, never fewer than ${pods.lowest}; at rest ${Math.round(performance.now() - heard)} ms after it had heard`,
      );
      expect(pods.lowest).toBeGreaterThanOrEqual(running);
      expect(pods.all.filter(({ restarts }) => restarts > 0)).toEqual([]);
    },
    CASE_MS,
  );

  it(
    'nothing is taken back before the agent of the late one has heard of the release; both ways are gone once more',
    async () => {
      expect(await takeBack({ client: kd.client, ...released })).toMatchObject({ owner: 'direct' });
      await admits(second.kubeconfig, 'direct');
      await kd.scale('two', FIRST);
      await pods.rests(FIRST);
      second.isDeaf();
      await release({ client: kd.client, ...released });
      const refused = takeBack({ client: kd.client, ...released, timeoutMs: 3_000 });
      await expect(refused).rejects.toMatchObject({
        code: 'TAKE_BACK_UNACKNOWLEDGED',
        message: expect.stringMatching(/got kubelet\/node-1, kubelet\/node-3\./),
      });
      second.hears();
      await takeBack({ client: kd.client, ...released });
    },
    CASE_MS,
  );

  it(
    'taken back while the late one says stock: scaled out meanwhile it ends as asked, and none that runs ends',
    async () => {
      const { switchVersion } = await release({ client: kd.client, ...released });
      await until('all have acknowledged', async () => {
        return (await unacknowledged(kd.client, SYSTEM_NAMESPACE, switchVersion)).length === 0;
      });
      pods.resetLowest();
      second.isDeaf();
      await takeBack({ client: kd.client, ...released });
      await admits(kd.cluster.kubeconfig, 'direct');
      await admits(second.kubeconfig, 'stock');
      await kd.scale('two', BURST);
      await sleep(1_000);
      second.hears();
      await pods.rests(BURST);
      await kd.statusRests('two', BURST);
      expect(pods.lowest).toBeGreaterThanOrEqual(FIRST);
      expect(ofSecond().length).toBeGreaterThan(0);
    },
    CASE_MS,
  );

  it(
    'every property that the recorded traces show held',
    async () => {
      await agent.stop();
      const { broken } = await kd.judgeAtRest();
      expect(broken).toEqual([]);
    },
    CASE_MS,
  );
});
