/**
 * The stock controllers, as far as the owner switch needs them (protocol 9): the policy that says which side an API
 * server admits, the ReplicaSet controller, and stock's scheduler.
 */
import type { PodFact, ReplicaSetFact } from '../../spec/facts.ts';
import type { History, Side } from '../../spec/properties/index.ts';
import type { Owner } from '../../spec/vocabulary.ts';
import { pod } from '../../spec/worlds/objects.ts';
import { type Api, type World, withEntry } from './world.ts';

/** Whether an API server admits a side's creates and deletes of managed Pods; `late`: one that has not seen the switch. */
export function admits(
  api: Pick<Api, 'switch' | 'lagging'>,
  side: Side,
  late: boolean,
  mutants: ReadonlySet<string>,
): boolean {
  if (mutants.has('environment/no-fence')) return true;
  return sideOf((late ? api.lagging : null) ?? api.switch.owner) === side;
}

const sideOf = (owner: Owner): Side => (owner === 'stock' ? 'stock' : 'ours');

/** What the note of an act depends on. */
interface Acted {
  readonly history: History;
  readonly api: Pick<Api, 'switch' | 'lagging'>;
}

/** History after a side has made or ended a Pod: only after a change of the switch that every API server has seen. */
export function noteAct(world: Acted, side: Side, pod: PodFact): History {
  const { history, api } = world;
  if (api.lagging !== null || api.switch.resourceVersion === '1') return history;
  const replicaSet = pod.replicaSet ?? '';
  const sides = history.acted[replicaSet] ?? [];
  const acted = sides.includes(side)
    ? history.acted
    : { ...history.acted, [replicaSet]: [...sides, side].sort() };
  if (sideOf(api.switch.owner) === side) return acted === history.acted ? history : { ...history, acted };
  const trespassed = history.trespassed.includes(pod.name)
    ? history.trespassed
    : [...history.trespassed, pod.name].sort();
  return { ...history, acted, trespassed };
}

/** Whether a Pod counts for stock's ReplicaSet controller. */
export const counts = ({ deleting, phase }: PodFact) =>
  !deleting && phase !== 'Failed' && phase !== 'Succeeded';

/** What the ReplicaSet controller does next: makes a Pod, or ends one; null if it is content. */
export function lackOf(api: Api, replicaSet: ReplicaSetFact): 'create' | 'delete' | null {
  const pods = Object.values(api.pods).filter((pod) => pod.replicaSet === replicaSet.uid && counts(pod));
  if (replicaSet.deleting || pods.length === replicaSet.replicas) return null;
  return pods.length < replicaSet.replicas ? 'create' : 'delete';
}

/** Whether one of the API servers lets the stock controllers act. */
export function mayStockAct(api: Api, mutants: ReadonlySet<string>): boolean {
  return admits(api, 'stock', false, mutants) || admits(api, 'stock', true, mutants);
}

/** Unbound first, then not ready, then the last by name. */
function victimOf(api: Api, replicaSet: string): PodFact {
  const weight = ({ node, ready }: PodFact) => (node === null ? 0 : ready ? 2 : 1);
  const pods = Object.values(api.pods).filter((pod) => pod.replicaSet === replicaSet && counts(pod));
  return pods.sort((a, b) => weight(a) - weight(b) || (a.name < b.name ? 1 : -1))[0] as PodFact;
}

function newPod(api: Api, { uid, name, revision, requests, priority }: ReplicaSetFact): PodFact {
  let number = 1;
  while (api.pods[`${name}-s${number}`] !== undefined) number += 1;
  const change = { managed: true, replicaSet: uid, revision, requests, priority };
  return pod(`${name}-s${number}`, `s${number}-${name}`, change);
}

/** One Pod made or ended by the ReplicaSet controller: the Pod as it was or is, and what becomes of it. */
export function stockWrite(api: Api, uid: string): readonly [PodFact, Partial<PodFact> | null] {
  const replicaSet = api.replicaSets[uid] as ReplicaSetFact;
  if (lackOf(api, replicaSet) === 'create') {
    const pod = newPod(api, replicaSet);
    return [pod, pod];
  }
  const pod = victimOf(api, uid);
  return [pod, pod.node === null ? null : { deleting: true }];
}

/** Nodes on which stock's scheduler may bind a Pod: those with room by the objects that the API Server shows. */
export function nodesFor(api: Api, pod: PodFact): readonly string[] {
  return Object.values(api.nodes)
    .filter(({ name, capacity }) => {
      const used = Object.values(api.pods).filter((one) => one.node === name && one.phase !== 'Failed');
      const sum = (key: 'cpu' | 'memory' | 'pods') =>
        used.reduce((total, { requests }) => total + requests[key], pod.requests[key]);
      return sum('cpu') <= capacity.cpu && sum('memory') <= capacity.memory && sum('pods') <= capacity.pods;
    })
    .map(({ name }) => name);
}

/** Every API server has seen the switch: a reign begins. */
export function propagate(world: World): World {
  return {
    ...world,
    api: { ...world.api, lagging: null },
    history: { ...world.history, acted: {} },
  };
}

/** What a stage says of the switch on its Lease or Node. */
export function acknowledge(world: World, peer: string, owner: Owner, switchVersion: string): World {
  const acknowledged = withEntry(world.api.acknowledged, peer, { owner, switchVersion });
  return { ...world, api: { ...world.api, acknowledged } };
}
