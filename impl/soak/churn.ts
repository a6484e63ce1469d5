/** One cycle of a soak: what people, rollouts and accidents do to three Deployments; at its end all is asked for as at its beginning. */
import { LED_STAGES, type StageName } from '../../spec/vocabulary.ts';
import type { PodObject } from '../controller/host/objects.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import { createDeployment, deployment, NAMESPACE, scaleDeployment } from '../demo/workload.ts';
import { randomOf } from '../explorer/mulberry.ts';
import { again } from './again.ts';
import type { SoakedWaist } from './waist.ts';

/** What stands at every resting point. @public */
export const BASELINE: Readonly<Record<string, number>> = {
  'soak-api': 60,
  'soak-kubectl': 40,
  'soak-rolled': 40,
};

/** Where a cycle acts. @public */
export interface Churned {
  readonly client: KubernetesClient;
  readonly waist: SoakedWaist;
  /** Resolves when exactly so many Pods of it stand, all Ready. */
  readonly rests: (name: string, count: number) => Promise<void>;
}

const STAGES: readonly StageName[] = [...LED_STAGES, 'kubelet'];

async function rollOut({ client }: Churned, cycle: number): Promise<void> {
  const annotations = { 'soak.kubedirect.dev/cycle': String(cycle) };
  const patch = { spec: { template: { metadata: { annotations } } } };
  await again(() => client.patchDeployment(NAMESPACE, 'soak-rolled', patch, 'soak'));
}

async function comeAndGo({ client, rests }: Churned, cycle: number): Promise<void> {
  const name = `soak-guest-${cycle}`;
  const body = deployment(name, true);
  await again(() => createDeployment(client, { ...body, spec: { ...body.spec, replicas: 10 } }));
  await rests(name, 10);
  await again(() =>
    client.request({
      method: 'DELETE',
      path: pathOf({ resource: 'deployments', namespace: NAMESPACE, name }),
      body: { propagationPolicy: cycle % 2 === 0 ? 'Foreground' : 'Background' },
    }),
  );
  await rests(name, 0);
}

async function deleteSome({ client }: Churned, count: number): Promise<void> {
  const query = { labelSelector: 'app=soak-kubectl' };
  const path = pathOf({ resource: 'pods', namespace: NAMESPACE });
  const listed = await again(() => client.list<PodObject>(path, query));
  for (const { metadata } of listed?.items.slice(0, count) ?? [])
    await again(() => client.deletePod(NAMESPACE, metadata.name, { uid: metadata.uid }));
}

/** What happens in a cycle beside the scaling, in words; each cycle one of them. @public */
export async function misfortune({ waist }: Churned, cycle: number): Promise<string> {
  const stage = STAGES[cycle % STAGES.length] as StageName;
  if (cycle % 4 === 3) {
    const isNew = cycle % 8 === 7;
    await waist.rotate(isNew);
    return `certificates rotated${isNew ? ', the authority too' : ''}`;
  }
  if (cycle % 2 === 1 && stage !== 'kubelet') {
    await waist.depose(stage);
    return `${stage}: its Lease was emptied`;
  }
  await waist.sleep(stage);
  return `${stage}: its leader slept past its Lease`;
}

/** One cycle; all rests as before when it resolves. @returns what befell it @public */
export async function churn(churned: Churned, cycle: number): Promise<string> {
  const { client, waist, rests } = churned;
  const draw = randomOf(cycle);
  const between = (least: number, most: number) => least + Math.floor(draw() * (most - least + 1));
  const [befell] = await Promise.all([
    misfortune(churned, cycle),
    (async () => {
      await waist.scale(NAMESPACE, 'soak-api', between(80, 200), cycle);
      await again(() => scaleDeployment(client, 'soak-kubectl', between(0, 120)));
      await rollOut(churned, cycle);
      await comeAndGo(churned, cycle);
      await deleteSome(churned, 5);
    })(),
  ]);
  await waist.scale(NAMESPACE, 'soak-api', BASELINE['soak-api'] as number, cycle + 1);
  await again(() => scaleDeployment(client, 'soak-kubectl', BASELINE['soak-kubectl'] as number));
  for (const [name, count] of Object.entries(BASELINE)) await rests(name, count);
  return befell;
}
