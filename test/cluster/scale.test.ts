/** A managed Deployment is scaled on the real control plane, with the stock controllers running beside (protocol 8, 9). */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import { callersOf } from '../../impl/controller/process/callers.ts';
import { serveScaleApi } from '../../impl/controller/process/scaleApi.ts';
import { denialsBetween } from '../../impl/deploy/denials.ts';
import { ACCOUNTS, STOCK_REPLICASET_CONTROLLER, serviceAccountUser } from '../../impl/deploy/identities.ts';
import { POLICIES } from '../../impl/deploy/policies.ts';
import { readStatus } from '../../impl/deploy/status.ts';
import type { PodHistory } from './support/podHistory.ts';
import { BUILD_MS, CASE_MS, type RealWaist, startRealWaist, support } from './support/realWaist.ts';

interface AuditLine {
  readonly verb: string;
  readonly stage: string;
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
}

/** Admitted creates and deletes of Pods, from the audit log. */
function admitted(folder: string): AuditLine[] {
  const lines = fs.readFileSync(path.join(folder, 'audit.log'), 'utf8').split('\n').filter(Boolean);
  return lines
    .map((line) => JSON.parse(line) as AuditLine)
    .filter(
      ({ verb, objectRef, responseStatus, stage }) =>
        (verb === 'create' || verb === 'delete') &&
        objectRef?.resource === 'pods' &&
        objectRef.subresource === undefined &&
        stage === 'ResponseComplete' &&
        (responseStatus?.code ?? 0) < 300,
    );
}

