/** *No room* (protocol 7) by running processes: what finds no node is seen at the API Server, goes the stock way, and comes back. */
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
import { createManaged, until } from './support/kubedirect.ts';

let folder: string;
let embedded: Embedded;
let client: KubernetesClient;
const running: RunningProcess[] = [];

const start = async (
  stages: readonly ('autoscaler' | 'deployment' | 'replicaset' | 'scheduler')[],
  nodes: string[],
) => {
  const one = await startProcess({
    ...{
      kubeconfig: embedded.kubeconfig,
      stages,
      nodes,
      runtime: 'publish',
      journals: folder,
      log: () => {},
    },
    fatal: (error) => expect.fail(String(error)),
  });
  running.push(one);
  return one;
};
const nodesOfPods = async () => {
  const { items } = await client.list<PodObject>(pathOf({ resource: 'pods', namespace: 'default' }));
  const nodes = items.map(({ spec }) => spec?.nodeName ?? 'none').sort();
  return nodes.join(' ');
};
const scale = (replicas: number) => client.patchDeployment('default', 'web', { spec: { replicas } }, 'test');
const rests = (expected: string) =>
  until(`Pods are on ${expected}`, async () => (await nodesOfPods()) === expected);

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-no-room-'));
  embedded = await startEmbedded({ nodes: 2, nodeCapacity: { cpu: '1' } });
  client = createKubernetesClient({ kubeconfig: embedded.kubeconfig });
  await install({ connection: { kubeconfig: embedded.kubeconfig }, namespace: SYSTEM_NAMESPACE });
  await createManaged(client, 'web', '600m');
  await start(['autoscaler', 'deployment', 'replicaset'], []);
}, 60_000);
afterAll(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await client?.close();
  await embedded?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

it('a Pod without room stands unbound, is bound by stock, adopted by the agent that comes, and ended as any', async () => {
  const scheduler = await start(['scheduler'], []);
  await start([], ['node-0']);
  await scale(3);
  await rests('node-0 node-1 none');
  // An S that begins anew finds what stands, and nothing is made twice.
  await scheduler.stop();
  await start(['scheduler'], []);
  const agent = await start([], ['node-1']);
  await until('the agent has adopted it', () => agent.stages[0]?.life !== null);
  await scale(1);
  await until('one is left', async () => /^node-.$/.test(await nodesOfPods()));
}, 90_000);
