/** Stock controllers: Deployment (write by write towards a rollout), garbage collection, the node's own kubelet. */
import { uidOfObject } from '../../machines/ownership/adoption.ts';
import type { DeploymentFact, PodFact, ReplicaSetFact } from '../../spec/facts.ts';
import { replicaSet as replicaSetObject } from '../../spec/worlds/objects.ts';
import type { Fact, What } from './api.ts';
import { isLetGo, kubeletSees } from './machine.ts';
import type { Simulation } from './simulation.ts';
import { bindSoon, bindWaiting, runForeign, syncReplicaSet } from './stockPods.ts';
import { deleteObject, removeObject } from './writes.ts';

/** A change at the API Server, as the stock controllers see it: late. */
export function stockSees(sim: Simulation, what: What, before: Fact | null, after: Fact | null): void {
  const soon = (act: () => void) => sim.clock.after(sim.latency('watch'), act);
  const fact = after ?? before;
  if (what === 'deployments') soon(() => syncDeployment(sim, (fact as DeploymentFact).uid));
  if (what === 'replicaSets') {
    const { deployment, uid } = fact as ReplicaSetFact;
    if (deployment !== null) soon(() => syncDeployment(sim, deployment));
    if (after === null || (after as ReplicaSetFact).deleting) soon(() => collect(sim, uid));
    else syncReplicaSet(sim, uid);
  }
  if (what === 'nodes' && after === null) soon(() => collectNode(sim, (fact as { name: string }).name));
  if (what === 'nodes' && after !== null) bindWaiting(sim);
  if (what !== 'pods') return;
  soon(() => seePod(sim, fact as PodFact));
  // What is gone or has failed takes no room.
  if (after === null || (after as PodFact).phase === 'Failed') bindWaiting(sim);
}

function seePod(sim: Simulation, fact: PodFact): void {
  const { name, node, metadataUid, managed, replicaSet } = fact;
  const owner = sim.api.replicaSets.get(replicaSet ?? '');
  if (owner !== undefined && owner.deployment !== null) syncDeployment(sim, owner.deployment);
  if (owner?.deleting) collect(sim, owner.uid);
  else if (owner !== undefined) syncReplicaSet(sim, owner.uid);
  const pod = sim.api.pods.get(name);
  const machine = sim.machines.get(node ?? '');
  const runsOn = isLetGo(sim, machine, fact);
  if (pod !== undefined && pod.metadataUid === metadataUid) {
    if (pod.node !== null && !sim.api.nodes.has(pod.node)) return removeObject(sim, pod);
    if (pod.replicaSet !== null && !sim.api.replicaSets.has(pod.replicaSet)) deleteObject(sim, pod);
    if (pod.node === null && !pod.deleting) bindSoon(sim, pod);
    if (pod.node === null && pod.deleting) return removeObject(sim, pod);
    if (!pod.managed && !runsOn) return runForeign(sim, pod);
  }
  if (sim.plan.runtime === 'publish' && (managed || runsOn) && machine !== undefined)
    kubeletSees(sim, machine, name, uidOfObject(fact));
}

/** Pods of a ReplicaSet that is gone, or being deleted: that goes when the last of them has. */
function collect(sim: Simulation, replicaSet: string): void {
  for (const pod of sim.api.livePodsOf(replicaSet)) deleteObject(sim, pod);
  if (!sim.api.hasPodsOf(replicaSet)) sim.api.remove('replicaSets', replicaSet);
}

function collectNode(sim: Simulation, name: string): void {
  if (sim.api.nodes.has(name)) return;
  for (const pod of sim.api.podsOn(name)) removeObject(sim, pod);
}

const same = (a: unknown, b: unknown) => a === b || JSON.stringify(a) === JSON.stringify(b);

/** A quarter more, and a quarter fewer, than wanted: the defaults of a rolling update. */
const SURGE = 0.25;

