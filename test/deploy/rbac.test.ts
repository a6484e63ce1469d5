/**
 * RBAC = requests: all stages run under their own accounts through everything that makes one ask the API Server; what they asked for
 * is compared with what the installation grants. Nothing is missing, and nothing is granted that nobody asks for.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeObject, PodObject } from '../../impl/controller/host/objects.ts';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import type { KubernetesObject } from '../../impl/controller/kubernetes/types.ts';
import { DRAINED_ANNOTATION, MARK_ANNOTATION, SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import {
  type ProcessOptions,
  type RunningProcess,
  startProcess,
} from '../../impl/controller/process/process.ts';
import { ACCOUNTS, type Account } from '../../impl/deploy/identities.ts';
import { install } from '../../impl/deploy/install.ts';
import { release, takeBack } from '../../impl/deploy/release.ts';
import { watchdog } from '../../impl/deploy/watchdog.ts';
import { type Embedded, startEmbedded } from '../../impl/embedded/index.ts';
import { createManaged, until } from '../controller/support/kubedirect.ts';
import { allows, askedOf, grantsTo, Recorder, usesOf } from './support/recorder.ts';

/** Granted though no stage asks for it by name. */
const IMPLIED: Readonly<Record<string, string>> = {
  'update replicasets/finalizers':
    'asked by admission (OwnerReferencesPermissionEnforcement) on behalf of who creates a Pod with blockOwnerDeletion',
  'get pods': 'asked for the grace period of a Pod whose ReplicaSet is gone',
  'create events': 'asked when there is something to tell people of',
  // The embedded server has no such requests; `test/cluster/packages.test.ts` makes them under the real RBAC.
  'create certificatesigningrequests': 'asked where the signer issues the certificates of the links',
  'get certificatesigningrequests': 'the same',
  'get configmaps': 'the same: whom to trust',
};
/** Of one account alone. */
const IMPLIED_FOR: Partial<Record<Account, readonly string[]>> = {
  // A switch that is gone is made again; RBAC knows no name on create.
  // Stock's controller is touched only where it waits after denials; whether it has begun to is a race (`test/cluster/handOver.test.ts`).
  watchdog: ['create configmaps', 'patch replicasets'],
};
const STAGES = ['autoscaler', 'deployment', 'replicaset', 'scheduler'] as const;

let folder: string;
let embedded: Embedded;
let client: KubernetesClient;
let recorder: Recorder;
const running = new Map<Account, RunningProcess>();

async function start(account: Account, more: Partial<ProcessOptions>): Promise<void> {
  const kubeconfig = path.join(folder, `${ACCOUNTS[account]}.kubeconfig`);
  if (!fs.existsSync(kubeconfig))
    await recorder.through(account, embedded, {
      home: SYSTEM_NAMESPACE,
      ...(account === 'agent' && { node: 'node-2' }),
    });
  running.set(
    account,
    await startProcess({
      ...{ kubeconfig, stages: [], nodes: [], runtime: 'publish', journals: path.join(folder, account) },
      status: { listen: '127.0.0.1:0', isOpen: false },
      log: () => {},
      fatal: (error) => expect.fail(`${account}: ${String(error)}`),
      ...more,
    }),
  );
}
const stop = async (account: Account) => {
  await running.get(account)?.stop();
  running.delete(account);
};

const podsOf = async (app: string) =>
  (
    await client.list<PodObject>(pathOf({ resource: 'pods', namespace: 'default' }), {
      labelSelector: `app=${app}`,
    })
  ).items;
const pods = () => podsOf('web');
const rests = (count: number) =>
  until(`${count} Pods run`, async () => {
    const all = await pods();
    const ready = ({ status }: PodObject) =>
      status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
    return all.length === count && all.every(ready);
  });
const scale = (replicas: number) => client.patchDeployment('default', 'web', { spec: { replicas } }, 'test');
/** A token of the publisher's account: the embedded server lets everyone do everything. */
const tokenOfPublisher = async () => {
  const path = `/api/v1/namespaces/${SYSTEM_NAMESPACE}/serviceaccounts/${ACCOUNTS.publisher}/token`;
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const { status } = await client.request<{ status: { token: string } }>({ method: 'POST', path, body });
  return status.token;
};
/** By the direct scale API. */
const scaleDirectly = async (replicas: number) => {
  const token = await tokenOfPublisher();
  const api = running.get('autoscaler')?.scaleApi;
  const answer = await fetch(`http://${api}/v1/namespaces/default/deployments/web/scale`, {
    ...{ method: 'PUT', body: JSON.stringify({ replicas }) },
    headers: { authorization: `Bearer ${token}` },
  });
  return answer.status;
};
const annotation = async (node: string, name: string) =>
  (await client.get<NodeObject>(pathOf({ resource: 'nodes', name: node })))?.metadata.annotations?.[name];
