/** What a stage's requests do at the API Server, at the moment that they are done, and how they are answered. */
import { uidOfObject } from '../../machines/ownership/adoption.ts';
import type { Effect } from '../../spec/effects.ts';
import type { Refusal, StageEvent } from '../../spec/events.ts';
import type { DeploymentFact, PodFact } from '../../spec/facts.ts';
import type { Uid } from '../../spec/vocabulary.ts';
import { publishedPod, unboundPod } from '../../spec/worlds/objects.ts';
import type { Api } from './api.ts';
import { isTail, type Life, nodeOf } from './life.ts';
import type { Simulation } from './simulation.ts';

type Of<T extends Effect['type']> = Extract<Effect, { type: T }>;

/** The name of the object of a Pod: it follows from the uid. */
export function podName(api: Api, replicaSet: string, uid: string): string {
  return `${api.replicaSets.get(replicaSet)?.name ?? replicaSet}-${uid}`;
}

/** Whether the switch's policy denies our side; to complete a deletion that others began is never denied. */
function denied(sim: Simulation, pod: PodFact | null): boolean {
  return pod?.deleting !== true && !sim.owner.admits('ours');
}

/** The create of a Pod. */
export function publish(sim: Simulation, life: Life, { record }: Of<'publish'>): StageEvent {
  const { api } = sim;
  const { uid, replicaSet } = record;
  const fail = (refusal: Refusal): StageEvent => ({ type: 'publishFailed', uid, refusal, text: refusal });
  const node = nodeOf(life.peer);
  if (denied(sim, null)) return fail('switch');
  if (!api.replicaSets.has(replicaSet)) return fail('notFound');
  const name = podName(api, replicaSet, uid);
  if (api.pods.has(name)) return fail('alreadyExists');
  if (!isTail(life.peer)) {
    const unbound = unboundPod(name, `u${sim.count()}`, record);
    sim.judge.acted('ours', unbound);
    return { type: 'published', uid, pod: api.put('pods', name, unbound) };
  }
  const runs = sim.plan.runtime === 'runs' && sim.machineOf(node).containers.get(uid) === 'running';
  sim.judge.published(uid, node);
  const object = publishedPod(name, `m${sim.count()}`, record, { node, runs });
  sim.judge.acted('ours', object);
  const pod = api.put('pods', name, object);
  return { type: 'published', uid, pod };
}

/** Marks a Pod as being deleted: its kubelet finishes it. */
export function deleteObject(sim: Simulation, pod: PodFact): void {
  if (pod.deleting) return;
  if (pod.uid !== null) sim.judge.ended(pod.uid, 'shown');
  sim.api.put('pods', pod.name, { ...pod, deleting: true });
}

/**
 * Takes the object away.
 *
 * @param isOurs - by a delete of ours: that is no excuse if its containers run on
 */
export function removeObject(sim: Simulation, pod: PodFact, isOurs = false): void {
  if (pod.uid !== null) sim.judge.ended(pod.uid, 'shown');
  if (sim.plan.runtime === 'publish' && !isOurs) sim.judge.removed(uidOfObject(pod), pod.node);
  sim.api.remove('pods', pod.name);
}

function deleteNow(sim: Simulation, effect: Of<'deletePod'> | Of<'deleteStray'>): 'accepted' | Refusal {
  const pod = sim.api.podsByObject.get(effect.metadataUid);
  if (pod === undefined) return 'notFound';
  if (denied(sim, pod)) return 'switch';
  if (!pod.deleting) sim.judge.acted('ours', pod);
  if (pod.node === null || effect.graceSeconds === 0) removeObject(sim, pod, true);
  else deleteObject(sim, pod);
  return 'accepted';
}

/** K's delete. */
export function deletePod(sim: Simulation, effect: Of<'deletePod'>): StageEvent {
  return { type: 'deleteAnswered', uid: effect.uid, outcome: deleteNow(sim, effect) };
}

/** R's delete of a Pod that no K will see. */
export function deleteStray(sim: Simulation, effect: Of<'deleteStray'>): StageEvent {
  const uid: Uid = `a-${effect.metadataUid}`;
  const pod = sim.api.podsByObject.get(effect.metadataUid);
  const moved = effect.resourceVersion !== null && pod?.resourceVersion !== effect.resourceVersion;
  const outcome = moved && pod !== undefined ? 'conflict' : deleteNow(sim, effect);
  return { type: 'deleteAnswered', uid, outcome };
}

