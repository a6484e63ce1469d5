/**
 * Watches: one stream for each collection that a stage hears of. It lists first, then tells each change in order, late. A lost watch
 * loses what it had not told, and a new list tells the difference.
 */
import type { StageEvent } from '../../spec/events.ts';
import type { DeploymentFact, NodeFact, PodFact, ReplicaSetFact, SwitchFact } from '../../spec/facts.ts';
import { type StageName, stageOf } from '../../spec/vocabulary.ts';
import type { Fact, What } from './api.ts';
import { type Life, nodeOf } from './life.ts';
import type { Simulation } from './simulation.ts';

const HEARD: Readonly<Record<StageName, readonly What[]>> = {
  autoscaler: ['switch', 'deployments'],
  deployment: ['switch', 'replicaSets', 'deployments'],
  replicaset: ['switch', 'replicaSets', 'pods'],
  scheduler: ['switch', 'nodes', 'replicaSets', 'pods'],
  kubelet: ['switch', 'nodes', 'pods'],
};

/** A stream to one process. It outlives a restart in place, as the shared watches of a process do. */
export interface Watch {
  readonly what: What;
  readonly peer: string;
  readonly stage: StageName;
  /** Of a K. */
  readonly node: string | null;
  /** S hears of managed Pods without a stamp. */
  readonly handsOver: boolean;
  life: Life;
  /** What was told, or is on its way. */
  readonly queued: Map<string, Fact>;
  /** What was told. */
  readonly told: Map<string, Fact>;
  /** Raised when the stream is lost: what was under way is void. */
  epoch: number;
  listed: boolean;
  lost: boolean;
  lastArrival: number;
}

/** Whether an object is of this stream. R hears of a Pod only for its deletion cost. */
function concerns({ what, stage, node, handsOver }: Watch, fact: Fact): boolean {
  if (what === 'nodes') return stage !== 'kubelet' || (fact as NodeFact).name === node;
  if (what === 'deployments')
    return !(fact as DeploymentFact).unmanaged || (fact as DeploymentFact).written !== null;
  if (what === 'replicaSets') return stage !== 'scheduler' || !(fact as ReplicaSetFact).unmanaged;
  if (what !== 'pods') return true;
  const pod = fact as PodFact;
  if (stage === 'kubelet') return pod.node === node;
  if (stage !== 'scheduler') return pod.managed && pod.deletionCost !== 0;
  return pod.managed ? handsOver && pod.uid === null : pod.node !== null;
}

/** Whose a Pod without the label is, is none of ours. */
const shown = (pod: PodFact): PodFact => (pod.managed ? pod : { ...pod, replicaSet: null });

function observed(what: What, fact: Fact): StageEvent {
  switch (what) {
    case 'nodes':
      return { type: 'nodeObserved', node: fact as NodeFact };
    case 'pods':
      return { type: 'podObserved', pod: shown(fact as PodFact) };
    case 'deployments':
      return { type: 'deploymentObserved', deployment: fact as DeploymentFact };
    case 'replicaSets':
      return { type: 'replicaSetObserved', replicaSet: fact as ReplicaSetFact };
    case 'switch':
      return { type: 'switchObserved', switch: fact as SwitchFact };
  }
}

function vanished(what: What, last: Fact): StageEvent | null {
  switch (what) {
    case 'nodes':
      return { type: 'nodeVanished', name: (last as NodeFact).name, uid: (last as NodeFact).uid };
    case 'pods':
      return { type: 'podVanished', pod: shown(last as PodFact) };
    case 'deployments':
      return { type: 'deploymentVanished', uid: (last as DeploymentFact).uid };
    case 'replicaSets':
      return { type: 'replicaSetVanished', uid: (last as ReplicaSetFact).uid };
    case 'switch':
      return null;
  }
}

const identity = (fact: Fact) =>
  'metadataUid' in fact ? fact.metadataUid : 'uid' in fact ? fact.uid : 'switch';

/** Puts a change under way; an object made anew under a name vanishes first. */
function queue(sim: Simulation, watch: Watch, key: string, fact: Fact | null): void {
  const last = watch.queued.get(key);
  const events: StageEvent[] = [];
  const isAnother = last !== undefined && fact !== null && identity(last) !== identity(fact);
  if (last !== undefined && (fact === null || isAnother)) {
    const event = vanished(watch.what, last);
    if (event !== null) events.push(event);
  }
  if (fact === null) watch.queued.delete(key);
  else {
    watch.queued.set(key, fact);
    events.push(observed(watch.what, fact));
  }
  if (events.length === 0) return;
  carry(sim, watch, () => {
    if (fact === null) watch.told.delete(key);
    else watch.told.set(key, fact);
    for (const event of events) sim.give(watch.life, event);
  });
}

function carry(sim: Simulation, watch: Watch, tell: () => void): void {
  const { epoch } = watch;
  watch.lastArrival = Math.max(watch.lastArrival, sim.clock.now + sim.latency('watch'));
  sim.clock.at(watch.lastArrival, () => {
    if (watch.epoch === epoch && watch.life.alive) tell();
  });
}

