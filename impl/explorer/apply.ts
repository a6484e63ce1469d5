/** What becomes of a world by one move. */
import {
  breakConnection,
  connect,
  duplicate,
  take,
  takeStray,
  told,
} from '../../machines/environment/network.ts';
import { uidOfObject } from '../../machines/ownership/adoption.ts';
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { PodFact } from '../../spec/facts.ts';
import type { PeerName } from '../../spec/vocabulary.ts';
import { collectDeployment, collectSet } from './collection.ts';
import { noteGaps } from './gaps.ts';
import { markRunning } from './history.ts';
import { choiceOf, crash, give, type Moved, noteRegistered, refreshReads, start } from './host.ts';
import type { Move } from './moves.ts';
import { fixed, pend, setContainer, stop } from './perform.ts';
import { noteAct, propagate, stockWrite } from './stock.ts';
import { act, control } from './users.ts';
import { notePassed, tell } from './watches.ts';
import {
  type Budgets,
  type Connection,
  type Flight,
  isTail,
  nodeOf,
  type Process,
  type Setting,
  type World,
  withEntry,
  withProcess,
} from './world.ts';
import { land, putPod } from './writes.ts';

type CountBudget =
  | 'relist'
  | 'clockBack'
  | 'break'
  | 'linger'
  | 'duplicate'
  | 'exit'
  | 'lostReply'
  | 'refused'
  | 'lag'
  | 'misdial';
type KeyBudget = 'crash' | 'usurp' | 'nodeCrash' | 'journalLost' | 'gap' | 'timers' | 'prompts';

function spend(world: World, name: CountBudget): World {
  return { ...world, budgets: { ...world.budgets, [name]: (world.budgets[name] ?? 0) - 1 } };
}
function spendOn(world: World, name: KeyBudget, key: string): World {
  const left: Budgets[KeyBudget] = { ...world.budgets[name], [key]: (world.budgets[name][key] ?? 0) - 1 };
  return { ...world, budgets: { ...world.budgets, [name]: left } };
}

function processAt(connection: Connection, end: 'up' | 'down'): string {
  return end === 'up' ? connection.up : connection.down;
}

type Gift = readonly [World, string, StageEvent];

/** Moves that give one event to one process: the world without the event, the process, the event. */
function gift(setting: Setting, world: World, move: Move): Gift | null {
  switch (move.kind) {
    case 'deliver': {
      const connection = world.network.connections[move.key] as Connection;
      const [message, network] = take(world.network, move.key, move.end);
      const link = move.end === 'up' ? connection.upLink : 'upstream';
      return [{ ...world, network }, processAt(connection, move.end), { type: 'received', link, message }];
    }
    case 'stray': {
      const [{ to, link, message }, network] = takeStray(world.network, move.index);
      return [{ ...world, network }, to, { type: 'received', link, message }];
    }
    case 'told': {
      const connection = world.network.connections[move.key] as Connection;
      const network = told(world.network, move.key, move.end);
      const { upstream, n } = connection;
      const link = move.end === 'up' ? connection.upLink : 'upstream';
      return [{ ...world, network }, processAt(connection, move.end), { type: 'broken', link, upstream, n }];
    }
    case 'answer': {
      const process = world.processes[move.process] as Process;
      const event = process.pending[move.index]?.candidates[move.candidate] as StageEvent;
      const pending = process.pending.filter((_, at) => at !== move.index);
      return [withProcess(world, move.process, (one) => ({ ...one, pending })), move.process, event];
    }
    case 'watch': {
      const process = world.processes[move.process] as Process;
      const [event, told] = tell(world.api, process, choiceOf(setting, process.peer), move.key);
      return [withProcess(world, move.process, () => told), move.process, event];
    }
    case 'timer':
    case 'early': {
      const { process, timer } = move;
      const without = withProcess(world, process, (one) => ({
        ...one,
        timers: one.timers.filter((other) => other !== timer),
      }));
      const paid =
        move.kind === 'early' ? spendOn(without, 'timers', timer.split('/')[0] as string) : without;
      return [paid, process, { type: 'timerFired', timer }];
    }
    case 'gap': {
      const paid = spendOn(world, 'gap', nodeOf((world.processes[move.process] as Process).peer));
      const deaf = withProcess(paid, move.process, (one) => ({ ...one, passed: {} }));
      return [deaf, move.process, { type: 'synced', what: 'pods' }];
    }
    case 'relist':
      return [spend(world, 'relist'), move.process, { type: 'synced', what: move.what }];
    case 'due':
      return [world, move.process, promptEvent(move.prompt)];
    case 'prompt': {
      const paid = spendOn(world, 'prompts', move.prompt.split('/')[0] as string);
      return [paid, move.process, promptEvent(move.prompt)];
    }
    default:
      return null;
  }
}

