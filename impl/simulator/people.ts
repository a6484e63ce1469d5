/** What people do to the API Server and to A. */
import type { PodFact } from '../../spec/facts.ts';
import { deployment as deploymentObject } from '../../spec/worlds/objects.ts';
import { release, takeBack } from './owner.ts';
import type { Act, PlannedAct } from './plan.ts';
import { putNode, templateOf } from './populate.ts';
import type { Simulation } from './simulation.ts';
import { deleteObject } from './writes.ts';

/** Somebody who wants so many whatever else is under way: also if the object says so already. */
export function insist(sim: Simulation, name: string, replicas: number): void {
  if (sim.api.deployments.get(name)?.replicas === replicas) scale(sim, name, replicas + 1);
  scale(sim, name, replicas);
}

/**
 * Who scales. Where something else is edited as well, always somebody new: a value there and back by who owned the field before is not told
 * from such an edit in one watch gap (protocol 14).
 */
function scalerOf(sim: Simulation): string {
  const edits = sim.plan.acts.some(({ act }) => act === 'edit' || act === 'rollout');
  return edits ? `somebody-${sim.count()}/Update/scale` : 'kubectl/Update/scale';
}

/** Somebody writes `spec.replicas`; to write what is there changes nothing. */
export function scale(sim: Simulation, name: string, replicas: number, replicasOwner = scalerOf(sim)): void {
  const was = sim.api.deployments.get(name);
  if (was === undefined || was.replicas === replicas) return;
  sim.judge.asked(name, replicas);
  const generation = was.generation + 1;
  sim.judge.external(name, generation, replicas);
  sim.api.put('deployments', name, { ...was, replicas, generation, replicasOwner });
}

function podsOf(sim: Simulation, deployment: string): readonly PodFact[] {
  return [...sim.api.pods.values()].filter(
    (pod) => !pod.deleting && sim.api.replicaSets.get(pod.replicaSet ?? '')?.deployment === deployment,
  );
}

const chosen = (pods: readonly PodFact[], nth: number) => pods[nth % Math.max(pods.length, 1)];

/** What somebody does with a Pod that has lost its label, if it is still there. */
const UNLABELLED = {
  label: { managed: true },
  fail: { phase: 'Failed', ready: false },
} as const;

/** A Pod loses its label, and then. */
function unlabel(sim: Simulation, { deployment, nth, then }: Extract<Act, { act: 'unlabelPod' }>): void {
  const { api, clock, plan } = sim;
  const labelled = podsOf(sim, deployment).filter(({ managed }) => managed);
  const pod = chosen(labelled, nth);
  if (pod === undefined) return;
  api.put('pods', pod.name, { ...pod, managed: false });
  if (then === null) return;
  clock.at(Math.min(clock.now + then.after, plan.healAt), () => {
    const now = api.podsByObject.get(pod.metadataUid);
    // What others say of the phase a kubelet of stock's writes over.
    const isUseless = then.do === 'fail' && plan.runtime === 'publish';
    if (now === undefined || now.deleting || isUseless) return;
    if (then.do === 'label') sim.judge.reappears(deployment);
    if (then.do === 'delete') deleteObject(sim, now);
    else api.put('pods', now.name, { ...now, ...UNLABELLED[then.do] });
  });
}

/** The template is edited, and has the label or not; null: as it was. */
function edit(sim: Simulation, name: string, text: string, managed: boolean | null): void {
  const was = sim.api.deployments.get(name);
  if (was === undefined) return;
  const { unmanaged, ...rest } = was;
  const isManaged = managed ?? unmanaged !== true;
  const template = templateOf(text, isManaged);
  if (was.template === template) return;
  sim.api.put('deployments', name, {
    ...rest,
    ...(isManaged ? {} : { unmanaged: true as const }),
    ...{ template, rest: template, generation: was.generation + 1 },
  });
}

/** Stock's garbage collection ends its ReplicaSets, or they have no owner any more. */
function deleteDeployment({ api, judge }: Simulation, name: string, cascade: 'background' | 'orphan'): void {
  if (!api.deployments.has(name)) return;
  judge.asked(name, 0);
  api.remove('deployments', name);
  const change = cascade === 'orphan' ? { deployment: null } : { deleting: true };
  for (const one of [...api.replicaSets.values()])
    if (one.deployment === name) api.put('replicaSets', one.uid, { ...one, ...change });
}

