/**
 * The explorer's host: gives one event to one process, carries the effects out in order, and may crash between any
 * two of them. Starts and ends processes.
 */
import { nextIncarnation } from '../../machines/ownership/registration.ts';
import type { StageEvent } from '../../spec/events.ts';
import { liveIn, type RecordView } from '../../spec/properties/index.ts';
import type { StageConfig, Step } from '../../spec/stage.ts';
import type { Incarnation, PeerName } from '../../spec/vocabulary.ts';
import type { StageChoice } from '../../spec/worlds/description.ts';
import { recordMinted, recordNumber, recordReached, recordRegistered, recordStep } from './history.ts';
import { end, perform } from './perform.ts';
import { answerNow } from './reads.ts';
import { firstLists } from './watches.ts';
import {
  type Flight,
  isTail,
  nodeOf,
  type Observation,
  type Pending,
  type Process,
  type Setting,
  type StepRecord,
  type World,
  withEntry,
  withProcess,
} from './world.ts';

/** A world, and the steps that led to it. */
export type Moved = readonly [World, readonly StepRecord[]];

const observations = new WeakMap<object, Observation>();

/** What the properties see of a process; kept per state. */
export function observe(setting: Setting, process: Process): Observation {
  const known = observations.get(process.state as object);
  if (known !== undefined) return known;
  const seen = stageOfPeer(setting, process.peer).observe(process.state as never);
  observations.set(process.state as object, seen);
  return seen;
}

/** The stage that runs under a name. */
export function stageOfPeer(setting: Setting, peer: PeerName) {
  const found = setting.stages[peer];
  if (found === undefined) throw new Error(`world ${setting.description.name} has no stage ${peer}`);
  return found;
}

/** How the world chose a peer's stage. */
export function choiceOf(setting: Setting, peer: PeerName): StageChoice {
  return setting.description.stages.find((one) => one.peer === peer) as StageChoice;
}

const byUid = (records: readonly RecordView[]) => new Map(records.map((record) => [record.uid, record]));
const NOTHING: readonly RecordView[] = [];

/** Reads that have not been answered see what has changed since. */
export function refreshReads(before: World, after: World): World {
  if (before.api === after.api) return after;
  let next = after;
  for (const process of Object.values(after.processes)) {
    if (!process.pending.some((one) => one.reads !== null)) continue;
    const pending = process.pending.map((one): Pending => {
      if (one.reads === null) return one;
      const event = answerNow(after.api, process, one.reads) as StageEvent;
      const known = one.candidates.some((other) => JSON.stringify(other) === JSON.stringify(event));
      return known ? one : { ...one, candidates: [...one.candidates, event] };
    });
    next = withProcess(next, process.id, (one) => ({ ...one, pending }));
  }
  return next;
}

/** Carries out a step: all effects, or those before a crash. */
function carryOut(
  setting: Setting,
  world: World,
  id: string,
  event: StageEvent | null,
  [state, effects]: Step<unknown>,
  crashAfter: number | undefined,
): Moved {
  const process = world.processes[id] as Process;
  const was = event === null ? null : observe(setting, process);
  const before = was?.records ?? NOTHING;
  const changed = withProcess(world, id, (one) => ({ ...one, state }));
  const seen = observe(setting, changed.processes[id] as Process);
  let after: World = changed;
  if (before !== seen.records || seen.preemptions.size > 0)
    after = {
      ...changed,
      history: recordStep(changed, process.peer, byUid(before), byUid(seen.records), seen.preemptions),
    };
  if (process.peer === 'replicaset' && setting.description.always.includes('NoDipOnModeChange'))
    after = {
      ...after,
      history: recordReached(after.history, seen.wants, seen.replicaSets ?? [], liveIn(seen.records)),
    };
  const history = recordMinted(after.history, was ?? {}, seen);
  if (history !== after.history) after = { ...after, history };
  let done = 0;
  for (const effect of effects) {
    if (done === crashAfter || after.processes[id] === undefined) break;
    after = perform(after, id, effect, setting.description.slowStatus);
    done += 1;
  }
  const record: StepRecord = {
    process: id,
    peer: process.peer,
    incarnation: process.incarnation,
    event,
    effects,
    ...(crashAfter === undefined ? {} : { crashedAfter: done }),
  };
  if (crashAfter !== undefined && after.processes[id] !== undefined) after = crash(after, id, true);
  return [refreshReads(world, after), [record]];
}

