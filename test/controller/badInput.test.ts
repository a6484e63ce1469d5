/**
 * Bad input to running stages: each is refused by a stable code, and what was there goes on. Where the rest of it is tested: frames and
 * messages (malformed, unknown, of the wrong direction, too large) in `test/links/refusals.test.ts`; flags, an API Server that is down at
 * the start and a full disk in `process.test.ts`; the journal's file in `journal.test.ts`; the scale API in `scaleApi.test.ts`.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodeObject, PodObject } from '../../impl/controller/host/objects.ts';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import { dial } from '../../impl/controller/links/index.ts';
import { AGENT_ADDRESS_ANNOTATION, MANAGED_LABEL, SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import {
  type ProcessOptions,
  type RunningProcess,
  startProcess,
} from '../../impl/controller/process/process.ts';
import { install } from '../../impl/deploy/install.ts';
import { POLICIES } from '../../impl/deploy/policies.ts';
import { type Embedded, startEmbedded } from '../../impl/embedded/index.ts';
import type { Message } from '../../spec/messages.ts';
import { createManaged, leadScheduler, until } from './support/kubedirect.ts';

interface Line {
  readonly text: string;
  readonly code?: unknown;
  readonly peer?: unknown;
  readonly why?: unknown;
}

let folder: string;
let embedded: Embedded;
let client: KubernetesClient;
const log: Line[] = [];
const ends: (() => unknown)[] = [];

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-bad-'));
  embedded = await startEmbedded({ nodes: 1 });
  client = createKubernetesClient({ kubeconfig: embedded.kubeconfig });
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  log.length = 0;
  await client.close();
  await embedded.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

async function run(more: Partial<ProcessOptions>): Promise<RunningProcess> {
  const process = await startProcess({
    ...{ kubeconfig: embedded.kubeconfig, stages: [], nodes: [], runtime: 'publish', journals: folder },
    log: (text, fields) => log.push({ text, ...fields }),
    fatal: (error) => expect.fail(String(error)),
    ...more,
  });
  ends.push(() => process.stop());
  return process;
}
const coded = (code: string) => log.filter((line) => line.code === code);

describe('a link', () => {
  /** A Scheduler stage that says what it likes. */
  function scheduler(address: string) {
    const heard: (Message | { readonly kind: string })[] = [];
    const connection = dial(
      { address, role: 'scheduler', peer: 'kubelet/node-0' },
      {
        opened: () => {},
        message: (message) => heard.push(message),
        broken: (_, code) => heard.push({ kind: code }),
      },
    );
    ends.push(() => connection.close('the test is over'));
    const answer = async () => {
      await until('an answer', () => heard.length > 0);
      return heard.shift();
    };
    return { connection, answer };
  }
  const hello = (
    upstream: number,
    n: number,
    peer: 'kubelet/node-0' | 'kubelet/other' = 'kubelet/node-0',
  ): Message => ({
    ...{ kind: 'Hello', session: { upstream, downstream: 0, n }, role: 'scheduler', peer, wants: [] },
  });
  const agent = async () => {
    await leadScheduler(embedded.kubeconfig);
    await run({ nodes: ['node-0'] });
    let address: string | undefined;
    await until('the agent is registered', async () => {
      const node = await client.get<NodeObject>(pathOf({ resource: 'nodes', name: 'node-0' }));
      address = node?.metadata.annotations?.[AGENT_ADDRESS_ANNOTATION];
      return address !== undefined;
    });
    return address as string;
  };

  it('a Hello of an old incarnation, or of an old session, is INCARNATION_OLD; the session that is open goes on', async () => {
    const address = await agent();
    const leader = scheduler(address);
    leader.connection.send(hello(100, 2));
    const offer = (await leader.answer()) as Extract<Message, { kind: 'Offer' }>;
    expect(offer).toMatchObject({ kind: 'Offer', held: [] });

    for (const [incarnation, n] of [
      [99, 7],
      [100, 1],
    ] as const) {
      const old = scheduler(address);
      old.connection.send(hello(incarnation, n));
      expect(await old.answer()).toMatchObject({
        ...{ kind: 'Rejected', reason: 'old', fence: { incarnation: 100, n: 2 } },
      });
    }
    // The very session that is open: to answer would be to answer on a connection that is not its own.
    const second = scheduler(address);
    second.connection.send(hello(100, 2));
    expect(await second.answer()).toEqual({ kind: 'LINK_CLOSED' });
    expect(coded('INCARNATION_OLD')).toMatchObject(
      Array(3).fill({ text: 'rejected a peer', peer: 'scheduler' }),
    );
    leader.connection.send({ kind: 'Fetch', session: offer.session, uids: [], tombstones: [] });
    expect(await leader.answer()).toMatchObject({ kind: 'State', records: [] });
  });

  it('a Hello meant for another is PEER_WRONG_IDENTITY', async () => {
    const lost = scheduler(await agent());
    lost.connection.send(hello(100, 1, 'kubelet/other'));
    expect(await lost.answer()).toMatchObject({ kind: 'Rejected', reason: 'wrongPeer' });
    expect(coded('PEER_WRONG_IDENTITY')).toHaveLength(1);
  });

  it('a dialler of another stage is PEER_WRONG_ROLE', async () => {
    const address = await agent();
    const codes: string[] = [];
    const broken = (_: string, code: string) => void codes.push(code);
    const idle = { opened: () => {}, message: () => {} };
    dial({ address, role: 'replicaset', peer: 'kubelet/node-0' }, { ...idle, broken });
    await until('it is refused', () => codes.length === 1);
    expect(codes).toEqual(['PEER_WRONG_ROLE']);
    expect(coded('PEER_WRONG_ROLE')).toHaveLength(1);
  });
});

