/** Draws what a property looks at of one node of a simulated world, and of what is on it. */
import type { NodeView } from '../../spec/properties/index.ts';
import type { Resources } from '../../spec/vocabulary.ts';
import { livesOnAs } from '../explorer/livesOn.ts';
import { type Machine, objectOf } from './machine.ts';
import type { Simulation } from './simulation.ts';
import { isUnlabelled } from './unlabelled.ts';
import { podName } from './writes.ts';

const NONE: Resources = { cpu: 0, memory: 0, pods: 0 };
const plus = (a: Resources, b: Resources): Resources => ({
  cpu: a.cpu + b.cpu,
  memory: a.memory + b.memory,
  pods: a.pods + b.pods,
});

/** What Pods of others take on a node. They go with their Node's object. */
export function foreignOf(sim: Simulation, node: string): Resources {
  let sum = NONE;
  for (const { name, node: on, requests } of sim.plan.foreign) {
    if (on !== node || !sim.api.pods.has(name)) continue;
    sum = plus(sum, requests);
  }
  return sum;
}

/** The uid under which containers live on: K may have let it go, and adopted the object. */
export function livesOn({ api }: Simulation, { journal }: Machine, uid: string): string {
  return livesOnAs(journal, uid, (replicaSet, of) => podName(api, replicaSet, of));
}

/** Whether containers are nobody's of ours: their object has lost its label. */
export function isLeft(sim: Simulation, uid: string): boolean {
  return objectOf(sim, uid)?.managed === false;
}

/** A node and what is on it; each part is drawn when somebody asks for it. */
class SeenNode implements NodeView {
  readonly #sim: Simulation;
  readonly #machine: Machine;
  #running: ReadonlyMap<string, Resources> | null = null;

  constructor(sim: Simulation, machine: Machine) {
    this.#sim = sim;
    this.#machine = machine;
  }

  get #fact() {
    return this.#sim.api.nodes.get(this.name);
  }
  get #containers() {
    return [...this.#machine.containers].filter(([uid]) => !this.#sim.judge.isForced(uid));
  }
  get name() {
    return this.#machine.name;
  }
  get capacity() {
    return this.#fact?.capacity ?? NONE;
  }
  get mark() {
    return this.#fact?.mark ?? null;
  }
  get drained() {
    return this.#machine.journal.drained ?? this.#fact?.drained ?? null;
  }
  get fence() {
    return this.#machine.journal.fence;
  }
  get running() {
    this.#running ??= this.#draw();
    return this.#running;
  }
  get up() {
    return new Set(this.#containers.flatMap(([uid, state]) => (state === 'running' ? [uid] : [])));
  }
  get placed() {
    return new Map(
      [...this.#machine.journal.pods].map(([uid, { record, terminating }]) => [
        uid,
        { replicaSet: record.replicaSet, priority: record.priority, terminating },
      ]),
    );
  }
  get foreign() {
    return foreignOf(this.#sim, this.name);
  }
  get unlabelled() {
    return this.#sim.api
      .podsOn(this.name)
      .filter((pod) => isUnlabelled(this.#sim, pod) && pod.phase !== 'Failed')
      .reduce((sum, { requests }) => plus(sum, requests), NONE);
  }

  #draw(): ReadonlyMap<string, Resources> {
    const { api } = this.#sim;
    const { journal } = this.#machine;
    const running = new Map<string, Resources>();
    for (const [uid] of this.#containers) {
      if (isLeft(this.#sim, uid)) continue;
      const now = livesOn(this.#sim, this.#machine, uid);
      running.set(now, journal.pods.get(now)?.record.requests ?? api.podsByUid.get(uid)?.requests ?? NONE);
    }
    return running;
  }
}

/** A node and what is on it. */
export function nodeView(sim: Simulation, machine: Machine): NodeView {
  return new SeenNode(sim, machine);
}

/** Whether what runs on the machine is of the Node that stands now: one that was made anew counts as marked until K has drained (6). */
export function isOfItsNode(sim: Simulation, machine: Machine): boolean {
  const node = sim.api.nodes.get(machine.name);
  const { nodeUid } = machine.journal;
  return node !== undefined && (nodeUid === null || nodeUid === node.uid);
}