/**
 * One write towards the Deployment: its newest ReplicaSet there, every ReplicaSet told of a new scale, then a rollout step by step, as
 * Pods become ready. The next change brings the next write.
 */
function syncDeployment(sim: Simulation, uid: string): void {
  const { api } = sim;
  const deployment = api.deployments.get(uid);
  if (deployment === undefined || deployment.paused || deployment.deleting) return;
  const mine = [...api.replicaSets.values()].filter((one) => one.deployment === uid);
  const newest = mine.find((one) => one.template === deployment.template);
  if (newest?.deleting) return;
  if (newest === undefined) return makeNewest(sim, deployment, mine);
  const { replicas, written } = deployment;
  const highest = Math.max(...mine.map((one) => one.revisionNumber));
  if (newest.revisionNumber < highest || !same(newest.written, written)) {
    const revisionNumber = newest.revisionNumber < highest ? highest + 1 : highest;
    api.put('replicaSets', newest.uid, { ...newest, revisionNumber, written });
    return;
  }
  const old = mine.filter((one) => one !== newest && one.replicas > 0);
  if (old.length === 0) {
    if (newest.replicas !== replicas || newest.desired !== replicas)
      api.put('replicaSets', newest.uid, { ...newest, replicas, desired: replicas });
    return;
  }
  roll(sim, deployment, newest, old);
}

function makeNewest(sim: Simulation, deployment: DeploymentFact, mine: readonly ReplicaSetFact[]): void {
  const planned = sim.plan.deployments.find(({ name }) => name === deployment.name);
  if (planned === undefined) return;
  const { template, replicas, written, unmanaged } = deployment;
  const { requests, priority } = planned;
  const revisionNumber = Math.max(0, ...mine.map((one) => one.revisionNumber)) + 1;
  const room = Math.max(0, replicas + Math.ceil(replicas * SURGE) - sum(mine));
  const name = `${deployment.name}-${template}`;
  // A name may come again; a uid does not.
  const uid = sim.stock.made.has(name) ? `rs-${name}-${sim.count()}` : `rs-${name}`;
  sim.stock.made.add(name);
  const made = replicaSetObject(Math.min(replicas, room), {
    ...{ uid, name, template, revision: template, revisionNumber, written, requests, priority },
    ...{ deployment: deployment.uid, desired: replicas },
    ...(unmanaged && { unmanaged }),
  });
  sim.api.put('replicaSets', uid, made);
}

const sum = (sets: readonly ReplicaSetFact[]) => sets.reduce((total, one) => total + one.replicas, 0);

function roll(
  sim: Simulation,
  { replicas }: DeploymentFact,
  newest: ReplicaSetFact,
  old: readonly ReplicaSetFact[],
): void {
  const { api } = sim;
  const all = [newest, ...old];
  const stale = all.find((one) => one.desired !== replicas);
  if (stale !== undefined) {
    const most = Math.min(stale.replicas, replicas);
    api.put('replicaSets', stale.uid, { ...stale, replicas: most, desired: replicas });
    return;
  }
  const surge = Math.max(1, Math.ceil(replicas * SURGE));
  const up = Math.min(replicas - newest.replicas, replicas + surge - sum(all));
  if (up > 0) {
    api.put('replicaSets', newest.uid, { ...newest, replicas: newest.replicas + up });
    return;
  }
  const ready = (one: ReplicaSetFact) => api.readyOf.get(one.uid) ?? 0;
  const least = replicas - Math.floor(replicas * SURGE);
  const waiting = Math.max(0, newest.replicas - ready(newest));
  // Those that are not ready can go at once; of the others as many as leave enough.
  const [first] = old as [ReplicaSetFact];
  const unready = Math.max(0, first.replicas - ready(first));
  const down = Math.min(
    first.replicas,
    Math.max(sum(all) - least - waiting, Math.min(unready, sum(all) - least)),
  );
  if (down > 0) api.put('replicaSets', first.uid, { ...first, replicas: first.replicas - down });
}
