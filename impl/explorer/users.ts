/** What people do to the API Server, and what the stock controllers do that a world needs: each one write. */
import type { DeploymentFact, ReplicaSetFact, SwitchFact } from '../../spec/facts.ts';
import { isUndrained } from '../../spec/vocabulary.ts';
import type { Cascade, UserAct } from '../../spec/worlds/description.ts';
import { deployment, node, replicaSet } from '../../spec/worlds/objects.ts';
import { fixed, pend } from './perform.ts';
import { newSize, type Rolling, rollingWrites } from './rolling.ts';
import { propagate } from './stock.ts';
import { type Setting, type World, withEntry } from './world.ts';
import { putNode, putPod } from './writes.ts';

const bump = (resourceVersion: string) => String(Number(resourceVersion) + 1);

function putDeployment(world: World, fact: DeploymentFact): World {
  const next = { ...fact, resourceVersion: bump(fact.resourceVersion) };
  return { ...world, api: { ...world.api, deployments: withEntry(world.api.deployments, fact.uid, next) } };
}

/** The last to change is the last in the record: the order in which a watch tells of them. */
export function putReplicaSet(world: World, fact: ReplicaSetFact): World {
  const next = { ...fact, resourceVersion: bump(fact.resourceVersion) };
  const others = withEntry(world.api.replicaSets, fact.uid, undefined);
  return { ...world, api: { ...world.api, replicaSets: { ...others, [fact.uid]: next } } };
}

function noteAsked(world: World, replicas: number): World {
  const { everAsked } = world.history;
  if (everAsked.includes(replicas)) return world;
  return { ...world, history: { ...world.history, everAsked: [...everAsked, replicas].sort() } };
}

function ask(world: World, of: string, replicas: number): World {
  const { history } = noteAsked(world, replicas);
  const asked = { ...history.asked, [of]: [...(history.asked[of] ?? []), replicas] };
  return { ...world, history: { ...history, asked } };
}

/** Whether everybody who must has acknowledged that stock owns the Pods (protocol 9, take back). */
function isReleased({ api }: World): boolean {
  const has = (peer: string) => {
    const said = api.acknowledged[peer];
    return said?.owner === 'stock' && said.switchVersion === api.switch.resourceVersion;
  };
  const nodes = Object.values(api.nodes).filter(
    ({ agent, mark, drained }) => agent !== null && !isUndrained(mark, drained),
  );
  return has('replicaset') && nodes.every(({ name }) => has(`kubelet/${name}`));
}

/** Whether people do this now: they take the Pods back only when everybody has let go, and a name is free when nobody bears it. */
export function canAct(world: World, what: UserAct): boolean {
  if (what.act === 'makeDeployment') return Object.keys(world.api.deployments).length === 0;
  const takesBack = what.act === 'switch' && what.owner === 'direct' && world.api.switch.owner === 'stock';
  return !takesBack || isReleased(world);
}

/** Nothing that was asked of it is due any more. */
function deleteDeployment(world: World, uid: string, cascade: Cascade): World {
  const was = world.api.deployments[uid];
  if (was === undefined) return world;
  const { history } = noteAsked(world, 0);
  const after = { ...world, history: { ...history, due: withEntry(history.due, uid, undefined) } };
  if (cascade !== 'background')
    return putDeployment(after, { ...was, deleting: true, generation: was.generation + 1 });
  return { ...after, api: { ...after.api, deployments: withEntry(after.api.deployments, uid, undefined) } };
}

type Making = Extract<UserAct, { act: 'makeDeployment' }>;

function makeDeployment(world: World, { uid, template, replicas, paused }: Making): World {
  const asked = ask(world, uid, replicas);
  const due = { ...asked.history.due, [uid]: { generation: 1, values: [replicas] } };
  const bare = {
    ...deployment(replicas, uid),
    name: 'd',
    template,
    rest: template,
    resourceVersion: '0',
    paused: paused === true,
  };
  const made = world.api.unmanaged.includes(template) ? { ...bare, unmanaged: true as const } : bare;
  return putDeployment({ ...asked, history: { ...asked.history, due } }, made);
}

function turn(world: World, change: Omit<SwitchFact, 'resourceVersion'>): World {
  const resourceVersion = bump(world.api.switch.resourceVersion);
  const fact = { ...change, resourceVersion };
  if (change.owner === world.api.switch.owner) return { ...world, api: { ...world.api, switch: fact } };
  return propagate({ ...world, api: { ...world.api, switch: fact } });
}

