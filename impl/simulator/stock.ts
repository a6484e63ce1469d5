/** Stock controllers: Deployment (write by write towards a rollout), garbage collection, the node's own kubelet. */
import type { DeploymentFact, PodFact, ReplicaSetFact } from '../../spec/facts.ts';
import type { Fact, What } from './api.ts';
import { kubeletSees } from './machine.ts';
import type { Simulation } from './simulation.ts';
import { deleteObject, removeObject } from './writes.ts';

/** A change at the API Server, as the stock controllers see it: late. */
export function stockSees(sim: Simulation, what: What, before: Fact | null, after: Fact | null): void {
  const soon = (act: () => void) => sim.clock.after(sim.latency('watch'), act);
  const fact = after ?? before;
  if (what === 'deployments') soon(() => syncDeployment(sim, (fact as DeploymentFact).uid));
  if (what === 'replicaSets') {
    const { deployment, uid } = fact as ReplicaSetFact;
    if (deployment !== null) soon(() => syncDeployment(sim, deployment));
    if (after === null) soon(() => collect(sim, uid));
  }
  if (what === 'nodes' && after === null) soon(() => collectNode(sim, (fact as { name: string }).name));
  if (what === 'pods') soon(() => seePod(sim, fact as PodFact));
}

function seePod(sim: Simulation, { name, node, uid, metadataUid, managed, replicaSet }: PodFact): void {
  const owner = sim.api.replicaSets.get(replicaSet ?? '')?.deployment;
  if (owner !== undefined && owner !== null) syncDeployment(sim, owner);
  const pod = sim.api.pods.get(name);
  const machine = sim.machines.get(node ?? '');
  if (pod !== undefined && pod.metadataUid === metadataUid) {
    if (!sim.api.nodes.has(pod.node ?? '')) return removeObject(sim, pod);
    if (pod.replicaSet !== null && !sim.api.replicaSets.has(pod.replicaSet)) deleteObject(sim, pod);
  }
  if (sim.plan.runtime === 'publish' && managed && machine !== undefined)
    kubeletSees(sim, machine, name, uid ?? `a-${metadataUid}`);
}

function collect(sim: Simulation, replicaSet: string): void {
  for (const pod of [...sim.api.pods.values()]) if (pod.replicaSet === replicaSet) deleteObject(sim, pod);
}

function collectNode(sim: Simulation, name: string): void {
  if (sim.api.nodes.has(name)) return;
  for (const pod of sim.api.podsOn(name)) removeObject(sim, pod);
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

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
  const [model] = mine;
  if (model === undefined) return;
  const { template, replicas, written } = deployment;
  const revisionNumber = Math.max(...mine.map((one) => one.revisionNumber)) + 1;
  const room = Math.max(0, replicas + Math.ceil(replicas * SURGE) - sum(mine));
  const uid = `rs-${deployment.name}-${template}`;
  const name = `${deployment.name}-${template}`;
  const made = { ...model, uid, name, template, revision: template, revisionNumber, written };
  sim.api.put('replicaSets', uid, { ...made, replicas: Math.min(replicas, room), desired: replicas });
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
