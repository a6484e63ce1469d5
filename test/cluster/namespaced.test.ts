/** An installation for one namespace, on the real control plane: it manages what is there, and nothing of ours can touch anything elsewhere. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { denyingPolicy, type KubernetesError } from '../../impl/controller/kubernetes/errors.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import { SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import {
  STAGE_ACCOUNTS,
  STOCK_REPLICASET_CONTROLLER,
  serviceAccountUser,
} from '../../impl/deploy/identities.ts';
import { POLICIES } from '../../impl/deploy/policies.ts';
import type { StageName } from '../../spec/vocabulary.ts';
import { PodHistory } from './support/podHistory.ts';
import {
  BUILD_MS,
  CASE_MS,
  deploymentManifest,
  type RealWaist,
  startRealWaist,
  support,
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

  it('every property that the recorded traces show held', async () => {
    const { broken } = await kd.judgeAtRest();
    expect(broken).toEqual([]);
  });
});
