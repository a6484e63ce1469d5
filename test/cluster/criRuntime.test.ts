/** The machines of a Pod's containers on real containerd and runc, where no control plane is needed to see what they do. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startLoneContainerd } from '../../impl/controlplane/realnode/alone.ts';
import { type RealContainerd, realNodeSupported } from '../../impl/controlplane/realnode.ts';
import { readLog } from '../../impl/cri/api/log.ts';
import { logOptionsOf } from '../../impl/cri/api/logOptions.ts';
import { containerOf } from '../../impl/cri/api/served.ts';
import { CriClient } from '../../impl/cri/client.ts';
import { LABELS, sandboxConfig } from '../../impl/cri/config.ts';
import { NO_OBJECTS } from '../../impl/cri/objects.ts';
import { echo, type LoneRuntime, openLone } from './support/loneRuntime.ts';
import { BUILD_MS, CASE_MS, until } from './support/realWaist.ts';

const support = await realNodeSupported();
if (!support.ok) console.warn(`SKIPPED, containers by a container runtime: ${support.reason}`);

describe.skipIf(!support.ok)('the containers of a Pod, by containerd', () => {
  let containerd: RealContainerd;
  let lone: LoneRuntime;

  beforeAll(async () => {
    containerd = await startLoneContainerd(console.log);
  }, BUILD_MS);
  afterAll(async () => {
    await containerd?.stop();
  }, CASE_MS);
  afterEach(() => {
    lone.close();
    vi.restoreAllMocks();
  });

  const kill = (id: string) => containerd.ctr(['-n', 'k8s.io', 'tasks', 'kill', '-s', 'SIGKILL', id]);
  const readiness = (uid: string) =>
    lone.told.flatMap((event) => (event.type === 'podReadiness' && event.uid === uid ? [event.ready] : []));
  const isReady = (uid: string) => until(`${uid} is ready`, async () => readiness(uid).at(-1) === true);
  const running = async (uid: string, name: string) =>
    (await lone.containers(uid)).find((one) => one.name === name && one.state === 'CONTAINER_RUNNING');
  const end = async (uid: string) => {
    lone.runtime.stop(uid);
    await until(`${uid} has ended`, async () =>
      lone.told.some((event) => event.type === 'podStopped' && event.uid === uid),
    );
    expect(await lone.containers(uid)).toEqual([]);
  };

  it(
    'a sidecar: what comes after it waits until it has come up; it is kept up, and ends last',
    async () => {
      lone = await openLone(containerd);
      const gate = [{ name: 'gate', mountPath: '/gate' }];
      const uid = lone.start('sidecars', {
        terminationGracePeriodSeconds: 20,
        volumes: [{ name: 'gate', emptyDir: {} }],
        initContainers: [
          echo('first', 8081, {
            restartPolicy: 'Always',
            volumeMounts: gate,
            startupProbe: {
              exec: { command: ['/program', 'cat', '/gate/open'] },
              ...{ periodSeconds: 1, failureThreshold: 1000 },
            },
          }),
          echo('second', 8082, { restartPolicy: 'Always' }),
          echo('between', 0, { args: ['say', 'done'] }),
        ],
        containers: [echo('main', 8083)],
      });
      await until('it was asked three times', async () => (lone.calls.get('ExecSync') ?? 0) >= 3);
      expect((await lone.containers(uid)).map(({ name }) => name)).toEqual(['first']);
      expect(readiness(uid)).not.toContain(true);
      fs.writeFileSync(path.join(lone.folders.volumes, uid, 'gate', 'open'), '');
      await isReady(uid);
      const before = await lone.containers(uid);
      expect(before.map(({ name, state }) => `${name} ${state}`).sort()).toEqual([
        'between CONTAINER_EXITED',
        'first CONTAINER_RUNNING',
        'main CONTAINER_RUNNING',
        'second CONTAINER_RUNNING',
      ]);
      expect(lone.runtime.statusOf(uid)).toMatchObject({
        initContainerStatuses: [{ ready: true }, { ready: true }, { ready: true, started: false }],
        containerStatuses: [{ name: 'main', ready: true }],
      });

      // Killed, it is started again; the others run on.
      const second = before.find(({ name }) => name === 'second');
      await kill(second?.id ?? '');
      await until('it runs again', async () => (await running(uid, 'second'))?.attempt === 1);
      await isReady(uid);
      expect(readiness(uid).slice(-2)).toEqual([false, true]);
      const after = await lone.containers(uid);
      const kept = (list: typeof before) => list.filter(({ name }) => name !== 'second').map(({ id }) => id);
      expect(kept(after).sort()).toEqual(kept(before).sort());

      const names = new Map(after.map(({ id, name }) => [id, name]));
      const ended: string[] = [];
      const client = new CriClient(containerd.containerdSocket);
      const unfollow = client.follow(
        ({ container_id }) => ended.push(names.get(container_id) ?? 'its sandbox'),
        () => {},
      );
      // It is told of all that ends from the first that it is told of.
      await client.version();
      await end(uid);
      unfollow();
      client.close();
      expect(ended).toEqual(['main', 'second', 'first', 'its sandbox']);
    },
    CASE_MS,
  );

  it(
    'a container whose end nobody tells is found to have ended, and started again',
    async () => {
      const lost = new Set<string>();
      const follow = CriClient.prototype.follow;
      vi.spyOn(CriClient.prototype, 'follow').mockImplementation(function (this: CriClient, exited, over) {
        return follow.call(this, (exit) => void (lost.has(exit.container_id) || exited(exit)), over);
      });
      lone = await openLone(containerd);
      const uid = lone.start('lost', { terminationGracePeriodSeconds: 1, containers: [echo('main', 8080)] });
      await isReady(uid);
      const { id = '' } = (await running(uid, 'main')) ?? {};
      lost.add(id);
      await kill(id);
      await until('it runs again', async () => (await running(uid, 'main'))?.attempt === 1);
      await isReady(uid);
      expect(readiness(uid)).toEqual([true, false, true]);
      await end(uid);
    },
    CASE_MS,
  );

  it(
    'an end that is told before the runtime has noted it costs no attempt: what has ended is taken away a moment later',
    async () => {
      lone = await openLone(containerd);
      const uid = lone.start('early', { terminationGracePeriodSeconds: 1, containers: [echo('main', 8080)] });
      await isReady(uid);
      const refusal = new Error('container is still running, to stop first');
      const remove = vi.spyOn(CriClient.prototype, 'removeContainer').mockRejectedValueOnce(refusal);
      await kill((await running(uid, 'main'))?.id ?? '');
      await until('it runs again', async () => (await running(uid, 'main'))?.attempt === 1);
      expect(remove.mock.calls.length).toBeGreaterThan(1);
      await isReady(uid);
      await end(uid);
    },
    CASE_MS,
  );

  it(
    'a container that is not alive any more is stopped and started again; one that fails is told with its exit code',
    async () => {
      lone = await openLone(containerd);
      const mounts = [{ name: 'gate', mountPath: '/gate' }];
      const uid = lone.start('alive', {
        ...{ terminationGracePeriodSeconds: 1, volumes: [{ name: 'gate', emptyDir: {} }] },
        containers: [
          echo('main', 8080, {
            volumeMounts: mounts,
            lifecycle: {
              postStart: { exec: { command: ['/program', 'write', '/gate/alive', ''] } },
              preStop: { exec: { command: ['/program', 'write', '/gate/ending', ''] } },
            },
            livenessProbe: {
              exec: { command: ['/program', 'cat', '/gate/alive'] },
              ...{ periodSeconds: 1, failureThreshold: 2, timeoutSeconds: 30 },
            },
          }),
        ],
      });
      await isReady(uid);
      const gate = path.join(lone.folders.volumes, uid, 'gate');
      expect(fs.readdirSync(gate)).toEqual(['alive']);
      fs.rmSync(path.join(gate, 'alive'));
      await until('it runs again', async () => (await running(uid, 'main'))?.attempt === 1);
      await isReady(uid);
      expect(fs.readdirSync(gate).sort()).toEqual(['alive', 'ending']);
      expect(lone.runtime.statusOf(uid)).toMatchObject({
        containerStatuses: [{ restartCount: 1, lastState: { terminated: { exitCode: 0 } } }],
      });
      await end(uid);

      const failing = lone.start('fails', {
        terminationGracePeriodSeconds: 1,
        containers: [echo('main', 0, { args: ['exit', '3'] })],
      });
      const told = () => JSON.stringify(lone.runtime.statusOf(failing)) ?? '';
      await until('it was started twice', async () => told().includes('"restartCount":1'));
      await until('its exit code is told', async () =>
        told().includes('"state":{"terminated":{"exitCode":3,"reason":"Error"'),
      );
      await end(failing);
    },
    CASE_MS,
  );

  it(
    'a Pod that stock has made runs as it stands, under its own name: nobody is asked to admit it',
    async () => {
      const spec = {
        ...{ terminationGracePeriodSeconds: 1, enableServiceLinks: false },
        containers: [echo('main', 8080)],
      };
      const metadata = { uid: 'm1', name: 'made-xyz12', namespace: 'default' };
      const made = async () => ({ apiVersion: 'v1', kind: 'Pod', metadata, spec }) as never;
      const dryRun = () => Promise.reject(Object.assign(new Error('denied'), { status: 403 }));
      lone = await openLone(containerd, undefined, { dryRun, objects: { ...NO_OBJECTS, made } });
      const uid = lone.start('made', { ...spec, automountServiceAccountToken: true }, 'a-m1');
      await isReady(uid);
      const { podIP } = lone.runtime.statusOf(uid) as { readonly podIP: string };
      expect((await (await fetch(`http://${podIP}:8080/`)).text()).trim()).toBe('made-xyz12');
      expect(lone.told.map(({ type }) => type)).not.toContain('podNeedsObject');
      await end(uid);
    },
    CASE_MS,
  );

  it(
    'a sandbox that a life before has left, and nobody knows, is taken away',
    async () => {
      lone = await openLone(containerd);
      const client = new CriClient(containerd.containerdSocket);
      const stray = (name: string) => {
        const pod = { uid: name, namespace: 'default', name, labels: {}, annotations: {} };
        return sandboxConfig({ ...pod, spec: { containers: [] } }, 'alone', lone.folders);
      };
      fs.mkdirSync(lone.folders.logs, { recursive: true });
      const id = await client.runSandbox(stray('r1-stray'));
      // Another agent's is another's.
      const { labels, ...other } = stray('r1-other');
      const theirs = await client.runSandbox({ ...other, labels: { ...labels, [LABELS.node]: 'other' } });
      await until('it is gone', async () => (await client.sandboxes({})).every((one) => one.id !== id));
      expect((await client.sandboxes({})).map((one) => one.id)).toEqual([theirs]);
      await client.removeSandbox(theirs);
      client.close();
    },
    CASE_MS,
  );

  it(
    'a log that is longer than it may be is put aside, and whoever follows it misses nothing',
    async () => {
      lone = await openLone(containerd, { maxBytes: 2_000, maxFiles: 3 });
      const uid = lone.start('talks', { terminationGracePeriodSeconds: 1, containers: [echo('main', 8080)] });
      await isReady(uid);
      const served = lone.runtime.served();
      const name = `talks-${uid}`;
      const container = containerOf(served, { namespace: 'default', pod: name, name: 'main' });
      const file = container.logFile(false);
      const lines = async (query: string, follows: boolean) => {
        const options = logOptionsOf(new URLSearchParams(query), Date.now());
        const following = { isOver: () => !container.isRunning(), signal: new AbortController().signal };
        const parts: Buffer[] = [];
        for await (const part of readLog(file, options, follows ? following : null)) parts.push(part);
        return Buffer.concat(parts).toString().split('\n').slice(0, -1);
      };
      const followed = lines('follow=true', true);
      const { podIP } = lone.runtime.statusOf(uid) as { readonly podIP: string };
      const said: string[] = [];
      const say = async () => {
        const text = `line-${said.length}-${'x'.repeat(80)}`;
        await fetch(`http://${podIP}:8080/say/${text}`);
        said.push(text);
      };
      const aside = () => fs.readdirSync(path.dirname(file)).filter((one) => one !== path.basename(file));
      const seen = new Set<string>();
      await until('three were put aside', async () => {
        await say();
        for (const one of aside()) seen.add(one);
        return seen.size >= 3;
      });
      expect(aside()).toHaveLength(2);
      await say();
      expect((await lines('tailLines=1', false)).at(-1)).toBe(said.at(-1));
      await kill(container.id ?? '');
      const [first, ...all] = await followed;
      expect(first).toMatch(/^serving /);
      expect(all).toEqual(said);
      await end(uid);
      expect(fs.existsSync(path.dirname(file))).toBe(false);
    },
    CASE_MS,
  );

  it(
    'a postStart is waited for; where it fails the container is stopped, and started again',
    async () => {
      lone = await openLone(containerd);
      const mounts = [{ name: 'fast', mountPath: '/fast' }];
      const hooked = (...command: readonly string[]) => ({
        ...{ terminationGracePeriodSeconds: 1, volumes: [{ name: 'fast', emptyDir: { medium: 'Memory' } }] },
        containers: [
          echo('main', 8080, {
            lifecycle: { postStart: { exec: { command: ['/program', ...command] } } },
            volumeMounts: mounts,
          }),
        ],
      });
      const uid = lone.start('hooked', hooked('write', '/fast/done', 'yes'));
      const started = () => lone.told.some((event) => event.type === 'podStarted' && event.uid === uid);
      await until('it has started', async () => started());
      const done = path.join(lone.folders.secrets, uid, 'fast', 'done');
      expect(fs.readFileSync(done, 'utf8')).toBe('yes');
      await end(uid);
      expect(fs.existsSync(done)).toBe(false);

      const failing = lone.start('failing', hooked('cat', '/fast/absent'));
      await until('it was tried again', async () =>
        (await lone.containers(failing)).some(({ attempt }) => attempt > 0),
      );
      expect(lone.told.filter((event) => event.type === 'podStarted' && event.uid === failing)).toEqual([]);
      await end(failing);
    },
    CASE_MS,
  );
});