/** A change at the API Server goes to every stream that it concerns. */
export function spread(
  sim: Simulation,
  watches: Iterable<Watch>,
  key: string,
  before: Fact | null,
  after: Fact | null,
): void {
  for (const watch of watches) {
    if (!watch.listed || watch.lost || !watch.life.alive) continue;
    const is = after !== null && concerns(watch, after);
    const was = before !== null && watch.queued.has(key);
    // R keeps hearing of a Pod whose cost was taken away.
    if (is || (was && after !== null && watch.peer === 'replicaset')) queue(sim, watch, key, after);
    else if (was) queue(sim, watch, key, null);
  }
}

/** Objects that a list shows. */
function* listed(sim: Simulation, watch: Watch): Generator<[string, Fact]> {
  const { what, peer, node } = watch;
  const behind = sim.behind.get(peer)?.objects;
  if (behind !== undefined) {
    for (const [key, fact] of behind[what]) if (concerns(watch, fact)) yield [key, fact];
    return;
  }
  if (what === 'pods' && node !== null) {
    for (const pod of sim.api.podsOn(node)) yield [pod.name, pod];
    return;
  }
  for (const [key, fact] of sim.api[what]) if (concerns(watch, fact)) yield [key, fact];
}

/** A list: what is different from what was told, then `synced`. Asked again until the API Server answers. */
function list(sim: Simulation, watch: Watch): void {
  const { epoch } = watch;
  sim.ask(watch.life, () => {
    if (watch.epoch !== epoch) return null;
    const now = new Map(listed(sim, watch));
    const behind = sim.behind.get(watch.peer);
    watch.listed = true;
    watch.lost = behind !== undefined;
    if (behind !== undefined) sim.clock.at(behind.until, () => again(sim, watch));
    for (const key of [...watch.queued.keys()].sort()) if (!now.has(key)) queue(sim, watch, key, null);
    for (const key of [...now.keys()].sort())
      if (watch.queued.get(key) !== now.get(key)) queue(sim, watch, key, now.get(key) as Fact);
    const { what } = watch;
    if (what !== 'switch') carry(sim, watch, () => sim.give(watch.life, { type: 'synced', what }));
    return null;
  });
}

/** The streams of a fresh process: they list first. */
export function openWatches(sim: Simulation, life: Life): void {
  const stage = stageOf(life.peer);
  for (const what of HEARD[stage]) {
    const watch: Watch = {
      what,
      peer: life.peer,
      stage,
      node: stage === 'kubelet' ? nodeOf(life.peer) : null,
      handsOver: sim.plan.handsOver === true,
      life,
      queued: new Map(),
      told: new Map(),
      epoch: 0,
      listed: false,
      lost: false,
      lastArrival: 0,
    };
    life.watches.push(watch);
    sim.watching(watch);
    list(sim, watch);
  }
}

/** A life that begins in the same process hears first what its streams had told, which may be old. */
export function inheritWatches(sim: Simulation, life: Life, watches: readonly Watch[]): void {
  for (const watch of watches) {
    watch.life = life;
    life.watches.push(watch);
    if (!watch.listed) {
      if (!watch.lost) list(sim, watch);
      continue;
    }
    for (const key of [...watch.told.keys()].sort()) {
      if (!life.alive) return;
      sim.give(life, observed(watch.what, watch.told.get(key) as Fact));
    }
    const { what } = watch;
    if (what !== 'switch' && life.alive) sim.give(life, { type: 'synced', what });
    // Then what came while no life listened.
    const until = sim.behind.get(watch.peer)?.until ?? sim.clock.now;
    if (!watch.lost) loseWatch(sim, watch, until - sim.clock.now);
  }
}

/** The stream is lost for a while. */
export function loseWatch(sim: Simulation, watch: Watch, milliseconds: number): void {
  watch.epoch += 1;
  watch.lost = true;
  watch.queued.clear();
  for (const [key, fact] of watch.told) watch.queued.set(key, fact);
  sim.clock.after(milliseconds, () => again(sim, watch));
}

function again(sim: Simulation, watch: Watch): void {
  const waits = watch.listed && sim.behind.has(watch.peer);
  if (watch.life.alive && watch.lost && !waits) list(sim, watch);
}

/** The API server that the stage listens to falls behind for a while. Who has seen more does not go back: its list waits. */
export function fallBehind(sim: Simulation, peer: Life['peer'], milliseconds: number): void {
  if (sim.behind.has(peer)) return;
  const until = sim.clock.now + milliseconds;
  sim.clock.at(until, () => sim.behind.delete(peer));
  sim.behind.set(peer, { objects: sim.api.snapshot(), until });
  for (const life of sim.lives.get(peer) ?? [])
    for (const watch of life.watches) loseWatch(sim, watch, milliseconds);
}