/** A process dies; its stage waits to be started. */
export function crash(world: World, id: string, linger: boolean): World {
  const process = world.processes[id];
  if (process === undefined) return world;
  return {
    ...end(world, id, linger),
    down: { ...world.down, [process.peer]: world.down[process.peer] ?? 0 },
  };
}

/** One event for one process. */
export function give(
  setting: Setting,
  world: World,
  id: string,
  event: StageEvent,
  crashAfter?: number,
): Moved {
  const process = world.processes[id] as Process;
  const { stage } = stageOfPeer(setting, process.peer);
  return carryOut(setting, world, id, event, stage.step(process.state, event), crashAfter);
}

/** A life bears its number from now on, where a property asks. */
function noteNumber(setting: Setting, world: World, id: string, incarnation: Incarnation): World {
  if (!setting.description.always.includes('IncarnationsGrow')) return world;
  return { ...world, history: recordNumber(world.history, id, incarnation) };
}

/** The registration of a K has come to the API Server. */
export function noteRegistered(setting: Setting, world: World, { by, peer, incarnation }: Flight): World {
  if (world.api.nodes[nodeOf(peer)]?.agent !== incarnation) return world;
  const numbered = noteNumber(setting, world, by, incarnation);
  if (!setting.description.always.includes('SupersededUnserved') || world.processes[by] === undefined)
    return numbered;
  return { ...numbered, history: recordRegistered(numbered.history, by, 'scheduler') };
}

/** Begins a life: a number above all before it is taken, the stage starts, its watches list. */
export function start(setting: Setting, world: World, peer: PeerName, slow = false): Moved {
  const above = world.down[peer] ?? 0;
  const life = (world.lives[peer] ?? 0) + 1;
  const held = isTail(peer) ? (world.api.nodes[nodeOf(peer)]?.agent ?? 0) : (world.api.leases[peer] ?? 0);
  const reuse = setting.mutants.has('environment/reuse-incarnation') && life > 1 && above === 0;
  const incarnation = reuse ? held : nextIncarnation(held, above, slow ? 0 : life, setting.mutants);
  const id = `${peer}~${life}`;
  const choice = choiceOf(setting, peer);
  const [events, seen] = firstLists(world.api, { peer }, choice);
  const [state, effects] = stageOfPeer(setting, peer).stage.start(
    configOf(setting, world, peer, incarnation, life > 1 && held > 0 ? held : null),
  );
  const process: Process = {
    id,
    peer,
    incarnation,
    state,
    pending: [],
    timers: [],
    dials: [],
    seen,
    passed: {},
  };
  const leases = isTail(peer) ? world.api.leases : { ...world.api.leases, [peer]: incarnation };
  const born: World = {
    ...world,
    down: withEntry(world.down, peer, undefined),
    lives: { ...world.lives, [peer]: life },
    api: { ...world.api, leases },
    processes: { ...world.processes, [id]: process },
  };
  const counted = isTail(peer) ? born : noteNumber(setting, born, id, incarnation);
  const first = carryOut(setting, counted, id, null, [state, effects], undefined);
  let [after, steps] = [refreshReads(world, first[0]), first[1]];
  for (const event of events) {
    if (after.processes[id] === undefined) break;
    const [next, more] = give(setting, after, id, event);
    [after, steps] = [next, [...steps, ...more]];
  }
  return [after, steps];
}

function configOf(
  setting: Setting,
  world: World,
  peer: PeerName,
  incarnation: number,
  found: number | null,
): StageConfig {
  const acknowledged = world.api.acknowledged[peer]?.owner;
  if (peer === 'replicaset' && acknowledged !== undefined)
    return { incarnation, mutants: setting.mutants, acknowledged };
  const { handsOver } = choiceOf(setting, peer);
  if (!isTail(peer)) return { incarnation, mutants: setting.mutants, ...(handsOver && { handsOver }) };
  const node = nodeOf(peer);
  const journal = world.journals[node];
  const { runtime } = setting.description;
  const running = Object.entries(world.containers[node] ?? {});
  return {
    incarnation,
    found,
    mutants: setting.mutants,
    node,
    runtime,
    ...(journal === undefined ? {} : { journal }),
    ...(runtime === 'runs'
      ? { running: running.filter(([, state]) => state === 'running').map(([uid]) => uid) }
      : {}),
  };
}