/** Only stubs are prompted, and hear it as a timer of theirs. */
function promptEvent(prompt: string): StageEvent {
  return { type: 'timerFired', timer: `prompt/${prompt}` };
}

type Dialling = Extract<Move, { kind: 'connect' | 'misdial' }>;

function doConnect(setting: Setting, world: World, move: Dialling): Moved {
  const process = world.processes[move.process] as Process;
  const dial = process.dials.find((one) => one.link === move.link);
  const n = dial?.n ?? 0;
  const network = connect(world.network, {
    up: process.id,
    upLink: move.link,
    down: move.to,
    upstream: process.incarnation,
    n,
  });
  const dials = process.dials.filter((one) => one.link !== move.link);
  const connected = withProcess({ ...world, network }, process.id, (one) => ({ ...one, dials }));
  return give(setting, connected, process.id, { type: 'connected', link: move.link, n });
}

/** Tells the living K of a node. */
function tellTail(world: World, node: string, ...events: StageEvent[]): World {
  const tail = Object.values(world.processes).find(({ peer }) => peer === `kubelet/${node}`);
  return tail === undefined
    ? world
    : events.reduce((next, event) => pend(next, tail.id, fixed(event)), world);
}

function moveContainer(
  setting: Setting,
  world: World,
  node: string,
  uid: string,
  to: string,
  failed = false,
): World {
  const publishes = setting.description.runtime === 'publish';
  if (to === 'running') {
    const refused = publishes ? refusedPod(world, node, uid) : undefined;
    if (refused !== undefined) return putPod(world, refused.name, { phase: 'Failed', ready: false });
    if (setting.description.objectFirst && !Object.values(world.api.pods).some((pod) => pod.uid === uid))
      return tellTail(setContainer(world, node, uid, undefined), node, { type: 'podNeedsObject', uid });
    const running = setContainer(world, node, uid, 'running');
    const hows = publishes ? ['confirmed', 'shown'] : ['confirmed'];
    const after = { ...running, history: markRunning(running.history, uid, hows) };
    if (!publishes)
      return tellTail(after, node, { type: 'podStarted', uid }, { type: 'podReadiness', uid, ready: true });
    const pod = Object.values(after.api.pods).find((one) => uidOfObject(one) === uid);
    return pod === undefined ? after : putPod(after, pod.name, { phase: 'Running', ready: true });
  }
  const stopped = setContainer(world, node, uid, undefined);
  if (publishes) {
    const pod = failed && Object.values(world.api.pods).find((one) => one.uid === uid);
    return pod ? putPod(stopped, pod.name, { phase: 'Failed', ready: false }) : stopped;
  }
  return tellTail(stopped, node, { type: 'podStopped', uid, failed });
}

