/**
 * All that can happen next in a world, as plain data. `kind` says what; `fault` moves spend a budget.
 *
 * A timer may fire early for a budget, or for nothing once nothing else can happen: time passes only at rest.
 */
import type { Connection, End } from '../../machines/environment/network.ts';
import { uidOfObject } from '../../machines/ownership/adoption.ts';
import type { ReplicaSetFact } from '../../spec/facts.ts';
import type { TimerName } from '../../spec/timers.ts';
import type { LinkName, PeerName } from '../../spec/vocabulary.ts';
import { collectionMoves } from './collection.ts';
import { choiceOf } from './host.ts';
import { lackOf, mayStockAct, nodesFor } from './stock.ts';
import { canAct, controllerLags } from './users.ts';
import { listsOf, untold, type What } from './watches.ts';
import { type ContainerState, isTail, nodeOf, type Process, type Setting, type World } from './world.ts';
import { canLand, isFenced } from './writes.ts';

/** One thing that can happen. `crashAfter`: the process dies after so many effects of the step. */
export type Move =
  | { readonly kind: 'deliver'; readonly key: string; readonly end: End; readonly crashAfter?: number }
  | { readonly kind: 'stray'; readonly index: number; readonly crashAfter?: number }
  | { readonly kind: 'told'; readonly key: string; readonly end: End; readonly crashAfter?: number }
  | { readonly kind: 'connect'; readonly process: string; readonly link: LinkName; readonly to: string }
  | {
      readonly kind: 'answer';
      readonly process: string;
      readonly index: number;
      readonly candidate: number;
      readonly crashAfter?: number;
    }
  | { readonly kind: 'watch'; readonly process: string; readonly key: string; readonly crashAfter?: number }
  | {
      readonly kind: 'timer';
      readonly process: string;
      readonly timer: TimerName;
      readonly crashAfter?: number;
    }
  | {
      /** A stub does what is due. */
      readonly kind: 'due';
      readonly process: string;
      readonly prompt: string;
      readonly crashAfter?: number;
    }
  /** The host of a process finds its Lease in other hands. */
  | { readonly kind: 'lapse'; readonly process: string }
  /** `late`: at an API server that has not seen the owner switch. */
  | { readonly kind: 'land'; readonly index: number; readonly late?: true }
  | { readonly kind: 'start'; readonly peer: PeerName }
  | {
      readonly kind: 'container';
      readonly node: string;
      readonly uid: string;
      readonly to: ContainerState | 'gone';
    }
  | { readonly kind: 'finalise'; readonly name: string }
  | { readonly kind: 'collect'; readonly name: string }
  /** Of a Deployment that was deleted. */
  | { readonly kind: 'collectSet'; readonly replicaSet: string }
  | { readonly kind: 'collectDeployment'; readonly deployment: string }
  | { readonly kind: 'controller'; readonly deployment: string }
  /** Stock's ReplicaSet controller makes or ends a Pod; its scheduler binds one. */
  | { readonly kind: 'stock'; readonly replicaSet: string }
  | { readonly kind: 'bind'; readonly name: string; readonly node: string }
  /** The last API server sees the owner switch. */
  | { readonly kind: 'propagate' }
  /** `lag`: one of the API servers sees the owner switch late. */
  | { readonly kind: 'user'; readonly lag?: true }
  | {
      /** A stub does what it can, for a budget. */
      readonly kind: 'prompt';
      readonly process: string;
      readonly prompt: string;
      readonly crashAfter?: number;
    }
  // faults
  | { readonly kind: 'early'; readonly process: string; readonly timer: TimerName }
  | { readonly kind: 'drop'; readonly index: number }
  | { readonly kind: 'ambiguous'; readonly index: number }
  /** A create is refused for the quota, or since somebody has the name; or it was done, and the host, which asked twice, hears that its own object has it. */
  | { readonly kind: 'refuse'; readonly index: number; readonly how: (typeof REFUSALS)[number] }
  | { readonly kind: 'break'; readonly key: string; readonly linger: readonly End[] }
  | { readonly kind: 'duplicate'; readonly key: string }
  /** A dial reaches a process that does not hold its Lease. */
  | { readonly kind: 'misdial'; readonly process: string; readonly link: LinkName; readonly to: string }
  | { readonly kind: 'crash'; readonly process: string; readonly linger: boolean }
  | { readonly kind: 'nodeCrash'; readonly process: string }
  | { readonly kind: 'journalLost'; readonly process: string }
  /** An agent's watch lists anew; of what came and went meanwhile it does not tell. */
  | { readonly kind: 'gap'; readonly process: string }
  /** A watch lists anew, from an API server that has seen no more than the watch has told. */
  | { readonly kind: 'relist'; readonly process: string; readonly what: What }
  | { readonly kind: 'usurp'; readonly peer: PeerName }
  /** A life begins while the clock has gone back. */
  | { readonly kind: 'startBack'; readonly peer: PeerName }
  | { readonly kind: 'exit'; readonly node: string; readonly uid: string };

