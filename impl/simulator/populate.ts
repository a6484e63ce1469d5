/** The world before anything has started: Nodes, Deployments with their ReplicaSets, Pods of others, the owner switch. */
import { deployment, foreignPod, node, replicaSet } from '../../spec/worlds/objects.ts';
import { Machine } from './machine.ts';
import type { PlannedNode } from './plan.ts';
import type { Simulation } from './simulation.ts';

/** A Node anew, under a uid of its own. */
export function putNode(sim: Simulation, { name, capacity }: PlannedNode): void {
  sim.api.put('nodes', name, node(name, capacity, { uid: `node-${sim.count()}` }));
}

/** The label is part of a template. */
export function templateOf(text: string, managed: boolean): string {
  return managed ? text : `${text}-stock`;
}

/** Makes all objects and machines, and starts every stage. */
export function populate(sim: Simulation): void {
  const { plan, api } = sim;
  api.put('switch', 'switch', { owner: 'direct', resourceVersion: '' });
  for (const planned of plan.nodes) {
    sim.machines.set(planned.name, new Machine(planned.name, planned.capacity));
    putNode(sim, planned);
  }
  for (const { name, replicas, requests, priority, unmanaged, later } of plan.deployments) {
    if (later) continue;
    const template = templateOf('t1', unmanaged !== true);
    const own = { template, ...(unmanaged && { unmanaged }) };
    api.put('deployments', name, { ...deployment(replicas, name), ...own, rest: template });
    const uid = `rs-${name}-${template}`;
    const change = {
      uid,
      name: `${name}-${template}`,
      revision: template,
      deployment: name,
      requests,
      priority,
    };
    api.put('replicaSets', uid, replicaSet(replicas, { ...change, ...own }));
    sim.stock.made.add(`${name}-${template}`);
    sim.judge.asked(name, replicas);
    sim.judge.external(name, 1, replicas);
  }
  for (const { name, ...rest } of plan.foreign) api.put('pods', name, foreignPod(name, rest));
  for (const peer of ['autoscaler', 'deployment', 'replicaset', 'scheduler'] as const)
    sim.launch(peer, sim.dice('start').between(0, 100));
  for (const { name, agentless } of plan.nodes)
    if (!agentless) sim.launch(`kubelet/${name}`, sim.dice('start').between(0, 100));
}
