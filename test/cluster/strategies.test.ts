/**
 * What a Deployment's own fields ask of a rollout, and what a webhook does to its Pods, for a managed Deployment on the real control plane: the stock
 * Deployment controller carries out Recreate and `progressDeadlineSeconds` on ReplicaSets whose Pods are ours, and the API Server's word on a Pod reaches people.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PodObject } from '../../impl/controller/host/objects.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import type { KubernetesObject } from '../../impl/controller/kubernetes/types.ts';
import { SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import { ACCOUNTS, STOCK_REPLICASET_CONTROLLER, serviceAccountUser } from '../../impl/deploy/identities.ts';
import type { PodHistory, SeenPod } from './support/podHistory.ts';
import { BUILD_MS, CASE_MS, type RealWaist, startRealWaist, support, until } from './support/realWaist.ts';
import { startWebhook, type Webhook } from './support/webhook.ts';

const PODS = 30;
/** Of its ReplicaSet: a Pod's name is that, and its own. */
const revisionOf = ({ name }: SeenPod) => name.split('-').slice(0, -1).join('-');
const isOurs = ({ stamp }: SeenPod) => stamp !== null;

type Conditions = KubernetesObject & {
  readonly status?: { readonly conditions?: readonly Readonly<Record<string, string>>[] };
};