/** The Pod, if its node's own kubelet has no room for it beside those that it runs: it says so on the object, for good. */
function refusedPod(world: World, node: string, uid: string): PodFact | undefined {
  const idOf = (pod: PodFact) => pod.uid ?? `a-${pod.metadataUid}`;
  const there = Object.values(world.api.pods).filter((pod) => pod.node === node);
  const pod = there.find((one) => idOf(one) === uid);
  const capacity = world.api.nodes[node]?.capacity;
  if (pod === undefined || capacity === undefined) return undefined;
  const beside = there.filter((one) => !one.managed || world.containers[node]?.[idOf(one)] !== undefined);
  const fits = (['cpu', 'memory', 'pods'] as const).every(
    (part) => [...beside, pod].reduce((sum, { requests }) => sum + requests[part], 0) <= capacity[part],
  );
  return fits ? undefined : pod;
}

function without(world: World, index: number): World {
  return { ...world, flights: world.flights.filter((_, at) => at !== index) };
}

function doLand(setting: Setting, world: World, index: number, late: boolean): World {
  const flight = world.flights[index] as Flight;
  const before = without(world, index);
  const [landed, answer] = land(before, flight, { mutants: setting.mutants, late });
  const after = flight.effect.type === 'register' ? noteRegistered(setting, landed, flight) : landed;
  return answer === null || after.processes[flight.by] === undefined
    ? after
    : pend(after, flight.by, fixed(answer));
}

/** The sender is told that the fate is unknown; the write may still be done, as if by one who is gone. A registration is done, and asked for again. */
function makeAmbiguous(setting: Setting, world: World, index: number): World {
  const flight = world.flights[index] as Flight;
  const { effect } = flight;
  if (effect.type === 'register') {
    const [done] = land(spend(world, 'lostReply'), flight, { mutants: setting.mutants, late: false });
    return noteRegistered(setting, done, flight);
  }
  const orphan = { ...flight, by: '' };
  const flights = world.flights.map((one, at) => (at === index ? orphan : one));
  const after = spend({ ...world, flights }, 'lostReply');
  if (effect.type === 'publish') {
    const { uid } = effect.record;
    return pend(
      after,
      flight.by,
      fixed({ type: 'publishFailed', uid, refusal: 'ambiguous', text: 'no reply' }),
    );
  }
  if (effect.type === 'deletePod') {
    const { uid } = effect;
    return pend(after, flight.by, fixed({ type: 'deleteAnswered', uid, outcome: 'ambiguous' }));
  }
  if (effect.type === 'mark') {
    const { node, mark } = effect;
    return pend(after, flight.by, fixed({ type: 'marked', node, mark, outcome: 'conflict' }));
  }
  if (effect.type !== 'writeReplicas') return after;
  const { deployment } = effect;
  return pend(
    after,
    flight.by,
    fixed({ type: 'replicasWritten', deployment, after: null, refusal: 'ambiguous' }),
  );
}

/** A create is answered by a refusal; it may have been done before. */
function refuse(setting: Setting, world: World, { index, how }: Extract<Move, { kind: 'refuse' }>): World {
  const flight = world.flights[index] as Flight;
  const { record } = flight.effect as Extract<Effect, { type: 'publish' }>;
  const paid = spend(without(world, index), 'refused');
  const [after] = how === 'own' ? land(paid, flight, { mutants: setting.mutants, late: false }) : [paid];
  const refusal = how === 'quota' ? 'quota' : 'alreadyExists';
  return pend(after, flight.by, fixed({ type: 'publishFailed', uid: record.uid, refusal, text: how }));
}

function doNodeCrash(world: World, id: string): World {
  const process = world.processes[id] as Process;
  const node = nodeOf(process.peer);
  const dead = crash(spendOn(world, 'nodeCrash', node), id, false);
  return { ...dead, containers: { ...dead.containers, [node]: {} } };
}

/** The agent dies, and its disk with it. */
function doJournalLost(world: World, id: string): World {
  const node = nodeOf((world.processes[id] as Process).peer);
  const dead = crash(spendOn(world, 'journalLost', node), id, false);
  const { [node]: _, ...journals } = dead.journals;
  return { ...dead, journals };
}

/** One act of a person; `lag`: one of the API servers goes on by the owner before. */
function doAct(setting: Setting, world: World, lag: boolean): World {
  const after = act({ ...world, acts: world.acts + 1 }, setting.description.script![world.acts]!);
  if (!lag) return after;
  return spend({ ...after, api: { ...after.api, lagging: world.api.switch.owner } }, 'lag');
}