function scale(world: World, uid: string, replicas: number): World {
  const was = world.api.deployments[uid];
  if (was === undefined || was.replicas === replicas) return world;
  const generation = was.generation + 1;
  const asked = ask(world, uid, replicas);
  const external = { ...asked.history.external, [uid]: generation };
  const due = { ...asked.history.due, [uid]: { generation, values: [replicas] } };
  const after = { ...asked, history: { ...asked.history, external, due } };
  return putDeployment(after, { ...was, replicas, generation, replicasOwner: 'kubectl/Update/scale' });
}

/** What people do to a Pod that has lost its label. */
const UNLABELLED = {
  labelPod: { managed: true },
  failPod: { phase: 'Failed', ready: false },
  deleteUnlabelled: { deleting: true },
} as const;

/** One act of a person. */
export function act(world: World, what: UserAct): World {
  switch (what.act) {
    case 'scale':
      return scale(world, what.deployment, what.replicas);
    case 'request': {
      const { deployment, replicas } = what;
      const was = world.api.deployments[deployment];
      if (was === undefined) return world;
      const asked = ask(world, deployment, replicas);
      const { generation } = was;
      const heard = Object.values(world.processes).filter(({ peer }) => peer === 'autoscaler');
      return heard.reduce(
        (next, one) =>
          pend(next, one.id, fixed({ type: 'scaleRequested', deployment, replicas, generation })),
        asked,
      );
    }
    case 'rollout': {
      const was = world.api.deployments[what.deployment];
      if (was === undefined) return world;
      const { template } = what;
      const { unmanaged: _, ...before } = was;
      const generation = was.generation + 1;
      return putDeployment(world, {
        ...before,
        ...(world.api.unmanaged.includes(template) ? ({ unmanaged: true } as const) : {}),
        ...{ template, rest: template, generation },
      });
    }
    case 'pause': {
      const was = world.api.deployments[what.deployment];
      if (was === undefined || was.paused === what.paused) return world;
      const rest = what.paused ? `${was.template}, paused` : was.template;
      return putDeployment(world, { ...was, paused: what.paused, rest, generation: was.generation + 1 });
    }
    case 'deleteDeployment':
      return deleteDeployment(world, what.deployment, what.cascade);
    case 'makeDeployment':
      return makeDeployment(world, what);
    case 'scaleReplicaSet': {
      const was = world.api.replicaSets[what.replicaSet];
      if (was === undefined) return world;
      return putReplicaSet(ask(world, what.replicaSet, what.replicas), { ...was, replicas: what.replicas });
    }
    case 'deletePod':
    case 'unlabelPod': {
      const pod = Object.values(world.api.pods).find(
        (one) => one.replicaSet === what.replicaSet && !one.deleting,
      );
      const change = what.act === 'unlabelPod' ? { managed: false } : what.force ? null : { deleting: true };
      return pod === undefined ? world : putPod(world, pod.name, change);
    }
    case 'copyPod': {
      const pod = Object.values(world.api.pods).find((one) => one.replicaSet === what.replicaSet);
      if (pod === undefined) return world;
      const { name, metadataUid } = pod;
      const bare = { managed: false, replicaSet: null, phase: 'Pending', ready: false } as const;
      const copy = { ...pod, ...bare, name: `copy-of-${name}`, metadataUid: `${metadataUid}-copy` };
      return { ...world, api: { ...world.api, pods: { [copy.name]: copy, ...world.api.pods } } };
    }
    case 'labelPod':
    case 'failPod':
    case 'deleteUnlabelled': {
      const pod = Object.values(world.api.pods).find(
        (one) => one.replicaSet === what.replicaSet && !one.deleting && !one.managed,
      );
      return pod === undefined ? world : putPod(world, pod.name, UNLABELLED[what.act]);
    }
    case 'deleteReplicaSet': {
      const was = world.api.replicaSets[what.uid];
      return was === undefined ? world : putReplicaSet(ask(world, what.uid, 0), { ...was, deleting: true });
    }
    case 'deleteNode':
      return { ...world, api: { ...world.api, nodes: withEntry(world.api.nodes, what.node, undefined) } };
    case 'cordon':
      return putNode(world, what.node, { unschedulable: what.unschedulable });
    case 'makeNode':
      return {
        ...world,
        api: {
          ...world.api,
          nodes: {
            ...world.api.nodes,
            [what.node]: node(what.node, what.capacity, { uid: what.uid }),
          },
        },
      };
    case 'deleteLease':
      return { ...world, api: { ...world.api, leases: withEntry(world.api.leases, what.peer, undefined) } };
    case 'flush':
      return turn(world, { owner: world.api.switch.owner, flush: true });
    case 'switch':
      return turn(world, { owner: what.owner });
  }
}