/** How a create is refused: see `refuse`. */
const REFUSALS = ['quota', 'taken', 'own'] as const;

/** Writes whose reply may be lost, where the world does not say which. */
const LOSABLE: readonly string[] = ['publish', 'writeReplicas', 'register'];

/** Kinds that spend a budget. */
export const FAULTS: ReadonlySet<Move['kind']> = new Set([
  'early',
  'ambiguous',
  'refuse',
  'break',
  'duplicate',
  'misdial',
  'crash',
  'nodeCrash',
  'journalLost',
  'gap',
  'relist',
  'usurp',
  'startBack',
  'exit',
]);

/** What need not happen: faults, people, prompts. */
export function isOptional(move: Move): boolean {
  return FAULTS.has(move.kind) || move.kind === 'user' || move.kind === 'prompt';
}

/** Whether a process holds its Lease; a tail always does. */
function isHolder(world: World, { peer, incarnation }: Process): boolean {
  return isTail(peer) || world.api.leases[peer] === incarnation;
}

/** Answers about one Pod's containers come in their order. */
function runtimeKey(process: Process, index: number): string | null {
  const event = process.pending[index]?.candidates[0];
  switch (event?.type) {
    case 'podStarted':
    case 'podNeedsObject':
    case 'podReadiness':
    case 'podStopped':
      return event.uid;
    default:
      return null;
  }
}

/** A list that was asked for is complete when all that it shows has been heard; a watch that lists anew does not wait for it. */
function isBeforeItsList({ pending }: Process, index: number): boolean {
  const heard = pending[index]?.candidates[0];
  if (heard?.type !== 'synced' || heard.token === undefined) return false;
  const shown = heard.what === 'deployments' ? 'deploymentObserved' : 'replicaSetObserved';
  return pending.slice(0, index).some(({ candidates }) => candidates[0]?.type === shown);
}

function* processMoves(setting: Setting, world: World, process: Process): Generator<Move> {
  const { id } = process;
  for (const dial of process.dials)
    for (const other of Object.values(world.processes))
      if (other.peer === dial.peer && (world.budgets.misdial === null || isHolder(world, other)))
        yield { kind: 'connect', process: id, link: dial.link, to: other.id };
  const runtime = new Set<string>();
  for (const [index, pending] of process.pending.entries()) {
    const key = runtimeKey(process, index);
    if (key !== null && runtime.has(key)) continue;
    if (key !== null) runtime.add(key);
    if (isBeforeItsList(process, index)) continue;
    for (const candidate of pending.candidates.keys())
      yield { kind: 'answer', process: id, index, candidate };
  }
  for (const key of untold(world.api, process, choiceOf(setting, process.peer)))
    yield { kind: 'watch', process: id, key };
  if (setting.description.renews && !isHolder(world, process)) yield { kind: 'lapse', process: id };
  for (const prompt of setting.stages[process.peer]?.dues?.(process.state as never) ?? [])
    yield { kind: 'due', process: id, prompt };
}

function* networkMoves(world: World): Generator<Move> {
  for (const [key, connection] of Object.entries(world.network.connections)) {
    if (connection.toDown.length > 0) yield { kind: 'deliver', key, end: 'down' };
    if (connection.toUp.length > 0) yield { kind: 'deliver', key, end: 'up' };
    for (const end of connection.untold) yield { kind: 'told', key, end };
  }
  for (const index of world.network.strays.keys()) yield { kind: 'stray', index };
}