const setReady = (node: string, status: 'True' | 'False') =>
  client.request({
    method: 'PATCH',
    path: pathOf({ resource: 'nodes', name: node, subresource: 'status' }),
    patchType: 'strategic',
    body: { status: { conditions: [{ type: 'Ready', status }] } },
  });

const replicaSets = async () => {
  type Counted = KubernetesObject & { readonly spec?: { readonly replicas?: number } };
  const { items } = await client.list<Counted>(pathOf({ resource: 'replicasets', namespace: 'default' }));
  return items.map(({ spec }) => spec?.replicas);
};
/** It looks once, and then does what it does when the stages are gone. */
async function releaseAsWatchdog(): Promise<void> {
  const kubeconfig = await recorder.through('watchdog', embedded, { home: SYSTEM_NAMESPACE });
  const its = createKubernetesClient({ kubeconfig });
  const ending = new AbortController();
  const onLook = () => ending.abort();
  const patience = { afterMs: 60_000, intervalMs: 1_000 };
  const watched = { client: its, namespace: SYSTEM_NAMESPACE, ...patience, signal: ending.signal };
  await watchdog({ ...watched, onLook, log: () => {} });
  // Nobody makes the Pods of a higher count now; stock's controller is denied, and waits: it must be touched.
  await stop('replicaset');
  await scale(22);
  await until('its ReplicaSet wants them', async () => (await replicaSets()).some((each) => each === 22));
  await release({ client: its, namespace: SYSTEM_NAMESPACE });
  await start('replicaset', { stages: ['replicaset'] });
  await its.close();
}

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-rbac-'));
  embedded = await startEmbedded({ nodes: 6 });
  client = createKubernetesClient({ kubeconfig: embedded.kubeconfig });
  recorder = new Recorder(folder);
  await install({ connection: { kubeconfig: embedded.kubeconfig }, namespace: SYSTEM_NAMESPACE });
  await createManaged(client, 'web');
  await createManaged(client, 'large', '64');
  const scaleApi = { listen: '127.0.0.1:0', isOpen: false };
  for (const stage of STAGES) await start(stage, { stages: [stage], scaleApi });
  await start('publisher', { nodes: ['node-0', 'node-1'] });
  await start('agent', { nodes: ['node-2'], runtime: 'simulated' });
  await start('simulator', { nodes: ['node-3', 'node-4'], runtime: 'simulated' });

  // Which Pod is where: each judges who asks.
  const headers = { authorization: `Bearer ${await tokenOfPublisher()}` };
  for (const [account, { status }] of running) {
    const answers = [await fetch(`http://${status}/pods`), await fetch(`http://${status}/pods`, { headers })];
    expect([account, ...answers.map((each) => each.status)]).toEqual([account, 401, 200]);
  }

  // A Pod that fits nowhere: S publishes it unbound, in its own time.
  await client.patchDeployment('default', 'large', { spec: { replicas: 1 } }, 'test');
  // Out and in; every stage but the agents once more, so that it finds what it left.
  await scale(30);
  await rests(30);
  expect(await scaleDirectly(12)).toBe(202);
  await rests(12);
  await until('the large Pod is handed over', async () => (await podsOf('large')).length === 1);
  for (const stage of STAGES) {
    await stop(stage);
    await start(stage, { stages: [stage] });
  }
  await scale(20);
  await rests(20);
  // An agent goes away: its Node is marked and its Pods are replaced; it comes back and drains.
  await stop('agent');
  await setReady('node-2', 'False');
  await until('node-2 is marked', async () => (await annotation('node-2', MARK_ANNOTATION)) !== undefined);
  await start('agent', { nodes: ['node-2'], runtime: 'simulated' });
  await until(
    'node-2 is drained',
    async () => (await annotation('node-2', DRAINED_ANNOTATION)) !== undefined,
  );
  await setReady('node-2', 'True');
  await rests(20);
  await client.patchDeployment('default', 'large', { spec: { replicas: 0 } }, 'test');
  await until('the large Pod is gone', async () => (await podsOf('large')).length === 0);
  // Released, scaled by stock onto a Node without agent, taken back: R deletes what no K will see, if S does not answer for it.
  await stop('scheduler');
  await start('scheduler', { stages: ['scheduler'], handsOver: false });
  await releaseAsWatchdog();
  await scale(40);
  await until('stock uses node-5', async () =>
    (await pods()).some(({ spec }) => spec?.nodeName === 'node-5'),
  );
  await takeBack({ client, namespace: SYSTEM_NAMESPACE });
  await until('node-5 is left', async () => (await pods()).every(({ spec }) => spec?.nodeName !== 'node-5'));
  await scale(3);
  await rests(3);
}, 120_000);
afterAll(async () => {
  await Promise.all([...running.keys()].map(stop));
  recorder?.close();
  await client?.close();
  await embedded?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** The signer's: by the audit log, in `test/cluster/packages.test.ts`. A `cri` agent asks what an agent asks. */
const APART = (Object.keys(ACCOUNTS) as Account[]).filter(
  (account) => !['control', 'signer', 'cri'].includes(account),
);

describe.each(APART)('the account of the %s', (account) => {
  const grants = grantsTo(account, SYSTEM_NAMESPACE);

  it('is allowed all that it asked for', () => {
    const missing = recorder.of(account).filter((asked) => !grants.some((grant) => allows(grant, asked)));
    expect([...new Set(missing.map((asked) => JSON.stringify(asked)))]).toEqual([]);
    expect(recorder.of(account).length).toBeGreaterThan(0);
  });

  it('is granted nothing that it did not ask for', () => {
    const unused = [...usesOf(grants, recorder.of(account))].filter(
      ([use, isUsed]) => !isUsed && !(use in IMPLIED) && IMPLIED_FOR[account]?.includes(use) !== true,
    );
    expect(unused.map(([use]) => use)).toEqual([]);
  });
});

describe('the account of the stages above the tail in one process', () => {
  const verbsOf = (accounts: readonly Account[]) =>
    new Set(
      accounts
        .flatMap((account) => grantsTo(account, SYSTEM_NAMESPACE))
        .flatMap(({ namespace, rule }) =>
          rule.resources.flatMap((resource) =>
            rule.verbs.flatMap((verb) =>
              (rule.resourceNames ?? ['']).map(
                (name) => `${namespace ?? ''} ${verb} ${rule.apiGroups}/${resource} ${name}`,
              ),
            ),
          ),
        ),
    );

  it('is granted, running containers itself, what any agent of one node is', () => {
    expect(verbsOf(['cri'])).toEqual(verbsOf(['agent']));
  });

  it('is granted what the four are together', () => {
    expect(verbsOf(['control'])).toEqual(verbsOf(STAGES));
  });
});

describe('the comparison', () => {
  const own = { verbs: ['get', 'update'], apiGroups: ['coordination.k8s.io'], resources: ['leases'] };
  const grant = { namespace: 'ns', rule: { ...own, resourceNames: ['mine'] } };
  const lease = '/apis/coordination.k8s.io/v1/namespaces/ns/leases';

  it('reads requests as RBAC does', () => {
    expect(askedOf('GET', `${lease}?watch=1&fieldSelector=metadata.name%3Dmine`)).toMatchObject({
      ...{ verb: 'watch', group: 'coordination.k8s.io', resource: 'leases', namespace: 'ns', name: 'mine' },
    });
    expect(askedOf('PATCH', '/api/v1/namespaces/d/pods/p/status')).toMatchObject({
      ...{ verb: 'patch', resource: 'pods/status', name: 'p' },
    });
    expect(askedOf('GET', '/version')).toBeUndefined();
  });

  it('notices what is missing: another name, another namespace, another verb', () => {
    const asks = (method: string, target: string) => allows(grant, askedOf(method, target)!);
    expect(asks('PUT', `${lease}/mine`)).toBe(true);
    expect(asks('PUT', `${lease}/yours`)).toBe(false);
    expect(asks('PUT', `${lease.replace('/ns/', '/other/')}/mine`)).toBe(false);
    expect(asks('PATCH', `${lease}/mine`)).toBe(false);
    expect(asks('GET', lease)).toBe(false);
  });

  it('notices what is unused', () => {
    expect(usesOf([grant], [askedOf('PUT', `${lease}/mine`)!])).toEqual(
      new Map([
        ['get leases', false],
        ['update leases', true],
      ]),
    );
  });
});
