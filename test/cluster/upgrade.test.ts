/**
 * An upgrade, and the way back: the processes of all stages are replaced one after the other, two versions of each side by side, while a
 * Deployment is scaled all the time. Nobody's Pod is disturbed. The older version speaks the first schema of the links; with `KUBEDIRECT_UPGRADE_FROM`
 * (a checkout of it) it is its own code.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import { SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import {
  agentArguments,
  askToScale,
  type CommonArguments,
  runArguments,
  SpawnedStage,
} from '../../impl/controller/process/spawn.ts';
import { type ControlPlane, resolveBinaries, startControlPlane } from '../../impl/controlplane/index.ts';
import { STAGE_ACCOUNTS } from '../../impl/deploy/identities.ts';
import { install } from '../../impl/deploy/install.ts';
import { judgeTrace } from '../../impl/trace/checks.ts';
import { readTrace } from '../../impl/trace/read.ts';
import { LED_STAGES, type StageName } from '../../spec/vocabulary.ts';
import { FIRST_SCHEMA } from '../../spec/wire/codec.ts';
import { PodHistory } from './support/podHistory.ts';
import { BUILD_MS, CASE_MS, deploymentManifest, NEEDED, support, until } from './support/realWaist.ts';

const FROM = process.env.KUBEDIRECT_UPGRADE_FROM;
const AGENTS = [
  ['node-0', 'node-1'],
  ['node-2', 'node-3'],
] as const;
const STEADY = 60;
const ASK_AGAIN_MS = 5_000;
type Version = 'old' | 'new';

/** What runs as one process: a stage above the tail, or the agent of some nodes. */
interface Unit {
  readonly stage: StageName;
  readonly nodes: readonly string[];
}
const UNITS: readonly Unit[] = [
  ...AGENTS.map((nodes) => ({ stage: 'kubelet' as const, nodes })),
  ...[...LED_STAGES].reverse().map((stage) => ({ stage, nodes: [] })),
];

describe.skipIf(!support.ok)('a rolling upgrade under load on the real control plane', () => {
  let cluster: ControlPlane;
  let client: KubernetesClient;
  let folder: string;
  let steady: PodHistory;
  let load: PodHistory;
  const running = new Map<Unit, SpawnedStage>();
  let lives = 0;

  const start = async ({ stage, nodes }: Unit, version: Version) => {
    lives += 1;
    const holder = `${stage}-${lives}-${version}`;
    const kubeconfig = await cluster.serviceAccountKubeconfig(SYSTEM_NAMESPACE, STAGE_ACCOUNTS[stage]);
    const common: CommonArguments = { kubeconfig, holder, folder, traces: true };
    const schema = version === 'old' && FROM === undefined ? ['--wire-schema', String(FIRST_SCHEMA)] : [];
    const more = [...schema, '--status', '127.0.0.1:0'];
    const args =
      stage === 'kubelet'
        ? agentArguments(nodes, common, more)
        : runArguments([stage], common, [...more, '--lease', '4/3/1']);
    const main = version === 'old' && FROM !== undefined ? path.join(FROM, 'impl/cli/main.ts') : undefined;
    const spawned = new SpawnedStage(stage, args, path.join(folder, `${holder}.log`), main);
    await spawned.start();
    return spawned;
  };
  const ready = (one: SpawnedStage) =>
    until(`${one.name} is ready`, async () =>
      fetch(`http://${one.status}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  /** A stage: the other version stands by before this one ends. An agent: never two of a node. */
  const replace = async (unit: Unit, version: Version) => {
    const before = running.get(unit) as SpawnedStage;
    if (unit.stage === 'kubelet') await before.stop();
    const next = await start(unit, version);
    await ready(next);
    running.set(unit, next);
    if (unit.stage !== 'kubelet') await before.stop();
    await ready(next);
  };
  const scale = (name: string, replicas: number) =>
    until(`the want of ${name} is taken`, async () => {
      const a = [...running].find(([{ stage }]) => stage === 'autoscaler')?.[1];
      const answer = await askToScale(a?.scaleApi ?? null, ['default', name], replicas).catch(() => null);
      return answer?.status === 202;
    });
  /** Scales out and in until it is told to stop. @returns how often all came to rest, and the longest that it took */
  const scaling = (signal: AbortSignal) =>
    (async () => {
      const took: number[] = [];
      for (let round = 0; !signal.aborted; round += 1) {
        const replicas = [50, 10, 30, 0][round % 4] as number;
        const from = performance.now();
        // Who scales asks again, as every autoscaler does: an A that ends while its link is down takes what it was asked for along.
        let isAtRest = false;
        const rested = load.rests(replicas).finally(() => {
          isAtRest = true;
        });
        while (!isAtRest) {
          await scale('load', replicas);
          await Promise.race([rested, sleep(ASK_AGAIN_MS)]);
        }
        await rested;
        took.push(performance.now() - from);
      }
      return { rests: took.length, longestMs: Math.round(Math.max(...took)) };
    })();

  beforeAll(async () => {
    await resolveBinaries(NEEDED, { onProgress: console.log });
    cluster = await startControlPlane({ nodes: AGENTS.flat().length, limits: 'lifted' });
    client = createKubernetesClient({ kubeconfig: cluster.kubeconfig });
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-upgrade-'));
    await install({ connection: { kubeconfig: cluster.kubeconfig }, namespace: SYSTEM_NAMESPACE });
    await Promise.all(UNITS.map(async (unit) => running.set(unit, await start(unit, 'old'))));
    const create = async (name: string) => {
      const [path, body] = [
        pathOf({ resource: 'deployments', namespace: 'default' }),
        deploymentManifest(name, {}),
      ];
      await client.request({ method: 'POST', path, body });
      return new PodHistory(client, 'default', `app=${name}`);
    };
    [steady, load] = [await create('steady'), await create('load')];
    await scale('steady', STEADY);
    await steady.rests(STEADY);
  }, BUILD_MS);
  afterAll(async () => {
    await Promise.all([steady?.stop(), load?.stop()]);
    await Promise.all([...running.values()].map((each) => each.kill()));
    await client?.close();
    await cluster?.stop();
    if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
  }, CASE_MS);

  it.each([
    ['an upgrade', 'new'],
    ['the way back', 'old'],
  ] as const)(
    '%s, the tail first: no Pod that stands is disturbed, and what is scaled meanwhile comes to rest each time',
    async (what, version) => {
      const before = [...steady.readyUids].sort();
      expect(before).toHaveLength(STEADY);
      steady.resetLowest();
      const over = new AbortController();
      const scaled = scaling(over.signal);
      const from = performance.now();
      for (const unit of UNITS) await replace(unit, version);
      const tookMs = Math.round(performance.now() - from);
      over.abort();
      const { rests, longestMs } = await scaled;
      console.log(
        `${what}: ${UNITS.length} processes replaced in ${tookMs} ms, fewest Ready of ${STEADY}: ${steady.lowest}; meanwhile ${rests} scale-outs and -ins came to rest, the longest after ${longestMs} ms`,
      );
      expect([...steady.readyUids].sort()).toEqual(before);
      expect([steady.lowest, steady.all.length]).toEqual([STEADY, STEADY]);
      expect(steady.all.filter(({ restarts }) => restarts > 0)).toEqual([]);
      expect(rests).toBeGreaterThan(2);
    },
    CASE_MS,
  );

  it.skipIf(FROM !== undefined)('every property that the traces of both versions show held', async () => {
    await until('the traces are whole', async () => {
      const judged = judgeTrace(readTrace(path.join(folder, 'traces')));
      return judged.every(({ broken }) => broken.length === 0);
    });
  });
});
