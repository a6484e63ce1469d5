/**
 * An installation for one namespace: RBAC = requests there too. What the stages ask about Deployments, ReplicaSets and Pods they ask in that
 * namespace, and are granted there alone; but S sees the Pods of all, which share the Nodes.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import { MANAGED_LABEL, SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import { type RunningProcess, startProcess } from '../../impl/controller/process/process.ts';
import { ACCOUNTS, type Account } from '../../impl/deploy/identities.ts';
import { install } from '../../impl/deploy/install.ts';
import { allManifests } from '../../impl/deploy/manifests.ts';
import type { Rule } from '../../impl/deploy/rbac.ts';
import { type Embedded, startEmbedded } from '../../impl/embedded/index.ts';
import { LED_STAGES } from '../../spec/vocabulary.ts';
import { until } from '../controller/support/kubedirect.ts';
import { allows, grantsTo, Recorder } from './support/recorder.ts';

const HERE = 'shop';
const STAGES = [...LED_STAGES, 'publisher'] as const;
const WORKLOADS = /^(deployments|replicasets|pods)(\/|$)/;

let folder: string;
let embedded: Embedded;
let client: KubernetesClient;
let recorder: Recorder;
const running: RunningProcess[] = [];

const create = (namespace: string) => {
  const labels = { app: 'web', [MANAGED_LABEL]: 'true' };
  const spec = {
    replicas: 6,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'none' }] } },
  };
  const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec };
  return client.request({ method: 'POST', path: pathOf({ resource: 'deployments', namespace }), body });
};
const podsIn = async (namespace: string) =>
  (await client.list(pathOf({ resource: 'pods', namespace }))).items;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-namespaced-'));
  embedded = await startEmbedded({ nodes: 2 });
  client = createKubernetesClient({ kubeconfig: embedded.kubeconfig });
  recorder = new Recorder(folder);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: HERE } };
  await client.request({ method: 'POST', path: pathOf({ resource: 'namespaces' }), body: namespace });
  const connection = { kubeconfig: embedded.kubeconfig, scope: HERE };
  await install({ connection, namespace: SYSTEM_NAMESPACE });
  for (const account of STAGES) {
    const kubeconfig = await recorder.through(account, embedded, { home: SYSTEM_NAMESPACE });
    running.push(
      await startProcess({
        ...{ kubeconfig, runtime: 'publish', journals: path.join(folder, account), watchNamespace: HERE },
        ...(account === 'publisher'
          ? { stages: [], nodes: ['node-0', 'node-1'] }
          : { stages: [account], nodes: [] }),
        log: () => {},
        fatal: (error) => expect.fail(`${account}: ${String(error)}`),
      }),
    );
  }
  await create('default');
  await create(HERE);
  await until('its Pods are there', async () => (await podsIn(HERE)).length === 6);
});
afterAll(async () => {
  await Promise.all(running.map((each) => each.stop()));
  recorder?.close();
  await client?.close();
  await embedded?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

it('what is labelled elsewhere is none of ours', async () => {
  expect((await podsIn('default')).filter(({ metadata }) => metadata.annotations !== undefined)).toEqual([]);
});

describe.each(STAGES)('the account of the %s', (account) => {
  it('is allowed all that it asked for, and asked about workloads in that namespace alone', () => {
    const grants = grantsTo(account, SYSTEM_NAMESPACE, HERE);
    const asked = recorder.of(account);
    expect(asked.filter((one) => !grants.some((grant) => allows(grant, one)))).toEqual([]);
    const elsewhere = asked.filter(
      ({ resource, namespace }) => WORKLOADS.test(resource) && namespace !== HERE,
    );
    const about = new Set(elsewhere.map(({ verb, resource }) => `${verb} ${resource}`));
    expect([...about].sort()).toEqual(account === 'scheduler' ? ['list pods', 'watch pods'] : []);
  });
});

it('no role grants more on workloads outside of it than to see Pods, to who places them', () => {
  const roles = allManifests({ scope: HERE }).filter(
    ({ kind, metadata }) => kind === 'ClusterRole' || (kind === 'Role' && metadata.namespace !== HERE),
  );
  const beyond = roles.flatMap(({ metadata, rules }) =>
    (rules as readonly Rule[])
      .filter(({ resources }) => resources.some((resource) => WORKLOADS.test(resource)))
      .map(({ resources, verbs }) => `${metadata.name}: ${verbs} ${resources}`),
  );
  const places = [ACCOUNTS.control, ACCOUNTS.scheduler].map((name) => `${name}: list,watch pods`);
  expect(beyond.sort()).toEqual(places.sort());
  const accounts = Object.keys(ACCOUNTS) as Account[];
  const wide = accounts.flatMap((account) => grantsTo(account, SYSTEM_NAMESPACE, HERE)).length;
  expect(wide).toBeGreaterThan(40);
});