describe.skipIf(!support.ok)('a managed Deployment on the real control plane', () => {
  let kd: RealWaist;
  let ours: PodHistory;
  let plain: PodHistory;

  /** Scales and waits for rest; prints how long it took and what was denied. */
  const go = async (what: string, replicas: number, scale: () => Promise<unknown>) => {
    const before = await kd.cluster.metrics();
    const start = performance.now();
    await scale();
    await ours.rests(replicas);
    const settled = performance.now();
    await kd.statusRests('ours', replicas);
    await kd.kubectl('rollout', 'status', 'deployment/ours', '--timeout=30s');
    const denied = denialsBetween(before, await kd.cluster.metrics(), POLICIES.owner);
    const seconds = (end: number) => ((end - start) / 1000).toFixed(2);
    console.log(
      `${what}: Pods at rest after ${seconds(settled)} s, status and rollout after ${seconds(performance.now())} s, ${denied} requests denied`,
    );
  };
  const direct = (replicas: number) => () => kd.scale('ours', replicas);
  const byKubectl = (replicas: number) => () =>
    kd.kubectl('scale', 'deployment/ours', `--replicas=${replicas}`);

  beforeAll(async () => {
    kd = await startRealWaist({ nodes: 5, auditLog: true });
    ours = await kd.create('ours');
    plain = await kd.create('plain', { managed: false, replicas: 3 });
    await plain.rests(3);
  }, BUILD_MS);
  afterAll(() => kd?.stop(), CASE_MS);

  it(
    'goes 0 → 200 → 20 → 0 by the direct scale API; the stock Deployment status is right at each rest',
    async () => {
      await go('direct 0 → 200', 200, direct(200));
      await go('direct 200 → 20', 20, direct(20));
      const { attention, agents, deployments } = await readStatus(kd.client, SYSTEM_NAMESPACE);
      expect({ attention, agents: agents.length }).toEqual({ attention: [], agents: 5 });
      expect(deployments).toEqual([
        { name: 'ours', namespace: 'default', replicas: 20, ready: 20, written: 20 },
      ]);
      await go('direct 20 → 0', 0, direct(0));
    },
    CASE_MS,
  );

  it(
    'goes 0 → 200 → 20 → 0 by kubectl scale; the stock Deployment status is right at each rest',
    async () => {
      await go('kubectl 0 → 200', 200, byKubectl(200));
      await go('kubectl 200 → 20', 20, byKubectl(20));
      await go('kubectl 20 → 0', 0, byKubectl(0));
    },
    CASE_MS,
  );

  it(
    'is scaled by the concurrency that is reported of it, and then by nobody else there',
    async () => {
      const url = `http://${kd.waist.stages.autoscaler.scaleApi}/v1/namespaces/default/deployments/ours`;
      const put = async (what: string, body: object) =>
        (await fetch(`${url}/${what}`, { method: 'PUT', body: JSON.stringify(body) })).status;
      const report = (concurrency: number) => put('concurrency', { reporter: 'gateway', concurrency });
      expect(await report(300)).toBe(409);
      const target = 'autoscaling.kubedirect.dev/target';
      await kd.kubectl('annotate', 'deployment/ours', `${target}=10`);
      while ((await put('scale', { replicas: 1 })) !== 409) await new Promise((r) => setTimeout(r, 50));
      await go('reported 300 at 10 for each Pod', 30, async () => expect(await report(300)).toBe(202));
      await kd.kubectl('annotate', 'deployment/ours', `${target}-`);
      await go('direct 30 → 0', 0, direct(0));
    },
    CASE_MS,
  );

  it(
    'the direct scale API takes a caller who may update deployments/scale, by its own token, and no other',
    async () => {
      for (const who of ['gateway', 'stranger']) await kd.kubectl('create', 'serviceaccount', who);
      const may = ['--verb=update', '--resource=deployments.apps/scale', '--resource-name=ours'];
      await kd.kubectl('create', 'role', 'scaler', ...may);
      await kd.kubectl(
        'create',
        'rolebinding',
        'scaler',
        '--role=scaler',
        '--serviceaccount=default:gateway',
      );
      const autoscaler = await kd.cluster.serviceAccountKubeconfig(SYSTEM_NAMESPACE, ACCOUNTS.autoscaler);
      const client = createKubernetesClient({ kubeconfig: autoscaler });
      const scaled: [string, number][] = [];
      const api = await serveScaleApi(
        { listen: '127.0.0.1:0', callers: callersOf(client) },
        {
          find: (_, name) => ({ uid: name, ineligible: [], autoscaled: false }),
          scale: (uid, replicas) => scaled.push([uid, replicas]) > 0,
          report: () => false,
        },
      );
      const ask = async (name: string, token: string) => {
        const url = `http://${api.address}/v1/namespaces/default/deployments/${name}/scale`;
        const headers = { authorization: `Bearer ${token}` };
        return (await fetch(url, { method: 'PUT', body: '{"replicas": 7}', headers })).status;
      };
      const tokenOf = async (who: string) => (await kd.kubectl('create', 'token', who)).trim();
      const [gateway, stranger] = [await tokenOf('gateway'), await tokenOf('stranger')];
      expect(await ask('ours', gateway)).toBe(202);
      expect(await ask('plain', gateway)).toBe(403);
      expect(await ask('ours', stranger)).toBe(403);
      expect(await ask('ours', `${gateway.slice(0, -4)}AAAA`)).toBe(401);
      expect(scaled).toEqual([['ours', 7]]);
      await api.close();
      await client.close();
    },
    CASE_MS,
  );

  it('has only Pods that its stages published, each stamp once', () => {
    const stamps = ours.all.map(({ stamp }) => stamp);
    expect(stamps).not.toContain(null);
    expect(new Set(stamps).size).toBe(stamps.length);
    expect(stamps.length).toBe(430);
    expect(ours.all.filter(({ restarts }) => restarts > 0)).toEqual([]);
  });

  it('leaves an unmanaged Deployment beside it to the stock controllers', async () => {
    const first = plain.readyUids;
    expect(plain.all).toHaveLength(3);
    await kd.kubectl('scale', 'deployment/plain', '--replicas=5');
    await plain.rests(5);
    expect([...first].filter((uid) => !plain.readyUids.has(uid))).toEqual([]);
    await kd.kubectl('scale', 'deployment/plain', '--replicas=2');
    await plain.rests(2);
    expect(plain.all.map(({ stamp }) => stamp)).toEqual([null, null, null, null, null]);
  });

  it('FenceHolds: the stock ReplicaSet controller created and deleted Pods of the unmanaged one alone', () => {
    const acts = admitted(kd.cluster.dataDir);
    const stock = acts.filter(({ user }) => user.username === STOCK_REPLICASET_CONTROLLER);
    expect(stock.filter(({ verb }) => verb === 'create')).toHaveLength(plain.all.length);

    const deletes = stock.filter(({ verb }) => verb === 'delete');
    const plainNames = new Set(plain.all.map(({ name }) => name));
    const ofPlain = deletes.filter(({ objectRef }) => plainNames.has(objectRef?.name ?? ''));
    expect(new Set(ofPlain.map(({ objectRef }) => objectRef?.name)).size).toBe(3);

    // An API server answers the delete of a Pod that is already terminating with success and without asking any policy: it changes nothing.
    const publisher = serviceAccountUser(SYSTEM_NAMESPACE, ACCOUNTS.publisher);
    const endedByUs = new Map<string, string>();
    for (const { verb, user, objectRef, requestReceivedTimestamp } of acts)
      if (verb === 'delete' && user.username === publisher && !endedByUs.has(objectRef?.name ?? ''))
        endedByUs.set(objectRef?.name ?? '', requestReceivedTimestamp);
    const real = deletes.filter(({ objectRef, stageTimestamp }) => {
      const name = objectRef?.name ?? '';
      return !plainNames.has(name) && !((endedByUs.get(name) ?? '~') < stageTimestamp);
    });
    expect(real).toEqual([]);
    expect(endedByUs.size).toBe(ours.all.length);
    console.log(
      `stock deletes of managed Pods that were already terminating: ${deletes.length - ofPlain.length}`,
    );
  });

  it('every property that the recorded traces show held', async () => {
    const { broken, tested } = await kd.judgeAtRest();
    expect(broken).toEqual([]);
    for (const property of ['UniquePlacement', 'TailPublishes', 'TombstonesCollected', 'SessionFenced'])
      expect(tested[property], property).toBeGreaterThan(0);
  });
});