describe.skipIf(!support.ok)('strategies and webhooks on the real control plane', () => {
  let kd: RealWaist;

  beforeAll(async () => {
    kd = await startRealWaist({ nodes: 3 });
  }, BUILD_MS);
  afterAll(() => kd?.stop(), CASE_MS);

  const change = (name: string, template: object) =>
    kd.client.patchDeployment('default', name, { spec: { template } }, 'people');
  const progressing = async (name: string) => {
    const found = await kd.client.get<Conditions>(
      pathOf({ resource: 'deployments', namespace: 'default', name }),
    );
    const condition = found?.status?.conditions?.find(({ type }) => type === 'Progressing');
    return `${condition?.status} ${condition?.reason}`;
  };

  it(
    'Recreate: no Pod of the new template is made before the last of the old one has gone',
    async () => {
      const pods = await kd.create('recreated', { replicas: PODS, spec: { strategy: { type: 'Recreate' } } });
      await pods.rests(PODS);
      await kd.statusRests('recreated', PODS);
      const [old] = new Set(pods.present.map(revisionOf));
      let together = 0;
      let none = false;
      const start = performance.now();
      await change('recreated', { metadata: { annotations: { round: '2' } } });
      await pods.until('all Pods are of the new template', () => {
        const revisions = new Set(pods.present.map(revisionOf));
        together += revisions.size > 1 ? 1 : 0;
        none ||= revisions.size === 0;
        return pods.ready === PODS && !revisions.has(old as string);
      });
      await pods.rests(PODS);
      await kd.statusRests('recreated', PODS);
      console.log(`Recreate: ${PODS} Pods replaced in ${Math.round(performance.now() - start)} ms`);
      expect([together, none]).toEqual([0, true]);
      expect(pods.all).toHaveLength(2 * PODS);
      expect(pods.all.every(isOurs)).toBe(true);
      expect(await kd.kubectl('rollout', 'history', 'deployment/recreated')).toMatch(/\n1 .*\n2 /);
    },
    CASE_MS,
  );

  it(
    'progressDeadlineSeconds: a rollout that can not go on is called so, and an undo ends it; Pods within maxUnavailable throughout',
    async () => {
      const pods = await kd.create('stuck', {
        ...{ replicas: PODS, spec: { progressDeadlineSeconds: 4 } },
      });
      await pods.rests(PODS);
      await kd.statusRests('stuck', PODS);
      await until(
        'it is complete',
        async () => (await progressing('stuck')) === 'True NewReplicaSetAvailable',
      );
      pods.resetLowest();
      await change('stuck', { spec: { nodeSelector: { none: 'such' } } });
      await until('the deadline has passed', async () => {
        return (await progressing('stuck')) === 'False ProgressDeadlineExceeded';
      });
      await expect(kd.kubectl('rollout', 'status', 'deployment/stuck')).rejects.toThrow(
        /exceeded its progress deadline/,
      );
      // What it waits for is said as well.
      expect(await kd.kubectl('describe', 'deployment', 'stuck')).toMatch(/FailedScheduling/);
      await kd.kubectl('rollout', 'undo', 'deployment/stuck');
      await pods.rests(PODS);
      await kd.statusRests('stuck', PODS);
      await until(
        'it is complete again',
        async () => (await progressing('stuck')) === 'True NewReplicaSetAvailable',
      );
      console.log(`a rollout without room: never fewer than ${pods.lowest} of ${PODS} Ready`);
      // A quarter, rounded down.
      expect(pods.lowest).toBeGreaterThanOrEqual(PODS - Math.floor(PODS / 4));
    },
    CASE_MS,
  );

  describe('a mutating webhook', () => {
    let webhook: Webhook;
    let pods: PodHistory;
    beforeAll(async () => {
      webhook = await startWebhook(kd.cluster, kd.client);
    });
    afterAll(() => webhook?.stop());
    const objects = async () =>
      (
        await kd.client.list<PodObject>(pathOf({ resource: 'pods', namespace: 'default' }), {
          labelSelector: 'app=hooked',
        })
      ).items;

    it(
      'is asked about each Pod, by our agent, and what it adds is what runs',
      async () => {
        const sidecar = { name: 'injected', image: 'sidecar', resources: { requests: { cpu: '5m' } } };
        webhook.verdict = () => ({
          patch: [
            { op: 'add', path: '/spec/containers/-', value: sidecar },
            { op: 'add', path: '/metadata/labels/injected', value: 'true' },
          ],
        });
        pods = await kd.create('hooked', { replicas: PODS, labels: { hooked: 'true' } });
        await pods.rests(PODS);
        await kd.statusRests('hooked', PODS);
        const made = await objects();
        expect(made.filter(({ metadata }) => metadata.labels?.injected === 'true')).toHaveLength(PODS);
        const names = made.map(({ spec }) => spec?.containers?.map(({ name }) => name).join());
        expect(new Set(names)).toEqual(new Set(['main,injected']));
        // Stock's tries too: a webhook is asked before the policy that denies them.
        const ours = serviceAccountUser(SYSTEM_NAMESPACE, ACCOUNTS.publisher);
        expect([ours, STOCK_REPLICASET_CONTROLLER]).toEqual(
          expect.arrayContaining([...new Set(webhook.asked.map(({ user }) => user))]),
        );
        const byOurs = webhook.asked.filter(({ user }) => user === ours).map(({ name }) => name);
        expect(byOurs.sort()).toEqual(made.map(({ metadata }) => metadata.name).sort());
        expect(pods.all.every(isOurs)).toBe(true);
      },
      CASE_MS,
    );

    it(
      'that denies: what runs runs on, its words are an Event on the Deployment, and once it admits they are made',
      async () => {
        webhook.verdict = () => ({ denied: 'images come from our registry' });
        pods.resetLowest();
        await kd.scale('hooked', PODS + 10);
        await until('kubectl tells of it', async () =>
          /Forbidden.*images come from our registry/.test(
            await kd.kubectl('describe', 'deployment', 'hooked'),
          ),
        );
        expect([pods.lowest, pods.present.length]).toEqual([PODS, PODS]);
        webhook.verdict = () => ({ patch: [] });
        await pods.rests(PODS + 10);
        await kd.statusRests('hooked', PODS + 10);
      },
      CASE_MS,
    );
  });

  it(
    'every property that the recorded traces show held',
    async () => {
      const { broken } = await kd.judgeAtRest();
      expect(broken).toEqual([]);
    },
    CASE_MS,
  );
});
