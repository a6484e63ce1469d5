/**
 * A machine, its disk and its containers: they outlive the processes on it. Where K runs the containers it starts and stops them;
 * where the node's own kubelet does (`publish`), that follows the objects.
 */

import { adoptedObject, uidOfObject } from '../../machines/ownership/adoption.ts';
import type { PodFact } from '../../spec/facts.ts';
import { addTo, draftOf } from '../../spec/foldJournal.ts';
import { EMPTY_JOURNAL, type JournalEntry, type JournalState } from '../../spec/journal.ts';
import type { Resources, Uid } from '../../spec/vocabulary.ts';
import type { Simulation } from './simulation.ts';
import { isUnlabelled } from './unlabelled.ts';
import { removeObject } from './writes.ts';

/** Containers of one Pod. */
export type ContainerState = 'starting' | 'running' | 'stopping';

/** One machine. */
export class Machine {
  readonly name: string;
  readonly capacity: Resources;
  /** uid → state; in `publish` the stamp's uid, or `a-<metadata.uid>`. */
  readonly containers = new Map<Uid, ContainerState>();
  /** Its runtime has told K that they need their object first. */
  readonly awaiting = new Set<Uid>();
  /** Raised when the machine dies: what was under way in it is void. */
  epoch = 0;
  #journal = draftOf(EMPTY_JOURNAL);
  /** Somebody keeps it: what comes goes into a copy. */
  #isKept = false;
  #fresh: JournalEntry[] = [];
  /** The disk takes so much longer, ms. */
  slow = 0;

  constructor(name: string, capacity: Resources) {
    this.name = name;
    this.capacity = capacity;
  }

  /** Makes entries durable. They are added up only when somebody reads. */
  persist(entries: readonly JournalEntry[]): void {
    this.#fresh.push(...entries);
  }

