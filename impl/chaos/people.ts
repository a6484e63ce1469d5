/** What people do in a plan, on the real control plane. */
import type { PodObject } from '../controller/host/objects.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import { DELETION_COST_ANNOTATION } from '../controller/names.ts';
import { askToScale } from '../controller/process/spawn.ts';
import { NAMESPACE, scaleDeployment } from '../demo/workload.ts';
import type { PlannedAct } from '../simulator/plan.ts';
import type { ChaosWorld } from './world.ts';

/** What people act with. */
export interface People {
  readonly client: KubernetesClient;
  readonly world: ChaosWorld;
  /** Real names of planned ones. */
  readonly nodes: (planned: string) => string;
  readonly deployments: (planned: string) => string;
}

const merge = (client: KubernetesClient, path: string, body: object) =>
  client.request({ method: 'PATCH', path, patchType: 'merge', body });

async function podOf({ client }: People, deployment: string, nth: number): Promise<string | null> {
  const path = pathOf({ resource: 'pods', namespace: NAMESPACE });
  const { items } = await client.list<PodObject>(path, { labelSelector: `app=${deployment}` });
  const pod = items.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))[
    nth % Math.max(items.length, 1)
  ];
  return pod?.metadata.name ?? null;
}

async function request(people: People, deployment: string, replicas: number): Promise<void> {
  const address = people.world.members.get('autoscaler')?.process.scaleApi ?? null;
  const patience = AbortSignal.timeout(2_000);
  const answer = await askToScale(address, [NAMESPACE, deployment], replicas, patience);
  if (answer.status !== 202) throw new Error(`the direct scale API answered ${answer.status}`);
}

/** @returns what was done; null if it can not be done here */
export async function actOf(people: People, act: PlannedAct): Promise<string | null> {
  const { client } = people;
  switch (act.act) {
    case 'scale':
    case 'insist': {
      const name = people.deployments(act.deployment);
      if (act.act === 'insist') await scaleDeployment(client, name, act.replicas + 1);
      await scaleDeployment(client, name, act.replicas);
      return `kubectl scale ${name} ${act.replicas}`;
    }
    case 'request': {
      const name = people.deployments(act.deployment);
      await request(people, name, act.replicas);
      return `direct scale ${name} ${act.replicas}`;
    }
    case 'rollout': {
      const name = people.deployments(act.deployment);
      const path = pathOf({ resource: 'deployments', namespace: NAMESPACE, name });
      const template = { metadata: { annotations: { 'chaos/template': act.template } } };
      await merge(client, path, { spec: { template } });
      return `rollout of ${name} to ${act.template}`;
    }
    case 'deletePod':
    case 'cost': {
      const pod = await podOf(people, people.deployments(act.deployment), act.nth);
      if (pod === null) return `no Pod to ${act.act}`;
      const path = pathOf({ resource: 'pods', namespace: NAMESPACE, name: pod });
      if (act.act === 'deletePod') await client.request({ method: 'DELETE', path });
      else
        await merge(client, path, {
          metadata: { annotations: { [DELETION_COST_ANNOTATION]: String(act.cost) } },
        });
      return `${act.act} ${pod}`;
    }
    case 'cordon': {
      const path = pathOf({ resource: 'nodes', name: people.nodes(act.node) });
      await merge(client, path, { spec: { unschedulable: true } });
      people.world.later(
        Math.min(act.for, 4_000),
        () => void merge(client, path, { spec: { unschedulable: null } }),
      );
      return `cordon ${people.nodes(act.node)}`;
    }
    case 'deleteNode':
    case 'thereAndBack':
    case 'edit':
    case 'label':
    case 'release':
    case 'takeBack':
    case 'deleteReplicaSet':
    case 'deleteDeployment':
    case 'scaleOrphan':
    case 'makeDeployment':
    case 'unlabelPod':
      // kwok would have to make it again; the others are for the simulator's odds.
      return null;
  }
}
