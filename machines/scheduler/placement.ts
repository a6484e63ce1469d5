/**
 * Placement: which node each waiting Pod gets, and whom it preempts (`spec/protocol.md` 7). Pure: rooms and wants in,
 * decisions out; a pass changes only the {@link Room}s that it was given for the pass.
 *
 * Order: priority, then age. Among the nodes that admit a Pod and have room, the least allocated after placing it;
 * then the name. Terminating and unmanaged Pods take room; so does what is reserved for a preemptor. Where no node
 * has room, the cheapest preemption is planned: terminations under way count before victims are chosen.
 */
import type { Constraints, NodeFact } from '../../spec/facts.ts';
import type { PodRecord, Resources, Uid } from '../../spec/vocabulary.ts';
import { Heap } from '../heap.ts';
import { admits } from './constraints.ts';
import type { Level } from './context.ts';
import type { Place } from './line.ts';
import { minus, NOTHING, plus, within } from './resources.ts';

/** One open node during a pass. */
export interface Room {
  readonly fact: NodeFact;
  /** Everything on it: records, tombstones, unmanaged Pods. */
  used: Resources;
  /** The tombstones among it. */
  ending: Resources;
  /** Kept for preemptors. */
  reserved: Resources;
  /** Live records by priority, ascending. */
  readonly levels: () => readonly (readonly [number, Level])[];
  /** The records on it that were there before the pass. */
  readonly pods: () => readonly PodRecord[];
  /** Tombstoned by this pass; null while there is none. */
  victims: Map<Uid, PodRecord> | null;
}

/** Pods that are the same to the Scheduler, oldest first. */
export interface Group {
  readonly key: string;
  readonly replicaSet: string;
  readonly priority: number;
  readonly requests: Resources;
  readonly constraints: Constraints;
  readonly waiting: Iterable<Place>;
  /** Nodes to try; the others were tried in vain, and nothing changed there since. */
  readonly rooms: readonly Room[];
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

/** Rules that a mutant may switch off. */
export interface PlacementRules {
  readonly tombstonesFree: boolean;
  readonly noReservation: boolean;
}

/** Whether a Pod fits beside everything, and would still fit when the tombstones went and the preemptors came. */
export function hasRoom(room: Room, requests: Resources, rules: PlacementRules): boolean {
  return (
    fitsIn(room, requests, rules, 'cpu') &&
    fitsIn(room, requests, rules, 'memory') &&
    fitsIn(room, requests, rules, 'pods')
  );
}

/** One part of {@link hasRoom}: numbers only, since a pass asks it for every node. */
function fitsIn(room: Room, requests: Resources, rules: PlacementRules, part: keyof Resources): boolean {
  const later = room.used[part] - room.ending[part];
  const now = rules.tombstonesFree ? later : room.used[part];
  const kept = rules.noReservation ? 0 : room.reserved[part];
  const capacity = room.fact.capacity[part];
  return now + requests[part] <= capacity && later + kept + requests[part] <= capacity;
}

function share(room: Room, requests: Resources, part: keyof Resources): number {
  const capacity = room.fact.capacity[part];
  return capacity === 0 ? 1 : (room.used[part] + room.reserved[part] + requests[part]) / capacity;
}

/** How full a node would be, 0 to 1: the mean over cpu, memory and Pods. */
function allocated(room: Room, requests: Resources): number {
  return (share(room, requests, 'cpu') + share(room, requests, 'memory') + share(room, requests, 'pods')) / 3;
}

interface Candidate {
  readonly room: Room;
  score: number;
}
const emptier = (a: Candidate, b: Candidate) =>
  a.score < b.score || (a.score === b.score && a.room.fact.name < b.room.fact.name);

/** The nodes of a group, least allocated first; scores only grow during a pass, so they are corrected lazily. */
class Candidates {
  readonly #heap: Heap<Candidate>;
  readonly #requests: Resources;
  readonly #rules: PlacementRules;
  constructor(rooms: readonly Room[], requests: Resources, rules: PlacementRules) {
    this.#requests = requests;
    this.#rules = rules;
    const fit = rooms.filter((room) => hasRoom(room, requests, rules));
    this.#heap = new Heap(
      fit.map((room) => ({ room, score: allocated(room, requests) })),
      emptier,
    );
  }
  /** The best node with room now. */
  best(): Room | null {
    for (let top = this.#heap.peek(); top !== undefined; top = this.#heap.peek()) {
      if (!hasRoom(top.room, this.#requests, this.#rules)) {
        this.#heap.pop();
        continue;
      }
      const score = allocated(top.room, this.#requests);
      if (score === top.score) return top.room;
      top.score = score;
      this.#heap.settle();
    }
    return null;
  }
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
function plan(group: Group, rooms: readonly Room[], preemptor: Uid): Nomination | null {
  let best: Room | null = null;
  let bestPrice = Number.POSITIVE_INFINITY;
  let bestShare = 0;
  for (const room of rooms) {
    const price = priceOf(room, group);
    if (price === null || price > bestPrice) continue;
    const share = allocated(room, group.requests);
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
  /** Nodes that admit the group. */
  rooms: readonly Room[] | null;
}
const sooner = (a: Turn, b: Turn) =>
  a.group.priority > b.group.priority || (a.group.priority === b.group.priority && a.head[1] < b.head[1]);

function turnOf(group: Group): Turn | null {
  const rest = group.waiting[Symbol.iterator]();
  const first = rest.next();
  return first.done === true ? null : { group, rest, head: first.value, candidates: null, rooms: null };
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
    turn.rooms ??= group.rooms.filter(({ fact }) => admits(group.constraints, fact));
    turn.candidates ??= new Candidates(turn.rooms, group.requests, rules);
    const [uid] = turn.head;
    const room = turn.candidates.best();
    const nomination = room === null && mayPreempt(group.priority) ? plan(group, turn.rooms, uid) : null;
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
