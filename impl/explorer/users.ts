/** What people do to the API Server, and what the stock controllers do that a world needs: each one write. */
import type { DeploymentFact, ReplicaSetFact } from '../../spec/facts.ts';
import type { UserAct } from '../../spec/worlds/description.ts';
import { fixed, pend } from './perform.ts';
import { type World, withEntry } from './world.ts';
import { putPod } from './writes.ts';

const bump = (resourceVersion: string) => String(Number(resourceVersion) + 1);

function putDeployment(world: World, fact: DeploymentFact): World {
  const next = { ...fact, resourceVersion: bump(fact.resourceVersion) };
  return { ...world, api: { ...world.api, deployments: withEntry(world.api.deployments, fact.uid, next) } };
}

function putReplicaSet(world: World, fact: ReplicaSetFact): World {
  const next = { ...fact, resourceVersion: bump(fact.resourceVersion) };
  return { ...world, api: { ...world.api, replicaSets: withEntry(world.api.replicaSets, fact.uid, next) } };
}

function ask(world: World, replicas: number): World {
  const { history } = world;
  if (history.everAsked.includes(replicas)) return world;
  return { ...world, history: { ...history, everAsked: [...history.everAsked, replicas].sort() } };
}

function scale(world: World, uid: string, replicas: number): World {
  const was = world.api.deployments[uid];
  if (was === undefined || was.replicas === replicas) return world;
  const generation = was.generation + 1;
  const asked = ask(world, replicas);
  const external = { ...asked.history.external, [uid]: generation };
  const after = { ...asked, history: { ...asked.history, external } };
  return putDeployment(after, { ...was, replicas, generation, replicasOwner: 'kubectl/Update/scale' });
}

/** One act of a person. */
export function act(world: World, what: UserAct): World {
  switch (what.act) {
    case 'scale':
      return scale(world, what.deployment, what.replicas);
    case 'request': {
      const { deployment, replicas } = what;
      const asked = ask(world, replicas);
      const heard = Object.values(world.processes).filter(({ peer }) => peer === 'autoscaler');
      return heard.reduce(
        (next, one) => pend(next, one.id, fixed({ type: 'scaleRequested', deployment, replicas })),
        asked,
      );
    }
    case 'rollout': {
      const was = world.api.deployments[what.deployment];
      if (was === undefined) return world;
      const { template } = what;
      return putDeployment(world, { ...was, template, rest: template, generation: was.generation + 1 });
    }
    case 'deletePod': {
      const pod = Object.values(world.api.pods).find(
        (one) => one.replicaSet === what.replicaSet && !one.deleting,
      );
      return pod === undefined ? world : putPod(world, pod.name, { deleting: true });
    }
    case 'deleteReplicaSet': {
      const api = { ...world.api, replicaSets: withEntry(world.api.replicaSets, what.uid, undefined) };
      return { ...world, api };
    }
    case 'deleteNode':
      return { ...world, api: { ...world.api, nodes: withEntry(world.api.nodes, what.node, undefined) } };
    case 'switch': {
      const { resourceVersion } = world.api.switch;
      return {
        ...world,
        api: { ...world.api, switch: { owner: what.owner, resourceVersion: bump(resourceVersion) } },
      };
    }
  }
}

/** The stock Deployment controller: one write towards the Deployment (rollout: the new one up, then the old ones to 0). */
export function control(world: World, uid: string): World {
  const deployment = world.api.deployments[uid] as DeploymentFact;
  const mine = Object.values(world.api.replicaSets).filter((one) => one.deployment === uid);
  const newest = mine.find((one) => one.template === deployment.template);
  const written = {
    replicas: deployment.replicas,
    desired: deployment.replicas,
    written: deployment.written,
  };
  if (newest === undefined) {
    const revisionNumber = Math.max(0, ...mine.map((one) => one.revisionNumber)) + 1;
    const model = mine[0] as ReplicaSetFact;
    const name = `${deployment.name}-${deployment.template}`;
    const { template } = deployment;
    const made = {
      ...model,
      ...written,
      uid: `rs-${template}`,
      name,
      template,
      revision: template,
      revisionNumber,
    };
    return putReplicaSet(world, { ...made, resourceVersion: '0' });
  }
  const lags =
    newest.replicas !== deployment.replicas ||
    newest.desired !== deployment.replicas ||
    JSON.stringify(newest.written) !== JSON.stringify(deployment.written);
  if (lags) return putReplicaSet(world, { ...newest, ...written });
  const old = mine.find((one) => one !== newest && one.replicas > 0);
  return old === undefined ? world : putReplicaSet(world, { ...old, replicas: 0 });
}
