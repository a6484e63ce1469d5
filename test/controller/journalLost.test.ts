/** An agent killed, its journal lost, and killed twice more: its Pods stay, each of them, and are the Deployment's (protocol 5). */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PodObject } from '../../impl/controller/host/objects.ts';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import { SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import { type RunningProcess, startProcess } from '../../impl/controller/process/process.ts';
import { install } from '../../impl/deploy/install.ts';
import { type Embedded, startEmbedded } from '../../impl/embedded/index.ts';
import { createManaged, Kubedirect, until } from './support/kubedirect.ts';

let folder: string;
let embedded: Embedded;
let client: KubernetesClient;
let others: RunningProcess;
let agent: Kubedirect;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-lost-'));
  embedded = await startEmbedded({ nodes: 1 });
  const { kubeconfig } = embedded;
  client = createKubernetesClient({ kubeconfig });
  await install({ connection: { kubeconfig }, namespace: SYSTEM_NAMESPACE });
  await createManaged(client, 'lost');
  others = await startProcess({
    ...{ kubeconfig, nodes: [], runtime: 'publish', journals: folder },
    stages: ['autoscaler', 'deployment', 'replicaset', 'scheduler'],
    log: () => {},
    fatal: (error) => expect.fail(String(error)),
  });
});
afterAll(async () => {
  await agent?.stop();
  await others?.stop();
  await client?.close();
  await embedded?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

const start = (journals = folder) => {
  const { kubeconfig } = embedded;
  agent = new Kubedirect([
    ...['agent', '--nodes', 'node-0', '--kubeconfig', kubeconfig, '--journals', journals],
  ]);
};
const pods = async () =>
  (await client.list<PodObject>(pathOf({ resource: 'pods', namespace: 'default' }))).items;
const rests = (count: number) =>
  until(`${count} Pods run`, async () => {
    const all = await pods();
    return all.length === count && all.every(({ status }) => status?.phase === 'Running');
  });
const scale = (replicas: number) => client.patchDeployment('default', 'lost', { spec: { replicas } }, 'test');
const journal = () => fs.readFileSync(path.join(folder, 'node-0.journal'), 'utf8').split('\n');
/** The fence is written before each `Offer`, and is the last line while nothing else comes about. */
const linked = () => until('S is answered', () => journal().at(-2)?.includes('"fence"') === true);

it('the Pods of a lost journal are adopted, and outlive two more kills; scaled in and out, none is left over', async () => {
  start();
  await scale(20);
  await rests(20);
  const uids = new Set((await pods()).map(({ metadata }) => metadata.uid));

  await agent.stop('SIGKILL');
  fs.rmSync(path.join(folder, 'node-0.journal'));
  for (let life = 0; life < 3; life += 1) {
    if (life > 0) await agent.stop('SIGKILL');
    start();
    await agent.says('life begins');
    await linked();
    expect(journal().filter((line) => line.includes('"accepted"'))).toHaveLength(20);
  }
  await scale(8);
  await rests(8);
  const left = (await pods()).map(({ metadata }) => metadata.uid);
  expect(left.filter((uid) => !uids.has(uid))).toEqual([]);
  await scale(25);
  await rests(25);
  const after = new Set((await pods()).map(({ metadata }) => metadata.uid));
  expect(left.filter((uid) => !after.has(uid))).toEqual([]);
});

it('an agent that comes back with a journal from before another one served its Node ends none of the Pods', async () => {
  await scale(10);
  await rests(10);
  await agent.stop('SIGKILL');
  start(path.join(folder, 'other'));
  await agent.says('life begins');
  await scale(20);
  await rests(20);
  const uids = (await pods()).map(({ metadata }) => metadata.uid);
  await agent.stop('SIGKILL');

  start();
  await agent.says('it counts as lost');
  await linked();
  expect(journal().filter((line) => line.includes('"accepted"'))).toHaveLength(20);
  expect(fs.existsSync(path.join(folder, 'node-0.journal.stale'))).toBe(true);
  await scale(25);
  await rests(25);
  const after = new Set((await pods()).map(({ metadata }) => metadata.uid));
  expect(uids.filter((uid) => !after.has(uid))).toEqual([]);
});
