/** Two processes with certificates for their links: what `/readyz`, `/healthz` and `/metrics` say while they come up, work, and end. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PodObject } from '../../impl/controller/host/objects.ts';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import { readCertificates, writeCertificates } from '../../impl/controller/links/certificateFolder.ts';
import { createAuthority } from '../../impl/controller/links/certificates.ts';
import { SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import type { HeldPod } from '../../impl/controller/process/pods.ts';
import {
  type ProcessOptions,
  type RunningProcess,
  startProcess,
} from '../../impl/controller/process/process.ts';
import type { StageReadiness } from '../../impl/controller/process/readiness.ts';
import { install } from '../../impl/deploy/install.ts';
import { type Embedded, startEmbedded } from '../../impl/embedded/index.ts';
import { recentOf, writeSteps } from '../../impl/trace/export.ts';
import { readTraceFiles } from '../../impl/trace/read.ts';
import { createManaged, until } from './support/kubedirect.ts';

const IDENTITIES = [
  'autoscaler',
  'deployment',
  'replicaset',
  'scheduler',
  'kubelet/node-0',
  'kubelet/node-1',
];

let folder: string;
let certificates: string;
let embedded: Embedded;
let client: KubernetesClient;
const running: RunningProcess[] = [];

async function start(more: Partial<ProcessOptions>): Promise<RunningProcess> {
  const started = await startProcess({
    ...{ kubeconfig: embedded.kubeconfig, stages: [], nodes: [], runtime: 'publish' },
    journals: path.join(folder, 'journals'),
    status: { listen: '127.0.0.1:0', isOpen: true },
    tls: (peer) => readCertificates(certificates, peer),
    log: () => {},
    fatal: (error) => expect.fail(String(error)),
    ...more,
  });
  running.push(started);
  return started;
}

const ask = (at: RunningProcess, name: string, method = 'GET') =>
  fetch(`http://${at.status}${name}`, { method });
async function readyz(at: RunningProcess) {
  const answer = await ask(at, '/readyz');
  const body = (await answer.json()) as { ready: boolean; stages: readonly StageReadiness[] };
  const missing = Object.fromEntries(body.stages.map(({ stage, missing: waits }) => [stage, waits]));
  return { status: answer.status, ready: body.ready, missing };
}

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-status-'));
  certificates = path.join(folder, 'certificates');
  await writeCertificates(certificates, await createAuthority(), IDENTITIES, 1);
  embedded = await startEmbedded({ nodes: 2 });
  client = createKubernetesClient({ kubeconfig: embedded.kubeconfig });
  await install({ connection: { kubeconfig: embedded.kubeconfig }, namespace: SYSTEM_NAMESPACE });
  await createManaged(client, 'web');
});
afterAll(async () => {
  for (const each of running) await each.stop();
  await client?.close();
  await embedded?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

describe('the status of a process', () => {
  it('names what each stage waits for, until it is there; then the waist works, over mutual TLS', async () => {
    const agent = await start({ nodes: ['node-0', 'node-1'] });
    await until('the agent is ready', async () => (await readyz(agent)).ready);
    await running.pop()?.stop();
    // The Nodes are registered, and nobody listens there: S must wait for them, and so must all above.
    const scaleApi = { listen: '127.0.0.1:0', isOpen: true };
    const control = await start({
      ...{ stages: ['autoscaler', 'deployment', 'replicaset', 'scheduler'], scaleApi, holder: 'first' },
    });
    await until('S waits for the agents', async () => {
      const { missing } = await readyz(control);
      return missing.scheduler?.length === 2 && missing.autoscaler?.length === 1;
    });
    expect(await readyz(control)).toEqual({
      status: 503,
      ready: false,
      missing: {
        autoscaler: ['the link to deployment is not open'],
        deployment: ['the link to replicaset is not open'],
        replicaset: ['the link to scheduler is not open'],
        scheduler: ['node-0', 'node-1'].map(
          (node) => `the agent of ${node} has not been reached, nor its Node cancelled`,
        ),
      },
    });
    expect((await ask(control, '/healthz')).status).toBe(200);
    await start({ nodes: ['node-0', 'node-1'] });
    await until('all are ready', async () => (await readyz(control)).status === 200);
    await client.patchDeployment('default', 'web', { spec: { replicas: 6 } }, 'test');
    await until('six Pods', async () => {
      const { items } = await client.list<PodObject>(pathOf({ resource: 'pods', namespace: 'default' }));
      return items.length === 6;
    });
    const metrics = await (await ask(control, '/metrics')).text();
    expect(metrics).toMatch(/^process_cpu_seconds_total /m);
    expect(metrics).toMatch(/^# TYPE kubedirect_links_broken_total counter$/m);
    expect(metrics).toMatch(/^kubedirect_pods_without_node 0$/m);
    expect(metrics).toMatch(/^kubedirect_stage_ready\{stage="scheduler"\} 1$/m);
    const { pods } = (await (await ask(control, '/pods')).json()) as { pods: readonly HeldPod[] };
    expect(pods.filter(({ stage }) => stage === 'scheduler')).toHaveLength(6);
  });

  it('of a second Autoscaler stage is ready: it stands by, and has the one that leads answer', async () => {
    const scaleApi = { listen: '127.0.0.1:0', isOpen: true };
    const standby = await start({ stages: ['autoscaler'], scaleApi, holder: 'second' });
    await until('it stands by', async () => (await readyz(standby)).ready);
    const path = '/v1/namespaces/default/deployments/web/scale';
    const asked = () =>
      fetch(`http://${standby.scaleApi}${path}`, { method: 'PUT', body: '{"replicas": 2}' });
    expect((await asked()).status).toBe(202);
    await running.pop()?.stop();
  });

  it('tells which Pod is where to those alone who may list Pods', async () => {
    const [control] = running as [RunningProcess];
    const guarded = await start({ status: { listen: '127.0.0.1:0', isOpen: false } });
    const answer = await ask(guarded, '/pods');
    expect([answer.status, await answer.json()]).toMatchObject([401, { code: 'CALLER_UNAUTHENTICATED' }]);
    expect((await ask(guarded, '/readyz')).status).toBe(200);
    expect((await ask(control, '/pods')).status).toBe(200);
    expect((await ask(guarded, '/steps?after=3')).status).toBe(answer.status);
    const { steps } = (await (await ask(control, '/steps?after=3')).json()) as { steps: readonly unknown[] };
    expect(steps.length).toBeGreaterThan(10);
    await running.pop()?.stop();
  });

  it('gives its last steps as a trace that is read as any other', async () => {
    const [control] = running as [RunningProcess];
    const out = path.join(folder, 'exported');
    const files = writeSteps(out, await recentOf(control.status ?? '', undefined));
    expect(files.map(({ stage, isWhole }) => [stage, isWhole]).sort()).toEqual(
      ['autoscaler', 'deployment', 'replicaset', 'scheduler'].map((stage) => [stage, true]),
    );
    const lines = readTraceFiles(out).flatMap((file) => file.lines.map(({ line }) => line));
    expect(lines.some(({ event }) => event.type === 'scaleRequested')).toBe(true);
    await expect(recentOf('127.0.0.1:1', undefined)).rejects.toMatchObject({ code: 'STATUS_UNREACHABLE' });
  });

  it('refuses what it does not serve, by code', async () => {
    const [control] = running as [RunningProcess];
    const other = await ask(control, '/debug');
    expect([other.status, await other.json()]).toMatchObject([404, { code: 'PATH_UNKNOWN' }]);
    const post = await ask(control, '/readyz', 'POST');
    expect([post.status, await post.json()]).toMatchObject([405, { code: 'METHOD_NOT_ALLOWED' }]);
    await expect(
      start({ stages: ['autoscaler'], status: { listen: control.status ?? '', isOpen: true } }),
    ).rejects.toMatchObject({
      code: 'PORT_TAKEN',
    });
  });
});

describe('a folder of certificates', () => {
  it('keeps keys to their owner, and is not written over', async () => {
    const key = path.join(certificates, 'kubelet', 'node-0.key');
    expect(fs.statSync(key).mode & 0o777).toBe(0o600);
    await expect(
      writeCertificates(certificates, await createAuthority(), ['scheduler'], 1),
    ).rejects.toMatchObject({ code: 'CERTIFICATES_EXIST' });
  });

  it('that lacks one is named, with the file', () => {
    expect(() => readCertificates(certificates, 'kubelet/node-9')).toThrow(
      expect.objectContaining({
        code: 'CERTIFICATES_UNREADABLE',
        message: expect.stringContaining('kubelet/node-9.pem'),
      }),
    );
  });
});
