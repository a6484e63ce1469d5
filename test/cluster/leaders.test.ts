/**
 * Two processes of the stages above the tail on the real control plane: one leads, one stands by (protocol 1). A leader that slept past
 * its Lease wakes up deposed: it changes nothing downstream, and nothing at the API Server once that shows the new incarnation.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acquireIncarnation } from '../../impl/controller/incarnation.ts';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { denyingPolicy, type KubernetesError } from '../../impl/controller/kubernetes/errors.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import type { Lease } from '../../impl/controller/kubernetes/types.ts';
import {
  formatFence,
  leaseName,
  MARK_ANNOTATION,
  SYSTEM_NAMESPACE,
  WRITTEN_ANNOTATION,
  WRITTEN_BY_ANNOTATION,
} from '../../impl/controller/names.ts';
import {
  agentArguments,
  askToScale,
  runArguments,
  SpawnedStage,
} from '../../impl/controller/process/spawn.ts';
import { type ControlPlane, resolveBinaries, startControlPlane } from '../../impl/controlplane/index.ts';
import { ACCOUNTS, type Account, serviceAccountUser } from '../../impl/deploy/identities.ts';
import { install } from '../../impl/deploy/install.ts';
import { POLICIES } from '../../impl/deploy/policies.ts';
import { judgeTrace } from '../../impl/trace/checks.ts';
import { readTrace } from '../../impl/trace/read.ts';
import { LED_STAGES } from '../../spec/vocabulary.ts';
import { CHROMIUM, startBrowser } from '../browser/chromium.ts';
import { PodHistory, type SeenPod } from './support/podHistory.ts';
import { BUILD_MS, CASE_MS, deploymentManifest, NEEDED, support, until } from './support/realWaist.ts';

const namespace = SYSTEM_NAMESPACE;
const NODES = ['node-0', 'node-1'];
const [REST, BURST] = [5, 60];
const leasePath = (name: string) => pathOf({ resource: 'leases', namespace, name });

describe.skipIf(!support.ok)('two processes of each stage on the real control plane', () => {
  let cluster: ControlPlane;
  let client: KubernetesClient;
  let folder: string;
  let pods: PodHistory;
  const processes = new Map<string, SpawnedStage>();

  const start = async (name: string, args: readonly string[]) => {
    const stage = new SpawnedStage('control', args, path.join(folder, `${name}.log`));
    processes.set(name, stage);
    await stage.start();
    return stage;
  };
  const control = async (holder: string) => {
    const kubeconfig = await cluster.serviceAccountKubeconfig(namespace, ACCOUNTS.control);
    const common = { kubeconfig, holder, folder, traces: true };
    const more = ['--lease', '4/3/1', '--status', '127.0.0.1:0'];
    return start(holder, [...runArguments(LED_STAGES, common), ...more]);
  };
  const holders = async () => {
    const leases = LED_STAGES.map((stage) => client.get<Lease>(leasePath(leaseName(stage))));
    return (await Promise.all(leases)).map((lease) => lease?.spec?.holderIdentity);
  };
  const allHeldBy = (holder: string) =>
    until(`${holder} leads`, async () => (await holders()).every((one) => one === holder));
  const scaleBy = (holder: string, replicas: number) =>
    until(`${holder} takes a want`, async () => {
      const { scaleApi = null } = processes.get(holder) as SpawnedStage;
      return (await askToScale(scaleApi, ['default', 'web'], replicas)).status === 202;
    });

  beforeAll(async () => {
    await resolveBinaries(NEEDED, { onProgress: console.log });
    cluster = await startControlPlane({ nodes: NODES.length, limits: 'lifted', auditLog: true });
    client = createKubernetesClient({ kubeconfig: cluster.kubeconfig });
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-leaders-'));
    await install({ connection: { kubeconfig: cluster.kubeconfig }, namespace });
    const kubeconfig = await cluster.serviceAccountKubeconfig(namespace, ACCOUNTS.publisher);
    const agent = agentArguments(NODES, { kubeconfig, holder: 'agent', folder, traces: true });
    await start('agent', [...agent, '--status', '127.0.0.1:0']);
    await control('first');
    await allHeldBy('first');
    await control('second');
    await client.request({
      method: 'POST',
      path: pathOf({ resource: 'deployments', namespace: 'default' }),
      body: deploymentManifest('web', {}),
    });
    pods = new PodHistory(client, 'default', 'app=web');
    await scaleBy('first', REST);
    await pods.rests(REST);
  }, BUILD_MS);
  afterAll(async () => {
    await pods?.stop();
    await Promise.all([...processes.values()].map((each) => each.kill()));
    await client?.close();
    await cluster?.stop();
    if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
  }, CASE_MS);

  it('one leads every stage; the other is ready to, and says behind whom', async () => {
    expect(new Set(await holders())).toEqual(new Set(['first']));
    const ready = await until('the second stands by', async () => {
      const { status } = processes.get('second') as SpawnedStage;
      const answer = await fetch(`http://${status}/readyz`);
      return answer.status === 200 && ((await answer.json()) as { stages: readonly object[] });
    });
    expect(ready.stages).toEqual(
      LED_STAGES.map((stage) => ({ stage, incarnation: null, standsBehind: 'first', missing: [] })),
    );
  });

  // Where there is none, `test/browser` says so.
  if (CHROMIUM !== undefined)
    it(
      'kubedirect view --live shows it in the browser, while it runs',
      async () => {
        const addresses = [...processes.values()].map(({ status }) => status).join(',');
        const main = path.join(import.meta.dirname, '../../impl/cli/main.ts');
        const view = spawn(process.execPath, [main, 'view', '--live', addresses], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const browser = await startBrowser();
        try {
          const [said] = (await once(view.stdout, 'data')) as [Buffer];
          const page = await browser.newPage();
          await page.goto(/http:\S+/.exec(String(said))?.[0] as string);
          const lanes = page.locator('.lanes span');
          const all = ['world', ...LED_STAGES, ...NODES, 'API Server'];
          await until('every stage has a lane', async () => (await lanes.count()) === all.length);
          expect(await lanes.allInnerTexts()).toEqual(all);
          const wants = page.locator('.row', { hasText: /replicasetScale wants/ });
          const count = async () => {
            const text = await page.locator('[aria-live=polite]').innerText();
            return Number.parseInt(text, 10);
          };
          const before = await count();
          await scaleBy('first', REST + 2);
          await pods.rests(REST + 2);
          await page.locator('.scroller').press(']');
          await until('what was asked for is there', async () => (await count()) > before);
          await page.getByRole('searchbox').fill('"kind":"scale" received');
          await until('the want is in sight', async () => (await wants.count()) > 0);
          await scaleBy('first', REST);
          await pods.rests(REST);
        } finally {
          await browser.close();
          const ended = once(view, 'exit');
          view.kill('SIGTERM');
          expect(await ended).toEqual([0, null]);
        }
      },
      CASE_MS,
    );

  it(
    'a leader that slept past its Lease in mid-burst changes nothing when it wakes up, and stands by',
    async () => {
      const first = processes.get('first') as SpawnedStage;
      await scaleBy('first', BURST);
      await pods.until('the burst is under way', () => pods.present.length > REST);
      const before = pods.readyUids;
      await first.signal('SIGSTOP');
      const slept = performance.now();
      await allHeldBy('second');
      const took = performance.now();
      const since = new Date().toISOString();
      await scaleBy('second', BURST);
      await pods.rests(BURST);
      const rested = performance.now();
      await first.signal('SIGCONT');
      await scaleBy('second', REST);
      await pods.rests(REST);
      await until('the first stands by', async () => {
        const answer = await fetch(`http://${first.status}/readyz`);
        const { stages } = (await answer.json()) as { stages: readonly { standsBehind?: string }[] };
        return stages.every(({ standsBehind }) => standsBehind === 'second');
      });
      expect(new Set(await holders())).toEqual(new Set(['second']));
      expect([...before].filter((uid) => pods.all.every(({ metadataUid }) => metadataUid !== uid))).toEqual(
        [],
      );
      expect(pods.all.map(({ stamp }) => stamp)).not.toContain(null);
      const writes = fs
        .readFileSync(path.join(cluster.dataDir, 'audit.log'), 'utf8')
        .split('\n')
        .filter((line) => line.includes('kubedirect/first') && line.includes('"stage":"ResponseComplete"'))
        .map((line) => JSON.parse(line) as AuditLine)
        .filter(({ stageTimestamp }) => stageTimestamp > since)
        .filter(({ verb }) => verb !== 'get' && verb !== 'list' && verb !== 'watch');
      expect(writes.filter(({ responseStatus }) => (responseStatus?.code ?? 0) < 300)).toEqual([]);
      console.log(
        `slept in mid-burst: the second leads after ${Math.round(took - slept)} ms (Lease of 4 s), the burst rests ${Math.round(rested - took)} ms later; writes that the first tried on waking: ${writes.length}, all denied`,
      );
    },
    CASE_MS,
  );

  it(
    'a leader that is stopped gives its Leases back: the other need not wait them out',
    async () => {
      await (processes.get('second') as SpawnedStage).stop();
      const stopped = performance.now();
      await allHeldBy('first');
      const tookMs = performance.now() - stopped;
      console.log(`stopped: the first leads after ${Math.round(tookMs)} ms`);
      expect(tookMs).toBeLessThan(4_000);
      await scaleBy('first', 2 * REST);
      await pods.rests(2 * REST);
    },
    CASE_MS,
  );

  it('every property that the recorded traces show held: no message of an older incarnation changed anything', async () => {
    const verdicts = await until('the traces are whole', async () => {
      const judged = judgeTrace(readTrace(path.join(folder, 'traces')));
      return judged.every(({ broken }) => broken.length === 0) && judged;
    });
    const tested = Object.fromEntries(verdicts.map(({ property, tested: times }) => [property, times]));
    expect(tested.SessionFenced).toBeGreaterThan(0);
    expect(tested.UniquePlacement).toBeGreaterThan(0);
  });

  describe('the fence', () => {
    const denied = (request: Promise<unknown>) =>
      request.then(
        () => 'admitted',
        (error: KubernetesError) => denyingPolicy(error) ?? error.message,
      );
    const clients: KubernetesClient[] = [];
    const as = (account: Account, pod?: string) => {
      const extra = pod === undefined ? {} : { 'authentication.kubernetes.io/pod-name': pod };
      const user = serviceAccountUser(namespace, ACCOUNTS[account]);
      const made = createKubernetesClient({ kubeconfig: cluster.kubeconfig, impersonate: { user, extra } });
      clients.push(made);
      return made;
    };
    const take = async (stage: 'deployment' | 'replicaset' | 'scheduler', holder: string) => {
      const name = leaseName(stage);
      const options = { namespace, name, holder, nowMs: Date.now() };
      const found = await acquireIncarnation(client, options);
      // Long since unchanged.
      const taken = found.held
        ? found
        : await acquireIncarnation(client, {
            ...options,
            observation: { ...found.observation, sinceMs: -1e9 },
          });
      return taken.held ? taken.incarnation : expect.fail('the Lease is held');
    };
    const write = (d: KubernetesClient, by: number, more: object = {}) =>
      d.patchDeployment(
        'default',
        'web',
        {
          metadata: { annotations: { [WRITTEN_BY_ANNOTATION]: String(by), [WRITTEN_ANNOTATION]: '{}' } },
          ...more,
        },
        'kubedirect-d',
      );
    const mark = (s: KubernetesClient, incarnation: number) =>
      s.patchNode(
        'node-0',
        { metadata: { annotations: { [MARK_ANNOTATION]: formatFence({ incarnation, n: 1 }) } } },
        'kubedirect-scheduler',
      );

    beforeAll(async () => {
      await Promise.all([...processes.values()].map((each) => each.kill()));
    });
    afterAll(() => Promise.all(clients.map((each) => each.close())));

    it('admits D under the incarnation of its Lease, and denies an older one', async () => {
      const old = await take('deployment', 'd-1');
      const d = as('deployment');
      await until('the Lease shows', async () => (await denied(write(d, old))) === 'admitted');
      const now = await take('deployment', 'd-2');
      await until('the new Lease shows', async () => (await denied(write(d, now))) === 'admitted');
      expect(await denied(write(d, old))).toBe(POLICIES.fenceDeployment);
      expect(await denied(write(as('control'), old))).toBe(POLICIES.fenceDeployment);
      expect(await denied(write(client, old))).toBe('admitted');
    });

    it('admits the mark of S under the incarnation of its Lease, and denies an older one', async () => {
      const old = await take('scheduler', 's-1');
      const now = await take('scheduler', 's-2');
      const s = as('scheduler');
      await until('the new Lease shows', async () => (await denied(mark(s, now))) === 'admitted');
      expect(await denied(mark(s, old))).toBe(POLICIES.fenceScheduler);
      expect(
        await denied(s.patchNode('node-0', { metadata: { labels: { other: 'x' } } }, 'kubedirect-scheduler')),
      ).toBe('admitted');
    });

    it('admits only the Pod that holds the Lease, where the token names one: R that deletes, D that lets go', async () => {
      await take('replicaset', 'r-1');
      const holderIs = (holder: string) => async () =>
        (await client.get<Lease>(leasePath(leaseName('replicaset'))))?.spec?.holderIdentity === holder;
      await until('r-1 holds', holderIs('r-1'));
      const victim = async (by: KubernetesClient) => {
        const { name, metadataUid: uid } = pods.present[0] as SeenPod;
        return denied(by.deletePod('default', name, { uid, gracePeriodSeconds: 30 }));
      };
      await until(
        'the Lease shows',
        async () => (await victim(as('replicaset', 'r-0'))) === POLICIES.fenceReplicaSet,
      );
      expect(await victim(as('replicaset', 'r-1'))).toBe('admitted');
      const letGo = {
        metadata: { annotations: { [WRITTEN_ANNOTATION]: null, [WRITTEN_BY_ANNOTATION]: null } },
      };
      const goes = (pod: string) =>
        denied(as('deployment', pod).patchDeployment('default', 'web', letGo, 'kubedirect-d'));
      expect(await goes('d-1')).toBe(POLICIES.fenceDeployment);
      expect(await goes('d-2')).toBe('admitted');
    });

    it('the window that is left: how long after a new incarnation an older one is still admitted', async () => {
      const d = as('deployment');
      const windows: number[] = [];
      for (let round = 0; round < 20; round += 1) {
        const old = await take('deployment', `d-${round}`);
        await until('the Lease shows', async () => (await denied(write(d, old))) === 'admitted');
        let [visible, last] = [Number.POSITIVE_INFINITY, 0];
        const trying = (async () => {
          while ((await denied(write(d, old))) === 'admitted') last = performance.now();
        })();
        await take('deployment', `e-${round}`);
        visible = performance.now();
        await trying;
        windows.push(Math.max(0, last - visible));
      }
      windows.sort((a, b) => a - b);
      console.log(
        `window of the fence, ms after the answer to the Lease's write, 20 rounds: median ${windows[10]?.toFixed(1)}, largest ${windows.at(-1)?.toFixed(1)}`,
      );
    });
  });
});

interface AuditLine {
  readonly verb: string;
  readonly stageTimestamp: string;
  readonly responseStatus?: { readonly code?: number };
}