/** As `kubectl get -o yaml`, another name, and `kubectl create`: the annotation comes along. */
function makeDeployment(sim: Simulation, name: string, copyOf: string | null): void {
  const planned = sim.plan.deployments.find((one) => one.name === name);
  if (planned === undefined || sim.api.deployments.has(name)) return;
  const { replicas } = planned;
  const written = sim.api.deployments.get(copyOf ?? '')?.written ?? null;
  sim.judge.asked(name, replicas);
  sim.judge.external(name, 1, replicas);
  sim.api.put('deployments', name, { ...deploymentObject(replicas, name), written });
}

/** Somebody does it. */
export function act(sim: Simulation, what: PlannedAct): void {
  sim.note(what);
  const { api } = sim;
  switch (what.act) {
    case 'scale':
      return scale(sim, what.deployment, what.replicas);
    case 'insist':
      return insist(sim, what.deployment, what.replicas);
    case 'thereAndBack': {
      const { replicas } = api.deployments.get(what.deployment) ?? {};
      if (replicas === undefined) return;
      const somebody = `somebody-${sim.count()}/Update/scale`;
      scale(sim, what.deployment, replicas + 1, somebody);
      return scale(sim, what.deployment, replicas, somebody);
    }
    case 'edit': {
      const was = api.deployments.get(what.deployment);
      if (was === undefined) return;
      const { generation, rest } = was;
      api.put('deployments', was.name, { ...was, rest: `${rest}+`, generation: generation + 1 });
      return;
    }
    case 'request': {
      const { deployment, replicas } = what;
      sim.judge.asked(deployment, replicas);
      const generation = api.deployments.get(deployment)?.generation;
      for (const life of sim.lives.get('autoscaler') ?? [])
        sim.give(life, {
          ...({ type: 'scaleRequested', deployment, replicas } as const),
          ...(generation !== undefined && { generation }),
        });
      return;
    }
    case 'rollout':
      return edit(sim, what.deployment, what.template, null);
    case 'label':
      return edit(sim, what.deployment, what.template, what.managed);
    case 'release':
      return release(sim, what.flush, what.propagation);
    case 'takeBack':
      return takeBack(sim, what.propagation);
    case 'deleteReplicaSet': {
      const { template } = api.deployments.get(what.deployment) ?? {};
      const newest = [...api.replicaSets.values()].find(
        (one) => one.deployment === what.deployment && one.template === template,
      );
      if (newest === undefined) return;
      sim.judge.asked(what.deployment, 0);
      api.put('replicaSets', newest.uid, { ...newest, deleting: true });
      return;
    }
    case 'deleteDeployment':
      return deleteDeployment(sim, what.deployment, what.cascade);
    case 'scaleOrphan': {
      const orphan = [...api.replicaSets.values()].find(
        ({ deployment, name }) => deployment === null && name.startsWith(`${what.deployment}-`),
      );
      if (orphan !== undefined) api.put('replicaSets', orphan.uid, { ...orphan, replicas: what.replicas });
      return;
    }
    case 'makeDeployment':
      return makeDeployment(sim, what.deployment, what.copyOf);
    case 'unlabelPod':
      return unlabel(sim, what);
    case 'deletePod': {
      const pod = chosen(podsOf(sim, what.deployment), what.nth);
      if (pod !== undefined) deleteObject(sim, pod);
      return;
    }
    case 'cost': {
      const pod = chosen(podsOf(sim, what.deployment), what.nth);
      if (pod !== undefined) api.put('pods', pod.name, { ...pod, deletionCost: what.cost });
      return;
    }
    case 'deleteNode': {
      const node = sim.plan.nodes.find(({ name }) => name === what.node);
      if (node === undefined || !api.nodes.has(what.node)) return;
      api.remove('nodes', what.node);
      sim.clock.at(Math.min(sim.clock.now + what.back, sim.plan.healAt), () => {
        if (!api.nodes.has(node.name)) putNode(sim, node);
      });
      return;
    }
    case 'cordon': {
      const show = (unschedulable: boolean) => {
        const node = api.nodes.get(what.node);
        if (node !== undefined) api.put('nodes', node.name, { ...node, unschedulable });
      };
      show(true);
      sim.clock.at(Math.min(sim.clock.now + what.for, sim.plan.healAt), () => show(false));
      return;
    }
    default:
      return what satisfies never;
  }
}
