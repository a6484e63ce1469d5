/** The stages as processes, and what the world or a person gives them that is wrong: named errors, and nothing lost. */
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PodObject } from '../../impl/controller/host/objects.ts';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import { POD_UID_ANNOTATION, SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import { type RunningProcess, startProcess } from '../../impl/controller/process/process.ts';
import { install } from '../../impl/deploy/install.ts';
import { type Embedded, startEmbedded } from '../../impl/embedded/index.ts';
import { createManaged, Kubedirect, until } from './support/kubedirect.ts';

describe('flags that are wrong end the command with exit code 2 and say what was expected', () => {
  it.each([
    [['run'], '--stages'],
    [['run', '--stages', 'scheduler,kubelet'], 'FLAG_INVALID: expected a comma-separated list of autoscaler'],
    [['run', '--stages', 'scheduler', '--log-level', 'loud'], 'FLAG_INVALID: expected one of fatal'],
    [['run', '--stages', 'autoscaler', '--scale-api', 'nowhere'], 'FLAG_INVALID: expected host:port'],
    [['run', '--stages', 'autoscaler', '--scale-api', '0.0.0.0:0'], 'FLAG_INVALID: --scale-api 0.0.0.0:0'],
    [
      ['run', '--stages', 'autoscaler', '--scale-api', 'a.example:80', '--scale-api-open'],
      'FLAG_INVALID: --scale-api a.example:80: expected a loopback address',
    ],
    [['run', '--stages', 'scheduler', '--nope'], "unknown option '--nope'"],
    [['agent'], '--nodes'],
    [['agent', '--nodes', 'Not_A_Node'], 'FLAG_INVALID: expected a comma-separated list of Node names'],
    [['agent', '--nodes', 'a', '--runtime', 'docker'], 'FLAG_INVALID: expected publish, simulated or cri'],
    [['agent', '--nodes', 'a', '--start-ms', '-1'], 'FLAG_INVALID: expected whole milliseconds'],
    [['check', '--world', 'nowhere'], 'FLAG_INVALID: no world is named'],
    [['up', '--nodes', '-1'], 'FLAG_INVALID: --nodes: expected an integer'],
    [['embedded', '--port', '99999'], 'FLAG_INVALID: --port: expected an integer'],
    [['bench', 'scale-out', '--pods', 'x'], 'FLAG_INVALID: expected a whole number'],
    [['install', '--namespace', '_'], 'FLAG_INVALID: --namespace: expected the name'],
    [['release', '--timeout', 'soon'], 'FLAG_INVALID: --timeout: expected seconds'],
    [['nonsense'], "unknown command 'nonsense'"],
  ])('%j', async (args, expected) => {
    const command = new Kubedirect(args);
    expect(await command.exited).toBe(2);
    expect(command.output).toContain(expected);
    expect(command.output).not.toContain('    at ');
  });

  it('a kubeconfig that is not there is named', async () => {
    const command = new Kubedirect(['run', '--stages', 'scheduler', '--kubeconfig', 'not-there']);
    expect(await command.exited).toBe(1);
    expect(command.output).toContain('KUBECONFIG_INVALID: The kubeconfig from not-there');
  });
});

describe('a stage as a process', () => {
  let folder: string;
  let embedded: Embedded | null = null;
  let client: KubernetesClient | null = null;
  const processes: Kubedirect[] = [];
  const inside: RunningProcess[] = [];

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-process-'));
  });
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((each) => each.stop()));
    await Promise.all(inside.splice(0).map((each) => each.stop()));
    await client?.close();
    await embedded?.stop();
    [client, embedded] = [null, null];
    fs.rmSync(folder, { recursive: true, force: true });
  });
  const start = (args: readonly string[], limitBlocks?: number): Kubedirect => {
    const each = new Kubedirect(args, limitBlocks);
    processes.push(each);
    return each;
  };

  it('waits for an API Server that is down at its start, says so by name, and works when it is up', async () => {
    const port = await new Promise<number>((resolve) => {
      const server = net.createServer().listen(0, '127.0.0.1', () => {
        const { port: free } = server.address() as net.AddressInfo;
        server.close(() => resolve(free));
      });
    });
    const kubeconfig = path.join(folder, 'kubeconfig');
    const named = (name: string, more: object) => [{ name, ...more }];
    fs.writeFileSync(
      kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'c',
        contexts: named('c', { context: { cluster: 'c', user: 'u' } }),
        clusters: named('c', { cluster: { server: `http://127.0.0.1:${port}` } }),
        users: named('u', { user: {} }),
      }),
    );
    const stage = start(['run', '--stages', 'scheduler', '--kubeconfig', kubeconfig]);
    await stage.says('API_SERVER_UNREACHABLE');
    embedded = await startEmbedded({ nodes: 1, port });
    client = createKubernetesClient({ kubeconfig: embedded.kubeconfig });
    await client.request({
      method: 'POST',
      path: pathOf({ resource: 'namespaces' }),
      body: { metadata: { name: SYSTEM_NAMESPACE } },
    });
    await stage.says('life begins');
    expect(await stage.stop()).toBe(0);
  });

  it('an agent whose journal is corrupt stops with JOURNAL_CORRUPT, before it has registered itself', async () => {
    embedded = await startEmbedded({ nodes: 1 });
    fs.writeFileSync(path.join(folder, 'node-0.journal'), 'no journal\n');
    const { kubeconfig } = embedded;
    const agent = start(['agent', '--nodes', 'node-0', '--kubeconfig', kubeconfig, '--journals', folder]);
    expect(await agent.exited).toBe(20);
    expect(agent.log.filter(({ code }) => code === 'JOURNAL_CORRUPT')).toHaveLength(1);
    client = createKubernetesClient({ kubeconfig });
    const node = await client.get(pathOf({ resource: 'nodes', name: 'node-0' }));
    expect(Object.keys(node?.metadata.annotations ?? {}).filter((name) => /kubedirect/.test(name))).toEqual(
      [],
    );
    expect(fs.readFileSync(path.join(folder, 'node-0.journal'), 'utf8')).toBe('no journal\n');
  });

  it('an address that can not be listened on is named', async () => {
    embedded = await startEmbedded({ nodes: 1 });
    const args = [
      'run',
      '--stages',
      'scheduler',
      '--kubeconfig',
      embedded.kubeconfig,
      '--host',
      '203.0.113.1',
    ];
    const stage = start(args);
    expect(await stage.exited).toBe(1);
    expect(stage.output).toContain('LINK_UNREACHABLE');
  });

  it('TailPublishes: an agent whose disk is full stops with JOURNAL_FULL and has published nothing that its journal does not name; with room, all run', async () => {
    embedded = await startEmbedded({ nodes: 1 });
    const { kubeconfig } = embedded;
    client = createKubernetesClient({ kubeconfig });
    const api = client;
    await install({ connection: { kubeconfig }, namespace: SYSTEM_NAMESPACE });
    await createManaged(api, 'full');
    inside.push(
      await startProcess({
        ...{ kubeconfig, nodes: [], runtime: 'publish', journals: folder },
        stages: ['autoscaler', 'deployment', 'replicaset', 'scheduler'],
        log: () => {},
        fatal: (error) => expect.fail(String(error)),
      }),
    );
    const journals = path.join(folder, 'journals');
    const args = ['agent', '--nodes', 'node-0', '--kubeconfig', kubeconfig, '--journals', journals];
    // 16 blocks of 1024 bytes: room for some Pods' entries, not for 100.
    const agent = start(args, 16);
    await agent.says('life begins');
    await api.patchDeployment('default', 'full', { spec: { replicas: 30 } }, 'test');
    const pods = async () =>
      (await api.list<PodObject>(pathOf({ resource: 'pods', namespace: 'default' }))).items;
    const replicas = (count: number) =>
      api.patchDeployment('default', 'full', { spec: { replicas: count } }, 'test');
    await until('some run', async () => (await pods()).length > 0);
    await replicas(100);

    expect(await agent.exited).toBe(20);
    expect(agent.log.filter(({ code }) => code === 'JOURNAL_FULL')).toHaveLength(1);
    const intents = new Set(
      fs
        .readFileSync(path.join(journals, 'node-0.journal'), 'utf8')
        .split('\n')
        .flatMap((line) => {
          const entry = line.endsWith('}') ? (JSON.parse(line) as { kind: string; uid?: string }) : null;
          return entry?.kind === 'publishIntent' ? [entry.uid] : [];
        }),
    );
    const published = (await pods()).map(({ metadata }) => metadata.annotations?.[POD_UID_ANNOTATION]);
    expect(published.length).toBeGreaterThan(0);
    expect(published.length).toBeLessThan(100);
    expect(published.filter((uid) => !intents.has(uid))).toEqual([]);

    start(args);
    await until('all run', async () => {
      const running = (await pods()).filter(({ status }) => status?.phase === 'Running');
      return running.length === 100;
    });
    const after = new Set((await pods()).map(({ metadata }) => metadata.annotations?.[POD_UID_ANNOTATION]));
    expect(published.filter((uid) => !after.has(uid))).toEqual([]);
  });
});