/** A Deployment's ReplicaSets, and those that it adopts: they have none, and there is no other (all are of one selector). */
export function replicaSetsOf({ api }: World, uid: string): readonly ReplicaSetFact[] {
  return Object.values(api.replicaSets).filter((one) => one.deployment === uid || one.deployment === null);
}

function rollingOf(setting: Setting, world: World, uid: string): Rolling {
  const followers = Object.values(world.processes).filter(({ peer }) => peer === 'replicaset');
  const records = followers.flatMap(
    ({ peer, state }) => setting.stages[peer]?.observe(state as never).records ?? [],
  );
  // Those of an unmanaged one stand as soon as they are asked for.
  const available = (set: string) =>
    world.api.replicaSets[set]?.unmanaged
      ? world.api.replicaSets[set].replicas
      : records.filter((one) => one.replicaSet === set && one.ready).length;
  const deployment = world.api.deployments[uid] as DeploymentFact;
  return { deployment, sets: replicaSetsOf(world, uid), available };
}

/** Whether the stock Deployment controller has something to write. */
export function controllerLags(setting: Setting, world: World, uid: string): boolean {
  const deployment = world.api.deployments[uid];
  if (deployment === undefined || deployment.deleting) return false;
  if (setting.description.patient) {
    const writes = rollingWrites(rollingOf(setting, world, uid));
    return writes === null || writes.length > 0;
  }
  if (deployment.paused) return false;
  const mine = replicaSetsOf(world, uid);
  if (mine.some((one) => one.deployment === null)) return true;
  const newest = mine.find((one) => one.template === deployment.template);
  if (newest === undefined) return true;
  const old = mine.some((one) => one !== newest && one.replicas > 0);
  return (
    old ||
    newest.replicas !== deployment.replicas ||
    newest.desired !== deployment.replicas ||
    JSON.stringify(newest.written) !== JSON.stringify(deployment.written)
  );
}

/** A new ReplicaSet for the template, of this size. */
function makeSet(world: World, deployment: DeploymentFact, replicas: number): World {
  const mine = replicaSetsOf(world, deployment.uid);
  const revisionNumber = Math.max(0, ...mine.map((one) => one.revisionNumber)) + 1;
  const { template, written } = deployment;
  const { unmanaged: _, ...model } = mine[0] ?? replicaSet(0, { deployment: deployment.uid });
  return putReplicaSet(world, {
    ...model,
    ...(world.api.unmanaged.includes(template) ? ({ unmanaged: true } as const) : {}),
    ...{ replicas, desired: deployment.replicas, written },
    ...{ uid: `rs-${template}`, name: `${deployment.name}-${template}`, template, revision: template },
    revisionNumber,
    resourceVersion: '0',
  });
}

/** The stock Deployment controller: one write towards the Deployment (in a hurry: the new one up, then the old ones to 0). */
export function control(setting: Setting, world: World, uid: string): World {
  if (setting.description.patient) {
    const rolling = rollingOf(setting, world, uid);
    const writes = rollingWrites(rolling);
    return writes === null
      ? makeSet(world, rolling.deployment, newSize(rolling, 0))
      : writes.reduce(putReplicaSet, world);
  }
  const deployment = world.api.deployments[uid] as DeploymentFact;
  const mine = replicaSetsOf(world, uid);
  const orphan = mine.find((one) => one.deployment === null);
  if (orphan !== undefined) return putReplicaSet(world, { ...orphan, deployment: uid });
  const newest = mine.find((one) => one.template === deployment.template);
  const written = {
    replicas: deployment.replicas,
    desired: deployment.replicas,
    written: deployment.written,
  };
  if (newest === undefined) return makeSet(world, deployment, deployment.replicas);
  const lags =
    newest.replicas !== deployment.replicas ||
    newest.desired !== deployment.replicas ||
    JSON.stringify(newest.written) !== JSON.stringify(deployment.written);
  if (lags) return putReplicaSet(world, { ...newest, ...written });
  const old = mine.find((one) => one !== newest && one.replicas > 0);
  return old === undefined ? world : putReplicaSet(world, { ...old, replicas: 0 });
}