/** Until R knows it, it replaces what garbage collection ends, again and again: no bounded world. So collection waits for R's watch. */
function isKnownDeleted(world: World, replicaSet: string): boolean {
  return Object.values(world.processes)
    .filter(({ peer }) => peer === 'replicaset')
    .every(({ seen }) => (seen[`replicaSets/${replicaSet}`] as ReplicaSetFact | undefined)?.deleting);
}

function* apiMoves(setting: Setting, world: World): Generator<Move> {
  for (const [index, flight] of world.flights.entries()) {
    if (canLand(world, flight)) yield { kind: 'land', index };
    if (world.api.lagging !== null && isFenced(flight)) yield { kind: 'land', index, late: true };
    if (world.processes[flight.by] === undefined) yield { kind: 'drop', index };
  }
  const publishes = setting.description.runtime === 'publish';
  for (const pod of Object.values(world.api.pods)) {
    const node = world.api.nodes[pod.node ?? ''];
    const owner = pod.replicaSet === null ? null : world.api.replicaSets[pod.replicaSet];
    const isOver = owner === undefined || (owner?.deleting === true && isKnownDeleted(world, owner.uid));
    if (pod.replicaSet !== null && isOver && !pod.deleting) yield { kind: 'collect', name: pod.name };
    if (pod.node !== null && node === undefined) yield { kind: 'collect', name: pod.name };
    const uid = uidOfObject(pod);
    const container = world.containers[pod.node ?? '']?.[uid];
    if (pod.managed && pod.node === null && !pod.deleting)
      for (const name of nodesFor(world.api, pod)) yield { kind: 'bind', name: pod.name, node: name };
    if (!publishes || pod.node === null) continue;
    if (pod.deleting && container === undefined) yield { kind: 'finalise', name: pod.name };
    if (!pod.managed) continue;
    if (!pod.deleting && container === undefined && pod.phase !== 'Failed')
      yield { kind: 'container', node: pod.node ?? '', uid, to: 'running' };
  }
  if (mayStockAct(world.api, setting.mutants))
    for (const one of Object.values(world.api.replicaSets))
      if (lackOf(world.api, one) !== null) yield { kind: 'stock', replicaSet: one.uid };
  yield* collectionMoves(setting, world);
  if (world.api.lagging !== null) yield { kind: 'propagate' };
  for (const deployment of Object.keys(world.api.deployments))
    if (controllerLags(setting, world, deployment)) yield { kind: 'controller', deployment };
}

function* containerMoves(setting: Setting, world: World): Generator<Move> {
  const publishes = setting.description.runtime === 'publish';
  for (const [node, containers] of Object.entries(world.containers)) {
    for (const [uid, state] of Object.entries(containers)) {
      if (state === 'starting') yield { kind: 'container', node, uid, to: 'running' };
      if (state === 'stopping') yield { kind: 'container', node, uid, to: 'gone' };
      if (!publishes) continue;
      const pod = Object.values(world.api.pods).find((one) => uidOfObject(one) === uid);
      if (pod === undefined || pod.deleting) yield { kind: 'container', node, uid, to: 'gone' };
    }
  }
}

function breaks(world: World, key: string, connection: Connection): readonly Move[] {
  if (connection.broken) return [];
  const full: End[] = [];
  if (world.budgets.linger > 0) {
    if (connection.toDown.length > 0) full.push('down');
    if (connection.toUp.length > 0) full.push('up');
  }
  const subsets: (readonly End[])[] =
    full.length === 2 ? [[], ['down'], ['up'], full] : full.length === 1 ? [[], full] : [[]];
  return subsets.map((linger) => ({ kind: 'break', key, linger }));
}

/** Whether a process, or a connection by its dialler, is of a peer that is not this world's subject. */
export function isQuiet(setting: Setting, process: string): boolean {
  return setting.description.quiet?.some((peer) => process.startsWith(`${peer}~`)) === true;
}