/** Moves of the environment, faults among them. */
function environment(setting: Setting, world: World, move: Move): World {
  switch (move.kind) {
    case 'land':
      return doLand(setting, world, move.index, move.late === true);
    case 'drop':
      return without(world, move.index);
    case 'container':
      return moveContainer(setting, world, move.node, move.uid, move.to);
    case 'finalise':
      return putPod(world, move.name, null);
    case 'collect':
      return world.api.nodes[world.api.pods[move.name]?.node ?? ''] === undefined
        ? putPod(world, move.name, null)
        : putPod(world, move.name, { deleting: true });
    case 'stock': {
      const [pod, change] = stockWrite(world.api, move.replicaSet);
      return putPod({ ...world, history: noteAct(world, 'stock', pod) }, pod.name, change);
    }
    case 'bind':
      return putPod(world, move.name, { node: move.node });
    case 'propagate':
      return propagate(world);
    case 'collectSet':
      return collectSet(setting, world, move.replicaSet);
    case 'collectDeployment':
      return collectDeployment(world, move.deployment);
    case 'controller':
      return control(setting, world, move.deployment);
    case 'user':
      return doAct(setting, world, move.lag === true);
    case 'ambiguous':
      return makeAmbiguous(setting, world, move.index);
    case 'refuse':
      return refuse(setting, world, move);
    case 'break': {
      const paid = spend(world, 'break');
      const network = breakConnection(world.network, move.key, move.linger);
      return { ...(move.linger.length > 0 ? spend(paid, 'linger') : paid), network };
    }
    case 'duplicate':
      return { ...spend(world, 'duplicate'), network: duplicate(world.network, move.key) };
    case 'crash': {
      const peer = (world.processes[move.process] as Process).peer;
      const paid = spendOn(world, 'crash', peer);
      return crash(move.linger ? spend(paid, 'linger') : paid, move.process, move.linger);
    }
    case 'lapse':
      return stop(world, move.process);
    case 'nodeCrash':
      return doNodeCrash(world, move.process);
    case 'journalLost':
      return doJournalLost(world, move.process);
    case 'exit':
      return moveContainer(setting, spend(world, 'exit'), move.node, move.uid, 'gone', true);
    default:
      return world;
  }
}

/** A second life beside the first. A second agent of a Node is on another machine, with a journal of its own. */
function usurped(world: World, peer: PeerName): World {
  const paid = spendOn(world, 'usurp', peer);
  return isTail(peer) ? { ...paid, journals: withEntry(paid.journals, nodeOf(peer), undefined) } : paid;
}

/** The world after a move, and the steps that processes took in it. */
export function apply(setting: Setting, world: World, move: Move): Moved {
  if (move.kind === 'start') return start(setting, world, move.peer);
  if (move.kind === 'startBack') return start(setting, spend(world, 'clockBack'), move.peer, true);
  if (move.kind === 'usurp') return start(setting, usurped(world, move.peer), move.peer);
  if (move.kind === 'connect') return doConnect(setting, world, move);
  if (move.kind === 'misdial') return doConnect(setting, spend(world, 'misdial'), move);
  const given = gift(setting, world, move);
  if (given === null) {
    const choiceOfPeer = (peer: PeerName) => choiceOf(setting, peer);
    const after = notePassed(world.api, environment(setting, world, move), choiceOfPeer);
    return [refreshReads(world, noteGaps(world.api, after, choiceOfPeer)), []];
  }
  const [before, id, event] = given;
  if (before.processes[id] === undefined) return [before, []];
  const crashAfter = 'crashAfter' in move ? move.crashAfter : undefined;
  if (crashAfter === undefined) return give(setting, before, id, event);
  const { peer } = before.processes[id] as Process;
  return give(setting, spendOn(before, 'crash', peer), id, event, crashAfter);
}
