/**
 * Placement: which node each waiting Pod gets, and whom it preempts (`spec/protocol.md` 7). Pure: rooms and wants in,
 * decisions out; a pass changes only the {@link Room}s that it was given for the pass.
 *
 * Order: priority, then age. Among the nodes that admit a Pod and have room, the least allocated after placing it;
 * then the name. Terminating and unmanaged Pods take room; so does what is reserved for a preemptor. Where no node
 * has room, the cheapest preemption is planned: terminations under way count before victims are chosen.
 */
import type { Constraints } from '../../spec/facts.ts';
import type { PodRecord, Resources, Uid } from '../../spec/vocabulary.ts';
import { Heap } from '../heap.ts';
import { Candidates, type Offering, scoreOf, takenOf } from './candidates.ts';
import { admits } from './constraints.ts';
import type { Place } from './line.ts';
import { minus, NOTHING, plus, within } from './resources.ts';
import type { PlacementRules, Room } from './rooms.ts';
import { shareOf } from './roster.ts';

/** Pods that are the same to the Scheduler, oldest first. */
export interface Group {
  readonly key: string;
  readonly replicaSet: string;
  readonly priority: number;
  readonly requests: Resources;
  readonly constraints: Constraints;
  readonly waiting: Iterable<Place>;
  /** Nodes to try; the others were tried in vain, and nothing changed there since. */
  readonly rooms: Rooms;
}

/** Nodes to try. */
export interface Rooms {
  /** The least allocated first, by capacity: a pass takes the next as it needs them. */
  readonly offerings: () => Iterable<Offering>;
  /** All of them, for preemption. */
  readonly all: () => readonly Room[];
}

/** Rooms that are looked at all. */
export function listed(rooms: readonly Room[]): Rooms {
  const offerings = () =>
    rooms.map((room) => {
      const { name: node, capacity } = room.fact;
      return { capacity, nodes: [{ node, share: shareOf(takenOf(room), capacity), room: () => room }] };
    });
  return { offerings, all: () => rooms };
}

/** What a pass decided. */
export interface Decisions {
  readonly binds: readonly { readonly uid: Uid; readonly node: string }[];
  readonly nominations: readonly Nomination[];
}
/** A preemption: room on a node is kept for the preemptor until the awaited are gone. */
export interface Nomination {
  readonly preemptor: Uid;
  readonly node: string;
  readonly victims: readonly Uid[];
  /** The victims, and the terminations under way on that node. */
  readonly awaited: readonly Uid[];
}

/** Would it fit if `freed` were freed beside the tombstones? */
function fitsAfter(room: Room, requests: Resources, freed: Resources): boolean {
  const later = minus(minus(room.used, room.ending), freed);
  return within(plus(plus(later, room.reserved), requests), room.fact.capacity);
}

/** The lowest priority up to which a node must be cleared; -Infinity if tombstones suffice; null if nothing helps. */
function priceOf(room: Room, group: Group): number | null {
  if (fitsAfter(room, group.requests, NOTHING)) return Number.NEGATIVE_INFINITY;
  let freed = NOTHING;
  for (const [priority, level] of room.levels()) {
    if (priority >= group.priority) return null;
    freed = plus(freed, level.room);
    for (const victim of room.victims?.values() ?? [])
      if (victim.priority === priority) freed = minus(freed, victim.requests);
    if (fitsAfter(room, group.requests, freed)) return priority;
  }
  return null;
}

/** Victims on a node: lowest priority first, then not ready, then younger; none that is not needed. */
function victimsOn(room: Room, group: Group): readonly PodRecord[] {
  const order = (a: PodRecord, b: PodRecord) =>
    a.priority - b.priority || Number(a.ready) - Number(b.ready) || (a.uid < b.uid ? 1 : -1);
  const candidates = room
    .pods()
    .filter(
      ({ uid, phase, priority }) =>
        phase !== 'terminating' && priority < group.priority && !room.victims?.has(uid),
    )
    .sort(order);
  const chosen: PodRecord[] = [];
  let freed = NOTHING;
  for (const record of candidates) {
    if (fitsAfter(room, group.requests, freed)) break;
    chosen.push(record);
    freed = plus(freed, record.requests);
  }
  return chosen
    .reverse()
    .filter((record) => {
      const without = minus(freed, record.requests);
      if (!fitsAfter(room, group.requests, without)) return true;
      freed = without;
      return false;
    })
    .reverse();
}

/** Chooses the node whose clearing costs least, and its victims; null if preemption does not help. */
function plan(group: Group, preemptor: Uid): Nomination | null {
  let best: Room | null = null;
  let bestPrice = Number.POSITIVE_INFINITY;
  let bestShare = 0;
  for (const room of group.rooms.all()) {
    if (!admits(group.constraints, room.fact)) continue;
    const price = priceOf(room, group);
    if (price === null || price > bestPrice) continue;
    const share = scoreOf(room, shareOf(group.requests, room.fact.capacity));
    if (
      best !== null &&
      price === bestPrice &&
      (share > bestShare || (share === bestShare && best.fact.name < room.fact.name))
    )
      continue;
    [best, bestPrice, bestShare] = [room, price, share];
  }
  if (best === null) return null;
  const victims = victimsOn(best, group);
  const under = best.pods().filter(({ uid, phase }) => phase === 'terminating' || best.victims?.has(uid));
  reserve(best, group.requests, victims);
  return {
    preemptor,
    node: best.fact.name,
    victims: victims.map(({ uid }) => uid),
    awaited: [...under, ...victims].map(({ uid }) => uid),
  };
}

function reserve(room: Room, requests: Resources, victims: readonly PodRecord[]): void {
  room.reserved = plus(room.reserved, requests);
  room.victims ??= new Map();
  for (const victim of victims) {
    room.victims.set(victim.uid, victim);
    room.ending = plus(room.ending, victim.requests);
  }
}

interface Turn {
  readonly group: Group;
  readonly rest: Iterator<Place>;
  head: Place;
  candidates: Candidates | null;
}
const sooner = (a: Turn, b: Turn) =>
  a.group.priority > b.group.priority || (a.group.priority === b.group.priority && a.head[1] < b.head[1]);

function turnOf(group: Group): Turn | null {
  const rest = group.waiting[Symbol.iterator]();
  const first = rest.next();
  return first.done === true ? null : { group, rest, head: first.value, candidates: null };
}

/**
 * One pass over the queue.
 *
 * @param groups - who waits
 * @param mayPreempt - whether any live record has a priority below this
 */
export function place(
  groups: readonly Group[],
  mayPreempt: (priority: number) => boolean,
  rules: PlacementRules,
): Decisions {
  const binds: { uid: Uid; node: string }[] = [];
  const nominations: Nomination[] = [];
  const turns = groups.map(turnOf).filter((turn) => turn !== null);
  const queue = new Heap(turns, sooner);
  for (let turn = queue.peek(); turn !== undefined; turn = queue.peek()) {
    const { group } = turn;
    turn.candidates ??= new Candidates(group.rooms.offerings(), group, rules);
    const [uid] = turn.head;
    const room = turn.candidates.best();
    const nomination = room === null && mayPreempt(group.priority) ? plan(group, uid) : null;
    if (room !== null) {
      room.used = plus(room.used, group.requests);
      binds.push({ uid, node: room.fact.name });
    } else if (nomination !== null) nominations.push(nomination);
    const next = room === null && nomination === null ? null : turn.rest.next();
    if (next === null || next.done === true) queue.pop();
    else {
      turn.head = next.value;
      queue.settle();
    }
  }
  return { binds, nominations };
}
