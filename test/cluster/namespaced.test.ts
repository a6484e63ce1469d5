/** An installation for one namespace, on the real control plane: it manages what is there, and nothing of ours can touch anything elsewhere. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { denyingPolicy, type KubernetesError } from '../../impl/controller/kubernetes/errors.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import { OWNER_SWITCH, SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import { SpawnedStage } from '../../impl/controller/process/spawn.ts';
import {
  ACCOUNTS,
  STAGE_ACCOUNTS,
  STOCK_REPLICASET_CONTROLLER,
  serviceAccountUser,
} from '../../impl/deploy/identities.ts';
import { install } from '../../impl/deploy/install.ts';
import { POLICIES } from '../../impl/deploy/policies.ts';
import { release } from '../../impl/deploy/release.ts';
import type { StageName } from '../../spec/vocabulary.ts';
import { PodHistory } from './support/podHistory.ts';
import {
  BUILD_MS,
  CASE_MS,
  deploymentManifest,
  type RealWaist,
  startRealWaist,
  support,
  until,
} from './support/realWaist.ts';

const HERE = 'shop';
const ELSEWHERE = 'default';

describe.skipIf(!support.ok)('an installation for one namespace', () => {
  let kd: RealWaist;
  const pods = new Map<string, PodHistory>();
  const clients: KubernetesClient[] = [];
  const as = (user: string) => {
    const client = createKubernetesClient({ kubeconfig: kd.cluster.kubeconfig, impersonate: { user } });
    clients.push(client);
    return client;
  };
  const asStage = (stage: StageName) => as(serviceAccountUser(SYSTEM_NAMESPACE, STAGE_ACCOUNTS[stage]));
  const outcome = (request: Promise<unknown>) =>
    request.then(
      () => 'admitted',
      (error: KubernetesError) => denyingPolicy(error) ?? error.reason,
    );
  const create = async (namespace: string, replicas: number) => {
    const body = deploymentManifest('web', { replicas }, namespace);
    await kd.client.request({ method: 'POST', path: pathOf({ resource: 'deployments', namespace }), body });
    const history = new PodHistory(kd.client, namespace, 'app=web');
    pods.set(namespace, history);
    return history;
  };
  const managedPod = { metadata: { name: 'x', labels: { 'kubedirect.dev/managed': 'true' } } };
  const containers = [{ name: 'main', image: 'none' }];
  const makes = (client: KubernetesClient, namespace: string) =>
    outcome(client.createPod(namespace, { ...managedPod, spec: { containers } }, { dryRun: true }));

  beforeAll(async () => {
    kd = await startRealWaist({ nodes: 2, watchNamespace: HERE });
  }, BUILD_MS);
  afterAll(async () => {
    await Promise.all([...pods.values()].map((each) => each.stop()));
    await Promise.all(clients.map((each) => each.close()));
    await kd?.stop();
  }, CASE_MS);

  it(
    'manages a Deployment there: out and in by the direct API',
    async () => {
      const here = await create(HERE, 0);
      await kd.waist.scale(HERE, 'web', 30);
      await here.rests(30);
      await kd.waist.scale(HERE, 'web', 4);
      await here.rests(4);
      expect(here.all.filter(({ stamp }) => stamp === null)).toEqual([]);
      expect(await makes(as(STOCK_REPLICASET_CONTROLLER), HERE)).toBe(POLICIES.owner);
    },
    CASE_MS,
  );

  it(
    'leaves one with the same label elsewhere to stock, unfenced',
    async () => {
      const there = await create(ELSEWHERE, 5);
      await there.rests(5);
      await kd.kubectl('scale', 'deployment', 'web', '--replicas=2');
      await there.rests(2);
      expect(there.all.map(({ stamp }) => stamp).filter((stamp) => stamp !== null)).toEqual([]);
      expect(await makes(as(STOCK_REPLICASET_CONTROLLER), ELSEWHERE)).toBe('admitted');
      await expect(kd.waist.scale(ELSEWHERE, 'web', 9)).rejects.toThrow('DEPLOYMENT_UNKNOWN');
      await there.rests(2);
    },
    CASE_MS,
  );

  it('no account of ours may make, end, write or list anything elsewhere; S may see Pods', async () => {
    const namespace = ELSEWHERE;
    for (const stage of Object.keys(STAGE_ACCOUNTS) as StageName[]) {
      const client = asStage(stage);
      const [pod] = pods.get(ELSEWHERE)?.present ?? [];
      const patch = { metadata: { annotations: { x: 'y' } } };
      const list = (resource: 'pods' | 'deployments' | 'replicasets') =>
        outcome(client.list(pathOf({ resource, namespace })));
      expect(
        [
          await makes(client, namespace),
          await outcome(client.deletePod(namespace, pod?.name ?? '', { uid: pod?.metadataUid ?? '' })),
          await outcome(client.patchDeployment(namespace, 'web', patch, 'test')),
          await list('deployments'),
          await list('replicasets'),
          await list('pods'),
        ],
        stage,
      ).toEqual([...Array(5).fill('Forbidden'), stage === 'scheduler' ? 'admitted' : 'Forbidden']);
    }
  });

  it(
    'a stage that was told all namespaces, or another, is refused by name, and does not stand by',
    async () => {
      const kubeconfig = await kd.cluster.serviceAccountKubeconfig(
        SYSTEM_NAMESPACE,
        STAGE_ACCOUNTS.scheduler,
      );
      for (const scope of [[], ['--watch-namespace', ELSEWHERE]]) {
        const log = path.join(kd.folder, 'foreign.log');
        const args = ['run', '--stages', 'scheduler', '--holder', 'foreign', '--kubeconfig', kubeconfig];
        const foreign = new SpawnedStage('scheduler', [...args, ...scope], log);
        await foreign.start();
        await until('it is over', async () => foreign.pid === undefined);
        expect(fs.readFileSync(log, 'utf8')).toContain('"code":"SCOPE_DIFFERS"');
        fs.rmSync(log);
      }
    },
    CASE_MS,
  );

  it(
    'another namespace is written under stock alone; then what this one was granted there is taken back',
    async () => {
      const connection = (scope?: string) => ({ kubeconfig: kd.cluster.kubeconfig, scope });
      const installFor = (scope?: string) =>
        install({ connection: connection(scope), namespace: SYSTEM_NAMESPACE, owner: 'stock' });
      await expect(installFor(ELSEWHERE)).rejects.toMatchObject({ code: 'INSTALL_REFUSED' });
      const here = createKubernetesClient(connection(HERE));
      clients.push(here);
      const target = pathOf({ resource: 'configmaps', namespace: SYSTEM_NAMESPACE, name: OWNER_SWITCH });
      const rewrite = (scope: string) =>
        outcome(
          here.request({ method: 'PATCH', path: target, patchType: 'merge', body: { data: { scope } } }),
        );
      expect(await rewrite('*')).toBe(POLICIES.protectSwitch);
      await release({ client: here, namespace: SYSTEM_NAMESPACE });
      // The stages run, acknowledge, and are refused once it is written.
      await installFor(ELSEWHERE);
      const { stages } = kd.waist;
      for (const stage of Object.values(stages))
        await until(`${stage.name} is over`, async () => stage.pid === undefined);
      const watchdog = as(serviceAccountUser(SYSTEM_NAMESPACE, ACCOUNTS.watchdog));
      const lists = (namespace: string) =>
        outcome(watchdog.list(pathOf({ resource: 'deployments', namespace })));
      await until('it may not here', async () => (await lists(HERE)) === 'Forbidden');
      expect(await lists(ELSEWHERE)).toBe('admitted');
      expect(await makes(asStage('scheduler'), HERE)).toBe('Forbidden');
      const { broken } = await kd.judgeAtRest();
      expect(broken).toEqual([]);
    },
    CASE_MS,
  );
});
