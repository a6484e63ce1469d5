/** impl/controller/incarnation.ts, lease.ts: a number of a life is never given twice (protocol 1). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Acquisition,
  acquireIncarnation,
  raiseIncarnation,
  readIncarnation,
  readPeerIncarnation,
  registerAgent,
} from '../../impl/controller/incarnation.ts';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import { holdIncarnation } from '../../impl/controller/lease.ts';
import {
  AGENT_ADDRESS_ANNOTATION,
  AGENT_INCARNATION_ANNOTATION,
  INCARNATION_ANNOTATION,
  leaseName,
} from '../../impl/controller/names.ts';
import { type FakeServer, fact, json, startFakeServer, status } from './support/fake-server.ts';
import { createObjectServer, type ObjectServer } from './support/object-server.ts';

const ref = { namespace: 'ns', name: leaseName('scheduler') };
const LEASE = pathOf({ resource: 'leases', ...ref });
const NODE = pathOf({ resource: 'nodes', name: 'n1' });

let objects: ObjectServer;
let server: FakeServer;
let client: KubernetesClient;
beforeEach(async () => {
  objects = createObjectServer();
  server = await startFakeServer(objects.answer);
  client = createKubernetesClient({ kubeconfig: server.kubeconfig, connections: 8 });
});
afterEach(async () => {
  await client.close();
  await server.close();
});

const acquire = (
  holder: string,
  nowMs: number,
  more: Partial<Parameters<typeof acquireIncarnation>[1]> = {},
) => acquireIncarnation(client, { ...ref, holder, nowMs, ...more });

function numberOf(acquisition: Acquisition): number {
  if (!acquisition.held) throw new Error(`held by ${acquisition.by}`);
  return acquisition.incarnation;
}

describe('acquireIncarnation', () => {
  it('creates a missing Lease with the Unix time as the first number', async () => {
    expect(numberOf(await acquire('me', 1_000_000))).toBe(1_000_000);
    expect(objects.objects.get(LEASE)).toMatchObject({
      metadata: { annotations: { [INCARNATION_ANNOTATION]: '1000000' } },
      spec: {
        holderIdentity: 'me',
        leaseDurationSeconds: 15,
        renewTime: '1970-01-01T00:16:40.000000Z',
        leaseTransitions: 0,
      },
    });
  });

  it('raises the number at every start, also when the clock went back', async () => {
    await acquire('me', 1_000_000);
    expect(numberOf(await acquire('me', 400_000))).toBe(1_000_001);
    expect(numberOf(await acquire('me', 2_000_000))).toBe(2_000_000);
    expect(objects.objects.get(LEASE)?.spec?.leaseTransitions).toBe(0);
  });

  it('takes a number above the fence it is given', async () => {
    expect(numberOf(await acquire('me', 1_000, { above: 5_000 }))).toBe(5_001);
  });

  it('does not bring a number back when the Lease was deleted', async () => {
    const first = numberOf(await acquire('me', 1_000_000));
    objects.objects.delete(LEASE);
    expect(numberOf(await acquire('me', 1_000_001))).toBeGreaterThan(first);
  });

  it('says who holds the Lease, and takes it only when the record stood still for its whole duration', async () => {
    await acquire('other', 1_000);
    const first = await acquire('me', 999_000_000, { monotonicMs: 0 });
    if (first.held) throw new Error('taken from a live holder');
    expect(first).toMatchObject({ by: 'other', retryInMs: 15_000 });
    const later = await acquire('me', 999_000_000, { monotonicMs: 14_999, observation: first.observation });
    expect(later).toMatchObject({ held: false, retryInMs: 1 });
    const taken = await acquire('me', 999_000_000, { monotonicMs: 15_000, observation: first.observation });
    expect(numberOf(taken)).toBe(999_000_000);
    expect(objects.objects.get(LEASE)?.spec?.leaseTransitions).toBe(1);
  });

  it('begins to wait anew when the other holder has renewed', async () => {
    await acquire('other', 1_000);
    const first = await acquire('me', 2_000, { monotonicMs: 0 });
    if (first.held) throw new Error('taken');
    const lease = objects.objects.get(LEASE)!;
    objects.put(LEASE, { ...lease, spec: { ...lease.spec, renewTime: '1970-01-01T00:00:09.000000Z' } });
    const second = await acquire('me', 2_000, { monotonicMs: 15_000, observation: first.observation });
    expect(second).toMatchObject({ held: false, retryInMs: 15_000 });
  });

  it('takes a released Lease at once, under a new number', async () => {
    const before = numberOf(await acquire('other', 5_000));
    const lease = objects.objects.get(LEASE)!;
    objects.put(LEASE, { ...lease, spec: { ...lease.spec, holderIdentity: '' } });
    expect(numberOf(await acquire('me', 1_000))).toBe(before + 1);
  });

  it('gives different numbers to starts that race, under one holder and from nothing', async () => {
    const numbers = await Promise.all(Array.from({ length: 12 }, () => acquire('me', 7_000).then(numberOf)));
    expect(new Set(numbers).size).toBe(12);
    expect(await readIncarnation(client, ref)).toBe(Math.max(...numbers));
  });

  it('gives the Lease to one of two holders that race for it', async () => {
    const both = await Promise.all([acquire('a', 7_000), acquire('b', 7_000)]);
    expect(both.filter((one) => one.held)).toHaveLength(1);
  });

  it('refuses a counter that is not a number, by name, and leaves it', async () => {
    await acquire('me', 1_000);
    const lease = objects.objects.get(LEASE)!;
    objects.put(LEASE, {
      ...lease,
      metadata: { ...lease.metadata, annotations: { [INCARNATION_ANNOTATION]: 'soon' } },
    });
    await expect(acquire('me', 2_000)).rejects.toMatchObject({ code: 'INVARIANT_BROKEN' });
    expect(objects.objects.get(LEASE)?.metadata.annotations?.[INCARNATION_ANNOTATION]).toBe('soon');
  });
});

describe('raiseIncarnation', () => {
  it('goes above the fence while the counter is ours, also against a concurrent write', async () => {
    const current = numberOf(await acquire('me', 1_000));
    let once = true;
    objects.beforeWrite = (path) => {
      if (once) objects.put(path, objects.objects.get(path)!);
      once = false;
    };
    expect(await raiseIncarnation(client, { ...ref, current, above: 8_000, nowMs: 2_000 })).toBe(8_001);
    expect(await readIncarnation(client, ref)).toBe(8_001);
  });

  it('is null, and writes nothing, when another life has the Lease', async () => {
    const current = numberOf(await acquire('me', 1_000));
    await acquire('me', 2_000);
    expect(await raiseIncarnation(client, { ...ref, current, above: 1, nowMs: 9_000 })).toBeNull();
    expect(await readIncarnation(client, ref)).toBe(2_000);
  });
});

describe('registerAgent', () => {
  it('writes number and address to the Node, above the last, against a concurrent write', async () => {
    objects.put(NODE, {
      metadata: { name: 'n1', uid: 'u', resourceVersion: '', annotations: { kept: 'yes' } },
    });
    await registerAgent(client, { node: 'n1', address: '10.0.0.1:7', nowMs: 5_000 });
    let once = true;
    objects.beforeWrite = (path) => {
      if (once) objects.put(path, objects.objects.get(path)!);
      once = false;
    };
    const again = await registerAgent(client, { node: 'n1', address: '10.0.0.1:8', nowMs: 4_000 });
    expect(again?.incarnation).toBe(5_001);
    expect(objects.objects.get(NODE)?.metadata.annotations).toEqual({
      kept: 'yes',
      [AGENT_INCARNATION_ANNOTATION]: '5001',
      [AGENT_ADDRESS_ANNOTATION]: '10.0.0.1:8',
    });
    expect(await readPeerIncarnation(client, 'kubelet/n1', 'ns')).toMatchObject({ incarnation: 5_001 });
    expect(await readPeerIncarnation(client, 'scheduler', 'ns')).toEqual({ incarnation: null });
  });

  it('steps back where another agent stands since, but not for a write of its own whose reply was lost', async () => {
    objects.put(NODE, { metadata: { name: 'n1', uid: 'u', resourceVersion: '' } });
    const own = { node: 'n1', address: '10.0.0.1:7' };
    await registerAgent(client, { ...own, nowMs: 5_000 });
    await registerAgent(client, { ...own, nowMs: 6_000, last: 5_000 });
    expect((await registerAgent(client, { ...own, nowMs: 7_000, last: 5_000 }))?.incarnation).toBe(7_000);
    await registerAgent(client, { node: 'n1', address: '10.0.0.2:7', nowMs: 8_000 });
    await expect(registerAgent(client, { ...own, nowMs: 9_000, last: 7_000 })).rejects.toMatchObject({
      code: 'AGENT_SUPERSEDED',
    });
    expect(await readPeerIncarnation(client, 'kubelet/n1', 'ns')).toMatchObject({ incarnation: 8_000 });
  });

  it('is undefined without a Node', async () => {
    expect(await registerAgent(client, { node: 'n1', address: '', nowMs: 1 })).toBeUndefined();
  });
});

describe('holdIncarnation', () => {
  it('names the error when the API Server is down at the start, and goes on trying until it is there', async () => {
    const up = server.answer;
    server.answer = (_, response) => void response.destroy();
    const errors: unknown[] = [];
    const held = await holdIncarnation(client, {
      ...ref,
      holder: 'me',
      signal: new AbortController().signal,
      onWaiting: (why) => {
        if ('error' in why) errors.push(why.error);
        server.answer = up;
      },
    });
    expect(errors).toEqual([expect.objectContaining({ code: 'API_SERVER_UNREACHABLE' })]);
    expect(held?.incarnation).toBe(await readIncarnation(client, ref));
    held?.stop();
  });

  it('renews, says that it is superseded, and does not write over the new life', async () => {
    const lost = fact();
    const signal = new AbortController().signal;
    const held = await holdIncarnation(client, {
      ...ref,
      holder: 'me',
      retrySeconds: 0.02,
      signal,
      onLost: () => lost.tell(),
    });
    const first = objects.objects.get(LEASE)?.spec?.renewTime;
    const renewed = fact();
    objects.beforeWrite = () => renewed.tell();
    await renewed.done;
    objects.beforeWrite = () => undefined;
    const next = numberOf(await acquire('me', Date.now() + 1_000_000));
    await lost.done;
    expect(objects.objects.get(LEASE)?.spec?.renewTime).not.toBe(first);
    await held?.release();
    expect(objects.objects.get(LEASE)?.spec?.holderIdentity).toBe('me');
    expect(await readIncarnation(client, ref)).toBe(next);
  });

  it('releases the Lease on stop and keeps the counter', async () => {
    const held = await holdIncarnation(client, {
      ...ref,
      holder: 'me',
      signal: new AbortController().signal,
    });
    await held?.release();
    expect(objects.objects.get(LEASE)?.spec?.holderIdentity).toBe('');
    expect(await readIncarnation(client, ref)).toBe(held?.incarnation);
  });

  it('tells once that it can not renew, and keeps the Lease when the API Server is back', async () => {
    const unrenewed = fact();
    let told = 0;
    const held = await holdIncarnation(client, {
      ...ref,
      holder: 'me',
      retrySeconds: 0.01,
      renewDeadlineSeconds: 0.05,
      signal: new AbortController().signal,
      onUnrenewed: () => {
        told += 1;
        unrenewed.tell();
      },
    });
    const up = server.answer;
    server.answer = (_, response) => json(response, 503, status(503, 'ServiceUnavailable', 'down'));
    await unrenewed.done;
    server.answer = up;
    const renewed = fact();
    objects.beforeWrite = () => renewed.tell();
    await renewed.done;
    await held?.release();
    expect(told).toBe(1);
    expect(await readIncarnation(client, ref)).toBe(held?.incarnation);
  });
});