/** S's mark on a Node. */
export function mark(sim: Simulation, effect: Of<'mark'>): StageEvent {
  const { node: name, nodeUid, mark: fence, resourceVersion } = effect;
  const node = sim.api.nodes.get(name);
  const answer = (outcome: 'written' | 'conflict' | 'gone'): StageEvent => ({
    type: 'marked',
    node: name,
    mark: fence,
    outcome,
  });
  if (node === undefined || node.uid !== nodeUid) return answer('gone');
  if (node.resourceVersion !== resourceVersion) return answer('conflict');
  sim.api.put('nodes', name, { ...node, mark: fence });
  sim.judge.marked(name, fence);
  return answer('written');
}

/** K's registration, unless a higher one stands there; null while there is no Node. */
export function register(sim: Simulation, life: Life): StageEvent | null {
  const node = sim.api.nodes.get(nodeOf(life.peer));
  if (node === undefined) return null;
  const stands = node.agent !== null && node.agent >= life.incarnation;
  sim.judge.registered(life, node.uid);
  const after = stands
    ? node
    : sim.api.put('nodes', node.name, { ...node, agent: life.incarnation, address: life.id });
  return { type: 'registered', node: after };
}

/** D's write-back. */
export function writeReplicas(sim: Simulation, effect: Of<'writeReplicas'>): StageEvent {
  const { deployment, value, written, last, resourceVersion } = effect;
  const was = sim.api.deployments.get(deployment);
  const fail = (refusal: Refusal): StageEvent => ({
    type: 'replicasWritten',
    deployment,
    after: null,
    refusal,
  });
  if (was === undefined) return fail('notFound');
  const unconditional = sim.mutants.has('environment/no-precondition');
  if (was.resourceVersion !== resourceVersion && !unconditional) return fail('conflict');
  const changes = value !== null && value !== was.replicas;
  if (changes) sim.judge.overwrote(deployment, was.replicas, written.version.generation);
  const after: DeploymentFact = {
    ...was,
    replicas: value ?? was.replicas,
    replicasOwner: changes ? 'kubedirect-d/Update/' : was.replicasOwner,
    written: last ? null : written,
    generation: was.generation + 1,
  };
  return {
    type: 'replicasWritten',
    deployment,
    after: sim.api.put('deployments', deployment, after),
    refusal: null,
  };
}

/** Writes that nobody waits for. */
export function note(
  sim: Simulation,
  life: Life,
  effect: Of<'reportDrain' | 'failPod' | 'writePodStatus' | 'acknowledgeOwner'>,
): void {
  const { api } = sim;
  if (effect.type === 'acknowledgeOwner') {
    const { owner, switchVersion } = effect;
    const holder = isTail(life.peer) ? api.nodes.get(nodeOf(life.peer))?.agent : api.leases.get(life.peer);
    if (holder !== life.incarnation) return;
    life.hasAcknowledged = true;
    api.acknowledged.set(life.peer, { owner, switchVersion });
    return;
  }
  if (effect.type === 'reportDrain') {
    const node = api.nodes.get(nodeOf(life.peer));
    if (node !== undefined) api.put('nodes', node.name, { ...node, drained: effect.mark });
    return;
  }
  const pod = api.podsByObject.get(effect.metadataUid);
  if (pod === undefined) return;
  const phase = effect.type === 'failPod' ? 'Failed' : 'Running';
  api.put('pods', pod.name, { ...pod, phase, ready: effect.type === 'writePodStatus' && effect.ready });
}

/** Consistent reads, as the API Server stands. */
export function read(
  sim: Simulation,
  life: Life,
  effect: Of<'readLease' | 'listNodes' | 'readNode' | 'readPod' | 'listPods'>,
): StageEvent {
  const { api } = sim;
  switch (effect.type) {
    case 'readLease': {
      const { subject, token } = effect;
      if (!isTail(subject))
        return { type: 'leaseRead', subject, token, incarnation: api.leases.get(subject) ?? null };
      const node = api.nodes.get(nodeOf(subject));
      const incarnation = node?.agent ?? null;
      return { type: 'leaseRead', subject, token, incarnation, ...(node && { nodeUid: node.uid }) };
    }
    case 'listNodes':
      return { type: 'nodesListed', nodes: [...api.nodes.values()] };
    case 'readNode': {
      const { node: name, token } = effect;
      return { type: 'nodeRead', name, token, node: api.nodes.get(name) ?? null };
    }
    case 'readPod': {
      const name = effect.name?.name ?? podName(api, effect.replicaSet, effect.uid);
      return { type: 'podRead', uid: effect.uid, pod: api.pods.get(name) ?? null };
    }
    case 'listPods': {
      if (isTail(life.peer)) return { type: 'podsListed', pods: api.podsOn(nodeOf(life.peer)) };
      return { type: 'podsListed', pods: [...api.pods.values()].filter((pod) => pod.managed) };
    }
  }
}