function* faultMoves(setting: Setting, world: World): Generator<Move> {
  const { budgets } = world;
  for (const process of Object.values(world.processes)) {
    const { id, peer } = process;
    if ((budgets.crash[peer] ?? 0) > 0) {
      yield { kind: 'crash', process: id, linger: false };
      if (budgets.linger > 0) yield { kind: 'crash', process: id, linger: true };
    }
    if (isTail(peer) && (budgets.nodeCrash[nodeOf(peer)] ?? 0) > 0) yield { kind: 'nodeCrash', process: id };
    if (isTail(peer) && (budgets.journalLost[nodeOf(peer)] ?? 0) > 0)
      yield { kind: 'journalLost', process: id };
    if (isTail(peer) && (budgets.gap[nodeOf(peer)] ?? 0) > 0) yield { kind: 'gap', process: id };
    if ((budgets.usurp[peer] ?? 0) > 0 && world.down[peer] === undefined) yield { kind: 'usurp', peer };
    if (budgets.relist > 0)
      for (const what of listsOf(process, choiceOf(setting, peer)))
        yield { kind: 'relist', process: id, what };
    if ((budgets.misdial ?? 0) > 0)
      for (const dial of process.dials)
        for (const other of Object.values(world.processes))
          if (other.peer === dial.peer && !isHolder(world, other))
            yield { kind: 'misdial', process: id, link: dial.link, to: other.id };
    for (const timer of process.timers)
      if ((budgets.timers[timer.split('/')[0] as string] ?? 0) > 0)
        yield { kind: 'early', process: id, timer };
  }
  if (budgets.clockBack > 0)
    for (const peer of Object.keys(world.down))
      if (world.api.leases[peer] !== undefined) yield { kind: 'startBack', peer: peer as PeerName };
  for (const [key, connection] of Object.entries(world.network.connections)) {
    if (isQuiet(setting, key) || isQuiet(setting, connection.down)) continue;
    if (budgets.break > 0) yield* breaks(world, key, connection);
    if (budgets.duplicate > 0 && connection.toDown[0]?.kind === 'Hello') yield { kind: 'duplicate', key };
  }
  if (budgets.exit > 0)
    for (const [node, containers] of Object.entries(world.containers))
      for (const [uid, state] of Object.entries(containers))
        if (state === 'running') yield { kind: 'exit', node, uid };
  const losable = setting.description.faults.loses ?? LOSABLE;
  if (budgets.lostReply > 0)
    for (const [index, { effect, by }] of world.flights.entries())
      if (world.processes[by] !== undefined && losable.includes(effect.type))
        yield { kind: 'ambiguous', index };
  if (budgets.refused > 0)
    for (const [index, { effect, by, peer }] of world.flights.entries())
      if (world.processes[by] !== undefined && isTail(peer) && effect.type === 'publish')
        for (const how of REFUSALS) yield { kind: 'refuse', index, how };
}

/** What the world does of itself, without faults and without people. */
export function* plainMoves(setting: Setting, world: World): Generator<Move> {
  for (const peer of Object.keys(world.down)) yield { kind: 'start', peer: peer as PeerName };
  for (const process of Object.values(world.processes)) yield* processMoves(setting, world, process);
  yield* networkMoves(world);
  yield* apiMoves(setting, world);
  yield* containerMoves(setting, world);
}

/** Timers, when nothing else can happen. That of the switch's propagation is shorter than what a refusal makes wait. */
export function* idleMoves(world: World): Generator<Move> {
  const timers = Object.values(world.processes).flatMap(({ id, timers }) =>
    timers.map((timer) => ({ kind: 'timer', process: id, timer }) as const),
  );
  const first = timers.filter(({ timer }) => timer === 'propagation');
  yield* first.length > 0 ? first : timers;
}

function* promptMoves(setting: Setting, world: World): Generator<Move> {
  for (const { id, peer, state } of Object.values(world.processes))
    for (const prompt of setting.stages[peer]?.prompts?.(state as never) ?? [])
      if ((world.budgets.prompts[prompt.split('/')[0] as string] ?? 0) > 0)
        yield { kind: 'prompt', process: id, prompt };
}

/** All moves: the world's own (or, at rest, its timers), people's, and faults. */
export function movesOf(setting: Setting, world: World, withFaults = true): readonly Move[] {
  const plain = [...plainMoves(setting, world)];
  const moves = plain.length > 0 ? plain : [...idleMoves(world)];
  moves.push(...promptMoves(setting, world));
  const next = setting.description.script?.[world.acts];
  if (next !== undefined && canAct(world, next)) {
    moves.push({ kind: 'user' });
    if (withFaults && next.act === 'switch' && world.budgets.lag > 0) moves.push({ kind: 'user', lag: true });
  }
  return withFaults ? [...moves, ...faultMoves(setting, world)] : moves;
}
