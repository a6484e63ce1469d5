/** A real node: the stock kubelet, containerd, runc and CNI; and that nothing of it stays on the machine. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  binariesSupported,
  type ControlPlane,
  resolveBinaries,
  startControlPlane,
} from '../../impl/controlplane/index.ts';
import { cgroupHierarchies } from '../../impl/controlplane/realnode/cgroups.ts';
import { tar } from '../../impl/controlplane/realnode/image.ts';
import {
  ECHO_IMAGE,
  type RealNode,
  realNodeSupported,
  startRealNode,
} from '../../impl/controlplane/realnode.ts';

const BUILD_MS = 30 * 60_000;
const CASE_MS = 3 * 60_000;
const NEEDED = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
  'kubectl',
  'kubelet',
  'echo',
] as const;

const nodeSupport = await realNodeSupported();
const support = nodeSupport.ok ? await binariesSupported(NEEDED) : nodeSupport;
if (!support.ok) console.warn(`SKIPPED, a node with the stock kubelet and containers: ${support.reason}`);

const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 90_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`never came to hold: ${what}`);
    await sleep(100);
  }
};

/** What a real node could leave on the machine, as text. */
const traces = (): Record<string, unknown> => ({
  links: readdirSync('/sys/class/net').filter((name) => /^(kd|veth)/.test(name)),
  cgroups: cgroupHierarchies().flatMap((root) =>
    readdirSync(root).filter((name) => name.startsWith('kubedirect-') || name === 'k8s.io'),
  ),
  mounts: readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes('kubedirect')),
  folders: ['/var/log/containers', '/var/lib/cni', '/run/containerd', '/opt/containerd'].map((path) =>
    existsSync(path) ? readdirSync(path) : 'absent',
  ),
  settings: ['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops', 'net/ipv4/ip_forward'].map(
    (name) => readFileSync(`/proc/sys/${name}`, 'utf8').trim(),
  ),
  iptables: (() => {
    try {
      return execFileSync('iptables-save', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
        .split('\n')
        .filter((line) => line.includes('KUBE'));
    } catch {
      return 'no iptables';
    }
  })(),
});

describe('an image is made without a builder', () => {
  it('its archives are ones that tar reads', () => {
    const data = Buffer.from('x'.repeat(700));
    const archive = tar([{ name: 'program', data, mode: 0o755 }]);
    expect(archive.length % 512).toBe(0);
    const listing = execFileSync('tar', ['-tvf', '-'], { input: archive, encoding: 'utf8' });
    expect(listing).toMatch(/^-rwxr-xr-x 0\/0\s+700 .* program\n$/);
    expect(execFileSync('tar', ['-xOf', '-', 'program'], { input: archive }).equals(data)).toBe(true);
  });
});

describe.skipIf(!support.ok)('a real node', () => {
  const before = traces();
  let cluster: ControlPlane;
  let node: RealNode;
  const kubectl = async (...args: string[]): Promise<string> => {
    const { stdout, stderr, code } = await cluster.kubectl(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const pod = (name: string, more: object = {}): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: {
        nodeName: 'real-0',
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 10,
        containers: [{ name: 'main', image: ECHO_IMAGE, imagePullPolicy: 'Never', ...more }],
      },
    });
  const apply = async (manifest: string): Promise<void> => {
    const { code, stderr } = await cluster.kubectl(['apply', '-f', '-'], manifest);
    if (code !== 0) throw new Error(stderr);
  };
  const podIp = (name: string) => kubectl('get', 'pod', name, '-o', 'jsonpath={.status.podIP}');
  const answer = async (name: string): Promise<string> =>
    (
      await (await fetch(`http://${await podIp(name)}:8080/`, { signal: AbortSignal.timeout(5_000) })).text()
    ).trim();

  beforeAll(async () => {
    await resolveBinaries(NEEDED, { onProgress: console.log });
    cluster = await startControlPlane({ limits: 'lifted' });
    node = await startRealNode(cluster, 'real-0');
  }, BUILD_MS);
  afterAll(() => cluster?.stop(), CASE_MS);

  it(
    'runs a Pod bound to it in a real container that the host reaches under the Pod’s address',
    async () => {
      await apply(
        pod('echo', { readinessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 1 } }),
      );
      await kubectl('wait', '--for=condition=Ready', 'pod/echo', '--timeout=60s');
      expect(await podIp('echo')).toMatch(new RegExp(`^${node.address.replace(/\.1$/, '')}\\.`));
      expect(await answer('echo')).toBe('echo');
      expect(await kubectl('logs', 'echo')).toContain('serving echo on port 8080');
      expect(await node.containers()).toHaveLength(2);
    },
    CASE_MS,
  );

  it(
    'keeps its containers when the kubelet is killed, and takes them up again when it is back',
    async () => {
      const containers = await node.containers();
      await node.kill();
      expect(node.pid).toBeUndefined();
      expect(await answer('echo')).toBe('echo');
      await node.restart();
      await kubectl('wait', '--for=condition=Ready', 'pod/echo', '--timeout=60s');
      expect((await node.containers()).sort()).toEqual(containers.sort());
      expect(
        await kubectl('get', 'pod', 'echo', '-o', 'jsonpath={.status.containerStatuses[0].restartCount}'),
      ).toBe('0');
    },
    CASE_MS,
  );

  it(
    'ends the containers of a deleted Pod, by SIGTERM, before the object goes',
    async () => {
      await apply(pod('slow', { env: [{ name: 'TERM_DELAY', value: '1s' }] }));
      await kubectl('wait', '--for=condition=Ready', 'pod/slow', '--timeout=60s');
      const path = 'jsonpath={.status.containerStatuses[0].containerID}';
      const id = (await kubectl('get', 'pod', 'slow', '-o', path)).replace('containerd://', '');
      expect(await node.containers()).toContain(id);
      const log = kubectl('logs', '--follow', 'slow');
      await kubectl('delete', 'pod', 'slow', '--timeout=60s');
      expect(await node.containers()).not.toContain(id);
      expect(await log).toContain('terminating');
      await kubectl('delete', 'pod', 'echo', '--timeout=60s');
      await until('no container is left', async () => (await node.containers()).length === 0);
    },
    CASE_MS,
  );

  it(
    'stop removes containers that run, processes, links, cgroups, mounts, folders; kernel settings are as before',
    async () => {
      await apply(pod('left-running'));
      await kubectl('wait', '--for=condition=Ready', 'pod/left-running', '--timeout=60s');
      expect(traces()).not.toEqual(before);
      const { dataDir } = cluster;
      await node.stop();
      await node.stop();
      expect(existsSync(`${dataDir}/real/real-0`)).toBe(false);
      const running = execFileSync('ps', ['-ww', '-eo', 'stat=,args='], { encoding: 'utf8' })
        .split('\n')
        .filter((line) => line.includes(`${dataDir}/real`) && !line.startsWith('Z'));
      expect(running).toEqual([]);
      await until('links are gone', async () => JSON.stringify(traces()) === JSON.stringify(before)).catch(
        () => {},
      );
      expect(traces()).toEqual(before);
      expect((await cluster.kubectl(['get', 'node', 'real-0'])).code).toBe(1);
    },
    CASE_MS,
  );
});
