/** The real control plane, as `impl/controlplane` starts it: what stands on it, and that nothing of it stays. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { http1, http2Sender } from '../../impl/bench/requests/senders.ts';
import { create } from '../../impl/bench/requests.ts';
import { startDetached } from '../../impl/controlplane/daemon.ts';
import {
  binariesSupported,
  type ControlPlane,
  KUBERNETES_VERSION,
  resolveBinaries,
  startControlPlane,
} from '../../impl/controlplane/index.ts';
import { isUp, readState, stopDetached } from '../../impl/controlplane/state.ts';

const BUILD_MS = 30 * 60_000;
const CASE_MS = 3 * 60_000;
const NEEDED = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
  'kubectl',
  'kubemark',
] as const;
const support = await binariesSupported(NEEDED);
if (!support.ok) console.warn(`SKIPPED, the real control plane: ${support.reason}`);

const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 90_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`never came to hold: ${what}`);
    await sleep(200);
  }
};
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const podOn = (name: string, node: string, cpu: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { nodeName: node, containers: [{ name: 'main', image: 'none', resources: { requests: { cpu } } }] },
  });

describe.skipIf(!support.ok)('the real control plane', () => {
  let cluster: ControlPlane;
  const kubectl = async (...args: string[]): Promise<string> => {
    const { stdout, stderr, code } = await cluster.kubectl(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const apply = async (manifest: string): Promise<void> => {
    const { code, stderr } = await cluster.kubectl(['apply', '-f', '-'], manifest);
    if (code !== 0) throw new Error(stderr);
  };
  const phaseOf = (pod: string) =>
    kubectl('get', 'pod', pod, '-o', 'jsonpath={.status.phase}/{.status.reason}');

  beforeAll(async () => {
    await resolveBinaries(NEEDED, { onProgress: console.log });
    cluster = await startControlPlane({
      nodes: 3,
      limits: 'lifted',
      auditLog: true,
      extraArgs: {
        'kube-controller-manager': ['--node-monitor-grace-period=8s', '--node-monitor-period=1s'],
      },
    });
  }, BUILD_MS);
  afterAll(() => cluster?.stop(), CASE_MS);

  it(
    'takes a Pod in protobuf as it takes one in JSON, over HTTP/1.1 and HTTP/2 (bench requests)',
    async () => {
      const senders = [await http1(cluster.kubeconfig, 2), await http2Sender(cluster.kubeconfig)];
      const shown: string[] = [];
      for (const [i, sender] of senders.entries())
        for (const body of ['JSON', 'protobuf'] as const) {
          const name = `asked-${i}-${body.toLowerCase()}`;
          expect(await sender.send(create(name, { body, answer: 'metadata' }))).toBeGreaterThan(100);
          await expect(sender.send(create(name, { body, answer: 'object' }))).rejects.toThrow('got 409');
          const pod = JSON.parse(await kubectl('get', 'pod', name, '-o', 'json'));
          const { labels, annotations } = pod.metadata;
          shown.push(JSON.stringify([labels, annotations, pod.spec]).replaceAll(name, 'NAME'));
        }
      await Promise.all(senders.map((sender) => sender.close()));
      expect(new Set(shown).size).toBe(1);
      expect(shown[0]).toContain('nowhere');
    },
    CASE_MS,
  );

  it('states the version it was built from, to clients too', async () => {
    expect(cluster.version).toBe(KUBERNETES_VERSION);
    expect(JSON.parse(await kubectl('version', '-o', 'json')).serverVersion.gitVersion).toBe(
      KUBERNETES_VERSION,
    );
  });

  it('listens on loopback only', () => {
    expect(new URL(cluster.url).hostname).toBe('127.0.0.1');
  });

  it(
    'runs an unmanaged Deployment by the stock controllers and scheduler on kwok nodes',
    async () => {
      await kubectl('create', 'deployment', 'plain', '--image=none', '--replicas=20');
      await kubectl('rollout', 'status', 'deployment/plain', '--timeout=60s');
      const nodes = await kubectl(
        'get',
        'pods',
        '-l',
        'app=plain',
        '-o',
        'jsonpath={.items[*].spec.nodeName}',
      );
      expect(new Set(nodes.split(' '))).toEqual(new Set(['node-0', 'node-1', 'node-2']));
      await kubectl('delete', 'deployment', 'plain', '--cascade=foreground', '--timeout=60s');
      expect(await kubectl('get', 'pods', '-l', 'app=plain', '-o', 'name')).toBe('');
    },
    CASE_MS,
  );

  it('runs each stock controller under its own ServiceAccount, with RBAC on', async () => {
    const { stdout } = await cluster.kubectl([
      ...['auth', 'can-i', 'create', 'pods'],
      '--as=system:serviceaccount:kube-system:replicaset-controller',
    ]);
    expect(stdout.trim()).toBe('yes');
    const accounts = await kubectl('get', 'serviceaccounts', '-n', 'kube-system', '-o', 'name');
    expect(accounts).toContain('replicaset-controller');
  });

  it('a ServiceAccount kubeconfig speaks for that account and may do nothing by default', async () => {
    const path = await cluster.serviceAccountKubeconfig('agents', 'kubelet-agent');
    const who = JSON.parse(await kubectl('--kubeconfig', path, 'auth', 'whoami', '-o', 'json'));
    expect(who.status.userInfo.username).toBe('system:serviceaccount:agents:kubelet-agent');
    const { code, stderr } = await cluster.kubectl(['--kubeconfig', path, 'get', 'pods']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('Forbidden')]);
  });

  it(
    'a failed kwok node turns NotReady and runs nothing until it recovers',
    async () => {
      const ready = (node: string) =>
        kubectl('get', 'node', node, '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}');
      await cluster.failKwokNodes(['node-2']);
      await until('node-2 is not Ready', async () => (await ready('node-2')) === 'Unknown');
      await apply(podOn('stranded', 'node-2', '1'));
      await apply(podOn('fine', 'node-1', '1'));
      await until('the other node works', async () => (await phaseOf('fine')) === 'Running/');
      expect(await phaseOf('stranded')).toBe('Pending/');
      await cluster.recoverKwokNodes(['node-2']);
      await until('node-2 is Ready again', async () => (await ready('node-2')) === 'True');
      await until('its Pod runs', async () => (await phaseOf('stranded')) === 'Running/');
    },
    CASE_MS,
  );

  it(
    'a hollow node runs what fits, refuses what does not (OutOfcpu), and returns after a kill',
    async () => {
      const node = await cluster.startHollowNode('hollow-0');
      await apply(podOn('small', 'hollow-0', '100m'));
      await apply(podOn('too-large', 'hollow-0', '64'));
      await until('the small Pod runs', async () => (await phaseOf('small')) === 'Running/');
      await until('the large Pod is refused', async () => (await phaseOf('too-large')) === 'Failed/OutOfcpu');
      const { pid } = node;
      await node.kill();
      expect(node.pid).toBeUndefined();
      await node.restart();
      expect(node.pid).not.toBe(pid);
      await node.stop();
      expect((await cluster.kubectl(['get', 'node', 'hollow-0'])).code).toBe(1);
    },
    CASE_MS,
  );

  it(
    'the apiserver can be killed and comes back at the same address with its data',
    async () => {
      const before = await kubectl('get', 'nodes', '-o', 'name');
      await cluster.signal('kube-apiserver', 'SIGKILL');
      expect(cluster.pids.has('kube-apiserver')).toBe(false);
      expect((await cluster.kubectl(['get', 'nodes'])).code).toBe(1);
      await expect(cluster.signal('kube-apiserver', 'SIGKILL')).rejects.toMatchObject({
        code: 'COMPONENT_FAILED',
      });
      await cluster.restart('kube-apiserver');
      expect(await kubectl('get', 'nodes', '-o', 'name')).toBe(before);
    },
    CASE_MS,
  );

  it('serves the apiserver’s metrics', async () => {
    expect(await cluster.metrics()).toMatch(/^apiserver_request_total\{.*verb="POST"/m);
  });

  it(
    'stop ends every process and removes the data folder',
    async () => {
      const { dataDir } = cluster;
      const pids = [...cluster.pids.values()];
      expect(pids).toHaveLength(5);
      await cluster.stop();
      expect(pids.filter(alive)).toEqual([]);
      expect(existsSync(dataDir)).toBe(false);
      await cluster.stop();
    },
    CASE_MS,
  );
});

describe.skipIf(!support.ok)('a control plane whose holder is gone', () => {
  it(
    'dies with the process that started it, killed with SIGKILL, and its folder is removed',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'kubedirect-holder-'));
      const dataDir = join(folder, 'data');
      const module = new URL('../../impl/controlplane/index.ts', import.meta.url).href;
      const source = `const { startControlPlane } = await import(${JSON.stringify(module)});
      const c = await startControlPlane({ dataDir: ${JSON.stringify(dataDir)}, kubeScheduler: false });
      console.log(JSON.stringify([...c.pids.values()]));`;
      const holder: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', source], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const pids = await new Promise<number[]>((resolve, reject) => {
        holder.stdout?.once('data', (data: Buffer) => resolve(JSON.parse(data.toString()) as number[]));
        holder.once('exit', (code) => reject(new Error(`the holder ended with ${code}`)));
      });
      expect(pids.length).toBeGreaterThanOrEqual(3);
      holder.kill('SIGKILL');
      await until('all is gone', async () => !pids.some(alive) && !existsSync(dataDir));
      await rm(folder, { recursive: true });
    },
    CASE_MS,
  );

  it(
    '`up` starts one that outlives it, finds it again, and `down` leaves nothing',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'kubedirect-detached-'));
      const dataDir = join(folder, 'data');
      const first = await startDetached(dataDir, { nodes: 1 }, () => {});
      const second = await startDetached(dataDir, { nodes: 1 }, () => {});
      expect([first.started, second.started, second.state.pid]).toEqual([true, false, first.state.pid]);
      expect(await readState(dataDir)).toEqual(first.state);
      await stopDetached(first.state);
      expect(await isUp(first.state)).toBe(false);
      expect(Object.values(first.state.pids).filter(alive)).toEqual([]);
      expect(existsSync(dataDir)).toBe(false);
      await rm(folder, { recursive: true });
    },
    CASE_MS,
  );

  it(
    '`up` that cannot start says why, by name',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'kubedirect-detached-'));
      await rm(folder, { recursive: true });
      const options = { extraArgs: { etcd: ['--no-such-flag'] } };
      await expect(startDetached(folder, options, () => {})).rejects.toMatchObject({
        code: 'COMPONENT_FAILED',
      });
      expect(existsSync(folder)).toBe(false);
    },
    CASE_MS,
  );
});
