/** Draws the {@link WorldView} that the properties look at, of a simulated world. */

import { adoptedObject, adoptedUid, uidOfObject } from '../../machines/ownership/adoption.ts';
import type { PodFact, SwitchFact } from '../../spec/facts.ts';
import type { RecordView, StageView, TrafficView, WorldView } from '../../spec/properties/index.ts';
import type { PeerName } from '../../spec/vocabulary.ts';
import type { Observation, StageUnderTest } from '../explorer/world.ts';
import { isTail, type Life, nodeOf } from './life.ts';
import type { Machine } from './machine.ts';
import { isOfItsNode, nodeView } from './nodeView.ts';
import type { Simulation } from './simulation.ts';
import { isUnlabelled } from './unlabelled.ts';

const texts = new WeakMap<object, string>();
const observations = new WeakMap<object, Observed>();

/** What may be seen of a state, and its records by uid. */
interface Observed extends Observation {
  readonly byUid: ReadonlyMap<string, RecordView>;
}

/** The whole state as text: equal for equal states. */
export function textOf(under: StageUnderTest, state: unknown): string {
  const known = texts.get(state as object);
  if (known !== undefined) return known;
  const text = JSON.stringify(under.view(state as never));
  texts.set(state as object, text);
  return text;
}

function observe(life: Life): Observed {
  const known = observations.get(life.state as object);
  if (known !== undefined) return known;
  const observation = life.under.observe(life.state as never);
  const seen = { ...observation, byUid: new Map(observation.records.map((record) => [record.uid, record])) };
  observations.set(life.state as object, seen);
  return seen;
}

function stageView(sim: Simulation, life: Life): StageView {
  const { peer, incarnation } = life;
  const held = isTail(peer) ? (sim.api.nodes.get(nodeOf(peer))?.agent ?? 0) : (sim.api.leases.get(peer) ?? 0);
  const seen = observe(life);
  return {
    process: life.id,
    peer,
    incarnation,
    holdsLease: held <= incarnation,
    records: seen.byUid,
    links: seen.links,
    wants: seen.wants,
    preemptions: seen.preemptions,
    replicaSets: seen.replicaSets ?? [],
    owner: life.owner,
    get text() {
      return textOf(life.under, life.state);
    },
  };
}

/** What was acknowledged. A K that began since has nothing to take back: it lists its Pods anyway. */
export function acknowledgedBy(sim: Simulation): WorldView['acknowledged'] {
  const isKept = (peer: string) =>
    !isTail(peer) || (sim.lives.get(peer as PeerName) ?? []).some(({ hasAcknowledged }) => hasAcknowledged);
  return Object.fromEntries([...sim.api.acknowledged].filter(([peer]) => isKept(peer)));
}

/** Nobody of ours runs there: what stock does there is its own. */
const isAgentless = ({ plan }: Simulation, { name }: Machine) =>
  plan.nodes.some((node) => node.name === name && node.agentless);

/** Stages that should run and do not. */
function downOf(sim: Simulation): readonly PeerName[] {
  const peers: PeerName[] = ['autoscaler', 'deployment', 'replicaset', 'scheduler'];
  for (const { name, agentless } of sim.plan.nodes) if (!agentless) peers.push(`kubelet/${name}`);
  return peers.filter((peer) => (sim.lives.get(peer) ?? []).length === 0);
}

function trafficOf(sim: Simulation): readonly TrafficView[] {
  return [...sim.connections].map(({ up, down, n, broken, toUp, toDown }) => ({
    up: up.id,
    down: down.id,
    session: { upstream: up.incarnation, n },
    gone: [],
    broken: broken || toUp.swallows || toDown.swallows,
    underWay:
      toUp.underWay +
      toDown.underWay +
      [toUp, toDown].filter(({ gather }) => gather.isHolding).length +
      (up.busy || down.busy ? 1 : 0),
  }));
}

/** Pods that are or were ours, shown Running, that have no containers of any name, where an agent runs them. */
function hollowIn(sim: Simulation): readonly PodFact[] {
  return [...sim.api.pods.values()].filter(({ node, phase, managed, uid, metadataUid }) => {
    const machine = node === null ? undefined : sim.machines.get(node);
    if (machine === undefined || phase !== 'Running' || isAgentless(sim, machine)) return false;
    const isOurs = managed || uid !== null || sim.judge.accepted.has(adoptedUid(metadataUid, null));
    if (!isOurs || machine.containers.has(uidOfObject({ uid, metadataUid }))) return false;
    return ![...machine.containers.keys()].some((one) => adoptedObject(one) === metadataUid);
  });
}

/** The world as the properties see it now; what none of the properties of every look reads, is drawn when it is read. */
export function worldView(sim: Simulation): WorldView {
  const { api, machines, lives, plan } = sim;
  const deployments = () => [...api.deployments.values()];
  return {
    stages: [...lives.values()].flat().map((life) => stageView(sim, life)),
    nodes: [...machines.values()]
      .filter((machine) => isOfItsNode(sim, machine) && !isAgentless(sim, machine))
      .map((machine) => nodeView(sim, machine)),
    withoutNodes: false,
    traffic: trafficOf(sim),
    switch: api.switch.get('switch') as SwitchFact,
    get objects() {
      return [...api.pods.values()].filter(({ managed }) => managed);
    },
    get replicas() {
      return Object.fromEntries(deployments().map(({ uid, replicas }) => [uid, replicas]));
    },
    get written() {
      return Object.fromEntries(deployments().map(({ uid, written }) => [uid, written]));
    },
    get managed() {
      return deployments().flatMap(({ uid, unmanaged, deleting }) => (unmanaged || deleting ? [] : [uid]));
    },
    get leaving() {
      return deployments().flatMap(({ uid, unmanaged, written }) =>
        unmanaged && written !== null ? [uid] : [],
      );
    },
    get acknowledged() {
      return acknowledgedBy(sim);
    },
    get deletes() {
      return [...sim.deletes.values()].flatMap(({ life, metadataUid }) => (life.alive ? [metadataUid] : []));
    },
    get unlabelled() {
      return [...api.pods.values()].filter((pod) => isUnlabelled(sim, pod));
    },
    get hollow() {
      return plan.runtime === 'runs' ? hollowIn(sim) : [];
    },
    isFirstMinter: sim.bornOf('autoscaler') === 1,
    get down() {
      return downOf(sim);
    },
    history: sim.judge.history,
  };
}