  /** What is durable, to be looked at now: what comes goes into the same. */
  get journal(): JournalState {
    if (this.#fresh.length > 0) {
      if (this.#isKept) this.#journal = draftOf(this.#journal);
      this.#isKept = false;
      addTo(this.#journal, this.#fresh);
      this.#fresh = [];
    }
    return this.#journal;
  }

  /** What is durable, as it is now, to be kept. */
  readBack(): JournalState {
    const { journal } = this;
    this.#isKept = true;
    return journal;
  }

  /** Nothing is durable any more. */
  forget(): void {
    this.#journal = draftOf(EMPTY_JOURNAL);
    this.#isKept = false;
    this.#fresh = [];
  }
}

/** The object of containers. */
export const objectOf = ({ api }: Simulation, uid: Uid) =>
  api.podsByUid.get(uid) ?? api.podsByObject.get(adoptedObject(uid) ?? '');

/** After a while, unless the machine has died meanwhile. */
function later(sim: Simulation, machine: Machine, milliseconds: number, act: () => void): void {
  const { epoch } = machine;
  sim.clock.after(milliseconds, () => {
    if (machine.epoch === epoch) act();
  });
}

/** Whether Pods of a template need their object before they are started; of `some`, every other. */
function needsObject({ plan }: Simulation, replicaSet: string): boolean {
  if (plan.objectFirst !== 'some') return plan.objectFirst === 'all';
  return [...replicaSet].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 2 === 0;
}

/** Asks for the object, or, asked again, finds that it is not there; false: it is not needed, or stands. */
function awaitsObject(sim: Simulation, machine: Machine, uid: Uid): boolean {
  const wasTold = machine.awaiting.delete(uid);
  if (wasTold && objectOf(sim, uid) !== undefined) return false;
  if (!wasTold) machine.awaiting.add(uid);
  later(sim, machine, wasTold ? sim.latency('start') : 1, () =>
    sim.tellTail(
      machine.name,
      wasTold ? { type: 'podStopped', uid, failed: true } : { type: 'podNeedsObject', uid },
    ),
  );
  return true;
}

/** K starts containers. */
export function startContainers(
  sim: Simulation,
  machine: Machine,
  { uid, replicaSet }: { readonly uid: Uid; readonly replicaSet: string },
): void {
  if (machine.containers.has(uid)) return;
  if (needsObject(sim, replicaSet) && awaitsObject(sim, machine, uid)) return;
  sim.setContainers(machine, uid, 'starting');
  later(sim, machine, sim.latency('start'), () => {
    if (machine.containers.get(uid) !== 'starting') return;
    sim.setContainers(machine, uid, 'running');
    sim.tellTail(machine.name, { type: 'podStarted', uid });
    sim.tellTail(machine.name, { type: 'podReadiness', uid, ready: true });
  });
}

/** What has just begun hears which of the containers are ready. */
export function tellReadiness(sim: Simulation, machine: Machine): void {
  if (sim.plan.runtime !== 'runs' || sim.mutants.has('environment/readiness-untold')) return;
  for (const [uid, state] of machine.containers)
    if (state === 'running') sim.tellTail(machine.name, { type: 'podReadiness', uid, ready: true });
}

/** K stops containers, or a start in flight. */
export function stopContainers(sim: Simulation, machine: Machine, uid: Uid): void {
  machine.awaiting.delete(uid);
  const state = machine.containers.get(uid);
  if (state === undefined)
    return later(sim, machine, 1, () =>
      sim.tellTail(machine.name, { type: 'podStopped', uid, failed: false }),
    );
  if (state === 'stopping') return;
  sim.setContainers(machine, uid, 'stopping');
  later(sim, machine, sim.latency('stop'), () => {
    if (machine.containers.get(uid) !== 'stopping') return;
    sim.setContainers(machine, uid, null);
    sim.tellTail(machine.name, { type: 'podStopped', uid, failed: false });
  });
}

/** The node's own kubelet looks at an object of its node: it runs what is bound to it, and ends what is being deleted or gone. */
export function kubeletSees(sim: Simulation, machine: Machine, name: string, uid: Uid): void {
  if (sim.cutFromApi.has(machine.name)) return;
  const pod = sim.api.pods.get(name);
  const wanted = pod !== undefined && !pod.deleting && pod.node === machine.name && uidOfObject(pod) === uid;
  const state = machine.containers.get(uid);
  if (wanted && state === undefined && pod.phase !== 'Failed') {
    if (!sim.judge.hasRoom(machine, pod)) return refuse(sim, machine, pod);
    sim.setContainers(machine, uid, 'starting');
    later(sim, machine, sim.latency('start'), () => {
      if (machine.containers.get(uid) !== 'starting') return;
      sim.setContainers(machine, uid, 'running');
      showRunning(sim, machine, name, uid);
    });
  }
  if (wanted || state === 'stopping') return;
  if (state === undefined) return finalise(sim, machine, name, uid);
  sim.setContainers(machine, uid, 'stopping');
  later(sim, machine, sim.latency('stop'), () => {
    if (machine.containers.get(uid) !== 'stopping') return;
    sim.setContainers(machine, uid, null);
    finalise(sim, machine, name, uid);
  });
}

/** Tries until the API Server can be reached. */
function whenReachable(sim: Simulation, machine: Machine, act: () => void): void {
  later(sim, machine, sim.latency('api'), () => {
    const isAway = sim.cutFromApi.has(machine.name) || sim.troubles.some(({ how }) => how === 'away');
    if (!isAway) return act();
    later(sim, machine, 1000, () => whenReachable(sim, machine, act));
  });
}

function showRunning(sim: Simulation, machine: Machine, name: string, uid: Uid): void {
  whenReachable(sim, machine, () => {
    const pod = sim.api.pods.get(name);
    if (pod === undefined || uidOfObject(pod) !== uid || machine.containers.get(uid) !== 'running') return;
    if (pod.phase !== 'Failed' && !pod.ready)
      sim.api.put('pods', name, { ...pod, phase: 'Running', ready: true });
    kubeletSees(sim, machine, name, uid);
  });
}

/** What stock's scheduler has bound beside what K took meanwhile: the kubelet refuses what does not fit. */
function refuse(sim: Simulation, machine: Machine, { name, metadataUid }: PodFact): void {
  whenReachable(sim, machine, () => {
    const pod = sim.api.pods.get(name);
    if (pod?.metadataUid === metadataUid)
      sim.api.put('pods', name, { ...pod, phase: 'Failed', ready: false });
  });
}

function finalise(sim: Simulation, machine: Machine, name: string, uid: Uid): void {
  whenReachable(sim, machine, () => {
    const pod = sim.api.pods.get(name);
    if (pod?.deleting === true && uidOfObject(pod) === uid && !machine.containers.has(uid))
      removeObject(sim, pod);
  });
}

/** Whether a Pod is nobody's of ours any more, and its kubelet runs it on. */
export const isLetGo = (sim: Simulation, machine: Machine | undefined, pod: PodFact): boolean =>
  isUnlabelled(sim, pod) || (!pod.managed && machine?.containers.has(uidOfObject(pod)) === true);

/** The kubelet looks at all that is, or was, on its node: at its start, and when the API Server is back. */
export function kubeletResyncs(sim: Simulation, machine: Machine): void {
  if (sim.plan.runtime !== 'publish') return;
  const known = new Map<Uid, string>();
  for (const pod of sim.api.podsOn(machine.name))
    if (pod.managed || isLetGo(sim, machine, pod)) known.set(uidOfObject(pod), pod.name);
  for (const uid of machine.containers.keys()) if (!known.has(uid)) known.set(uid, '');
  for (const [uid, name] of known) kubeletSees(sim, machine, name, uid);
}

/** Containers of a Pod exit by themselves. */
export function exit(sim: Simulation, machine: Machine, uid: Uid): void {
  sim.setContainers(machine, uid, null);
  if (sim.plan.runtime === 'runs')
    return sim.tellTail(machine.name, { type: 'podStopped', uid, failed: true });
  const pod = objectOf(sim, uid);
  if (pod !== undefined) sim.api.put('pods', pod.name, { ...pod, phase: 'Failed', ready: false });
}

/** The disk is lost. Nobody gets a new one while a start is in flight at the runtime: no agent could know of it. */
export function loseDisk(sim: Simulation, machine: Machine): void {
  machine.forget();
  for (const [uid, state] of machine.containers)
    if (state === 'starting' && sim.plan.runtime === 'runs') sim.setContainers(machine, uid, 'running');
}

/** Power is gone. */
export function powerOff(sim: Simulation, machine: Machine): void {
  machine.epoch += 1;
  machine.awaiting.clear();
  for (const uid of [...machine.containers.keys()]) sim.setContainers(machine, uid, null);
}
