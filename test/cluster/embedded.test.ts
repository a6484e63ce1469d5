/**
 * The embedded server is held to the real one: the same requests on both, the same answers; and the real kubectl works on it.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  binariesSupported,
  type ControlPlane,
  resolveBinaries,
  startControlPlane,
} from '../../impl/controlplane/index.ts';
import { type Embedded, startEmbedded } from '../../impl/embedded/index.ts';
import { run } from '../embedded/support/differential.ts';
import { randomSteps } from '../embedded/support/randomSteps.ts';
import { SCENARIOS } from '../embedded/support/scenarios.ts';

const needed = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'] as const;
const support = await binariesSupported(needed);
if (!support.ok) console.warn(`SKIPPED, the embedded server against the real one: ${support.reason}`);

/** KUBEDIRECT_DIFFERENTIAL=FIRST,COUNT runs others. */
const [first = 1, seeds = 6] = (process.env.KUBEDIRECT_DIFFERENTIAL ?? '1,6').split(',').map(Number);
const RANDOM = { first, seeds };

const post = (url: string, body: object) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

describe.skipIf(!support.ok)('the API Server model answers as the real one', () => {
  let real: ControlPlane;
  let proxy: ChildProcess;
  let realUrl: string;
  let model: Embedded;

  beforeAll(async () => {
    real = await startControlPlane({ kubeScheduler: false });
    const kubectl = (await resolveBinaries(['kubectl'])).get('kubectl') ?? 'kubectl';
    // Plain HTTP to the real server, as to the other.
    const flags = [
      'proxy',
      '--port=0',
      '--kubeconfig',
      real.kubeconfig,
      '--reject-paths=^$',
      '--reject-methods=^$',
    ];
    proxy = spawn(kubectl, flags, { stdio: ['ignore', 'pipe', 'ignore'] });
    realUrl = await new Promise<string>((resolve, reject) => {
      proxy.once('exit', (code) => reject(new Error(`kubectl proxy ended with ${code}`)));
      proxy.stdout?.on('data', (chunk: Buffer) => {
        const address = /127\.0\.0\.1:\d+/.exec(chunk.toString());
        if (address !== null) resolve(`http://${address[0]}`);
      });
    });
    model = await startEmbedded({ nodes: 0, controllers: false });
    for (const url of [realUrl, model.url])
      await post(`${url}/api/v1/namespaces`, { metadata: { name: 'diff' } });
    while (!(await fetch(`${realUrl}/api/v1/namespaces/diff/serviceaccounts/default`)).ok) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // From here on nobody but the script writes.
    await real.signal('kube-controller-manager', 'SIGSTOP');
  });
  afterAll(async () => {
    await real?.signal('kube-controller-manager', 'SIGCONT');
    proxy?.kill();
    await model?.stop();
    await real?.stop();
  });

  it.each(Object.keys(SCENARIOS))('to the script %s', async (name) => {
    const steps = SCENARIOS[name] ?? [];
    const [theirs, ours] = [await run(realUrl, steps), await run(model.url, steps)];
    expect(steps.length).toBeGreaterThan(0);
    for (const [i, want] of theirs.entries()) expect(ours[i], `step ${i}: ${want.step}`).toEqual(want);
  });

  it.each(Array.from({ length: RANDOM.seeds }, (_, i) => RANDOM.first + i))(
    'to 60 random requests, and in the watch of what they did (seed %i)',
    async (seed) => {
      const steps = randomSteps(seed, 60);
      const [theirs, ours] = await Promise.all([run(realUrl, steps), run(model.url, steps)]);
      for (const [i, want] of theirs.entries())
        expect(ours[i], `seed ${seed}, step ${i}: ${want.step} ${JSON.stringify(steps[i]?.body)}`).toEqual(
          want,
        );
    },
  );
});

const execute = promisify(execFile);

describe.skipIf(!support.ok)('kubectl works on the embedded server', () => {
  let cluster: Embedded;
  let binary: string;
  beforeAll(async () => {
    cluster = await startEmbedded({ nodes: 5 });
    binary = (await resolveBinaries(['kubectl'])).get('kubectl') ?? 'kubectl';
  });
  afterAll(() => cluster?.stop());

  const kubectl = async (args: string, input?: string): Promise<string> => {
    const child = execute(binary, ['--kubeconfig', cluster.kubeconfig, ...args.split(' ')]);
    child.child.stdin?.end(input ?? '');
    const { stdout, stderr } = await child;
    return stdout + stderr;
  };
  const manifest = (image: string, replicas: number) =>
    JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        replicas,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image }] } },
      },
    });

  it('get, apply, scale, rollout, delete, and watches', async () => {
    expect(await kubectl('get nodes')).toMatch(/node-0\s+Ready/);
    expect(await kubectl('apply -f -', manifest('i:1', 3))).toContain('deployment.apps/web created');
    expect(await kubectl('rollout status deploy/web --timeout=30s')).toContain('successfully rolled out');
    expect(await kubectl('apply -f -', manifest('i:1', 3))).toContain('deployment.apps/web unchanged');
    expect(await kubectl('scale deploy/web --replicas=6')).toContain('scaled');
    await kubectl('wait deploy/web --for=jsonpath={.status.readyReplicas}=6 --timeout=30s');
    expect(await kubectl('get deploy web')).toMatch(/web\s+6\/6\s+6\s+6/);
    expect(await kubectl('apply --server-side --force-conflicts -f -', manifest('i:2', 2))).toContain(
      'serverside-applied',
    );
    expect(await kubectl('rollout status deploy/web --timeout=30s')).toContain('successfully rolled out');
    expect(await kubectl('rollout undo deploy/web')).toContain('rolled back');
    await kubectl('wait --for=condition=Ready pod -l app=web --timeout=30s');
    expect(await kubectl('get pods -l app=web -o jsonpath={.items[*].spec.containers[0].image}')).toContain(
      'i:1',
    );
    expect(await kubectl('describe deploy web')).toContain('ScalingReplicaSet');
    expect(await kubectl('delete deploy web --cascade=foreground --timeout=30s')).toContain('deleted');
    expect(await kubectl('get pods -l app=web')).toContain('No resources found');
  });

  it('cordon, drain and delete a Node', async () => {
    await kubectl('apply -f -', manifest('i:1', 10));
    await kubectl('rollout status deploy/web --timeout=30s');
    await kubectl('drain node-1 --timeout=30s');
    expect(await kubectl('get pods -o jsonpath={.items[*].spec.nodeName}')).not.toContain('node-1');
    expect(await kubectl('get node node-1')).toContain('SchedulingDisabled');
    expect(await kubectl('uncordon node-1')).toContain('uncordoned');
    await kubectl('delete deploy web');
  });

  it('as another identity, by impersonation', async () => {
    await kubectl('get configmaps --as=system:serviceaccount:a:b');
    expect(
      cluster
        .requests()
        .some((row) => row.user === 'system:serviceaccount:a:b' && row.resource === 'configmaps'),
    ).toBe(true);
  });

  it('is told what it can not do here', async () => {
    const refused = await kubectl('create serviceaccount x').catch(
      (error: { stderr: string }) => error.stderr,
    );
    expect(refused).toContain('kubectl apply -f');
  });
});
