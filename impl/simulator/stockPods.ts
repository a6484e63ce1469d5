/** Stock's ReplicaSet controller and scheduler, and the kubelet of Pods that are not ours: for Pods without the label, and for all under `stock`. */
import type { NodeFact, PodFact, ReplicaSetFact } from '../../spec/facts.ts';
import { pod as podObject } from '../../spec/worlds/objects.ts';
import { counts } from '../explorer/stock.ts';
import type { Simulation } from './simulation.ts';
import { deleteObject, removeObject } from './writes.ts';

/** What stock has under way in one world. */
export class StockWork {
  /** ReplicaSets whose writes have not all landed. */
  readonly busy = new Map<string, number>();
  /** ReplicaSets that are looked at soon anyway. */
  readonly due = new Set<string>();
  /** Denied in a row. */
  readonly denied = new Map<string, number>();
  /** Names of ReplicaSets that were ever made. */
  readonly made = new Set<string>();
  /** Pods that wait for a node. */
  readonly binding = new Set<string>();
}

const podsOf = (sim: Simulation, replicaSet: string) =>
  sim.api.podsOfReplicaSet(replicaSet).filter((pod) => counts(pod));

/** Whether it has the Pods that it asks for. */
export function isSettled(sim: Simulation, { uid, deleting, replicas }: ReplicaSetFact): boolean {
  return deleting || podsOf(sim, uid).length === replicas;
}

/** Unbound first, then not ready, then the last by name. */
function victims(pods: readonly PodFact[], many: number): readonly PodFact[] {
  const weight = ({ node, ready }: PodFact) => (node === null ? 0 : ready ? 2 : 1);
  return pods
    .toSorted((a, b) => weight(a) - weight(b) || (a.name < b.name ? 1 : -1))
    .slice(0, Math.max(many, 0));
}

/** Backoff of a controller whose writes are denied, ms. */
const BACKOFF = { first: 5, last: 1_000_000 };

/** The controller looks at a ReplicaSet soon: it makes what lacks, or ends what is too much. What it decided lands a while later. */
export function syncReplicaSet(sim: Simulation, uid: string): void {
  const { stock, owner, api } = sim;
  const isOurs = api.replicaSets.get(uid)?.unmanaged !== true;
  if (stock.due.has(uid) || (isOurs && !owner.letsStock)) return;
  stock.due.add(uid);
  sim.clock.after(sim.latency('watch'), () => {
    stock.due.delete(uid);
    decide(sim, uid);
  });
}

function decide(sim: Simulation, uid: string): void {
  const { stock, api } = sim;
  const replicaSet = api.replicaSets.get(uid);
  // It expects what it has under way, and looks again when that has landed.
  if (replicaSet === undefined || replicaSet.deleting || (stock.busy.get(uid) ?? 0) > 0) return;
  const pods = podsOf(sim, uid);
  const lacks = replicaSet.replicas - pods.length;
  for (let many = lacks; many > 0; many -= 1) write(sim, replicaSet, () => create(sim, replicaSet));
  for (const pod of victims(pods, -lacks)) write(sim, replicaSet, () => end(sim, pod));
}

/** One write; denied by the switch, it is tried again after a backoff that grows. */
function write(sim: Simulation, { uid, unmanaged }: ReplicaSetFact, act: () => void): void {
  const { stock, owner, clock } = sim;
  stock.busy.set(uid, (stock.busy.get(uid) ?? 0) + 1);
  clock.after(sim.latency('api'), () => {
    stock.busy.set(uid, (stock.busy.get(uid) ?? 1) - 1);
    if (unmanaged || owner.admits('stock')) {
      stock.denied.delete(uid);
      act();
      return syncReplicaSet(sim, uid);
    }
    const denied = stock.denied.get(uid) ?? 0;
    stock.denied.set(uid, denied + 1);
    const wait = Math.min(BACKOFF.first * 2 ** denied, BACKOFF.last);
    if (owner.letsStock) clock.after(wait, () => syncReplicaSet(sim, uid));
  });
}

function create(
  sim: Simulation,
  { uid, name, revision, requests, priority, unmanaged }: ReplicaSetFact,
): void {
  const number = sim.count();
  const change = { managed: unmanaged !== true, replicaSet: uid, revision, requests, priority };
  const made = podObject(`${name}-s${number}`, `s${number}`, change);
  if (made.managed) sim.judge.acted('stock', made);
  sim.api.put('pods', made.name, made);
}

function end(sim: Simulation, { name, metadataUid }: PodFact): void {
  const pod = sim.api.pods.get(name);
  if (pod === undefined || pod.metadataUid !== metadataUid || pod.deleting) return;
  if (pod.managed) sim.judge.acted('stock', pod);
  deleteObject(sim, pod);
}

/** Room on a node by the objects that stand. */
function fits(sim: Simulation, { name, capacity, unschedulable, ready }: NodeFact, pod: PodFact): boolean {
  if (unschedulable || !ready) return false;
  const used = sim.api.podsOn(name).filter(({ phase }) => phase !== 'Failed');
  return (['cpu', 'memory', 'pods'] as const).every(
    (part) => used.reduce((sum, { requests }) => sum + requests[part], pod.requests[part]) <= capacity[part],
  );
}

/** The scheduler binds a Pod as soon as it sees room for it. */
export function bindSoon(sim: Simulation, { name }: PodFact, wait = sim.latency('watch')): void {
  const { api, stock } = sim;
  if (stock.binding.has(name)) return;
  stock.binding.add(name);
  sim.clock.after(wait + sim.latency('api'), () => {
    stock.binding.delete(name);
    const pod = api.pods.get(name);
    if (pod === undefined || pod.node !== null || pod.deleting) return;
    const nodes = [...api.nodes.values()].filter((node) => fits(sim, node, pod));
    if (nodes.length > 0) api.put('pods', name, { ...pod, node: sim.dice('bind').pick(nodes).name });
  });
}

/** Room may have come: Pods that wait are looked at again. */
export function bindWaiting(sim: Simulation): void {
  for (const pod of sim.api.podsUnbound()) if (!pod.deleting) bindSoon(sim, pod);
}

/** The kubelet of a Pod without the label: runs it, ends it. Our agents have no part in it. */
export function runForeign(sim: Simulation, { name, metadataUid }: PodFact): void {
  const now = () => {
    const pod = sim.api.pods.get(name);
    return pod?.metadataUid === metadataUid ? pod : undefined;
  };
  const pod = now();
  if (pod === undefined || pod.replicaSet === null) return;
  if (pod.deleting)
    return sim.clock.after(sim.latency('stop'), () => {
      const left = now();
      if (left !== undefined) removeObject(sim, left);
    });
  if (pod.ready || pod.node === null) return;
  sim.clock.after(sim.latency('start'), () => {
    const still = now();
    if (still !== undefined && !still.deleting && !still.ready)
      sim.api.put('pods', name, { ...still, phase: 'Running', ready: true });
  });
}