describe('a managed Deployment that is not eligible', () => {
  const odd = {
    metadata: { labels: { app: 'odd', [MANAGED_LABEL]: 'true' } },
    spec: { hostNetwork: true, containers: [{ name: 'c', image: 'i' }] },
  };
  const createOdd = () =>
    client.request({
      method: 'POST',
      path: pathOf({ resource: 'deployments', namespace: 'default' }),
      body: {
        ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'odd' } },
        spec: { replicas: 2, selector: { matchLabels: { app: 'odd' } }, template: odd },
      },
    });
  const podsOf = async (app: string) => {
    const query = { labelSelector: `app=${app}` };
    return (await client.list<PodObject>(pathOf({ resource: 'pods', namespace: 'default' }), query)).items;
  };

  it('is denied by the API Server once ours is installed', async () => {
    await install({ connection: { kubeconfig: embedded.kubeconfig }, namespace: SYSTEM_NAMESPACE });
    await expect(createOdd()).rejects.toMatchObject({
      ...{ code: 'API_REQUEST_FAILED', message: expect.stringContaining('not eligible') },
    });
  });

  it('that came past it is DEPLOYMENT_NOT_ELIGIBLE: told once, scaled by no one; the one beside it is', async () => {
    await install({ connection: { kubeconfig: embedded.kubeconfig }, namespace: SYSTEM_NAMESPACE });
    await client.request({
      method: 'DELETE',
      path: `/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/${POLICIES.eligibility}`,
    });
    await createOdd();
    await createManaged(client, 'even');
    const { scaleApi } = await run({
      stages: ['autoscaler', 'deployment', 'replicaset', 'scheduler'],
      nodes: ['node-0'],
      scaleApi: { listen: '127.0.0.1:0', isOpen: true },
    });
    const scale = async (name: string) => {
      const url = `http://${scaleApi}/v1/namespaces/default/deployments/${name}/scale`;
      const answer = await fetch(url, { method: 'PUT', body: '{"replicas": 3}' });
      return { status: answer.status, ...((await answer.json()) as { code?: string }) };
    };
    await until('A knows the Deployments', async () => (await scale('even')).status === 202);
    expect(await scale('odd')).toMatchObject({ status: 422, code: 'DEPLOYMENT_NOT_ELIGIBLE' });
    await until('the other runs', async () => (await podsOf('even')).length === 3);
    expect(await podsOf('odd')).toEqual([]);
    expect(coded('DEPLOYMENT_NOT_ELIGIBLE')).toMatchObject([
      { why: [expect.stringContaining('hostNetwork')] },
    ]);
  });
});
