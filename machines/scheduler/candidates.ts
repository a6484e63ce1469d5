/** The nodes of a group during a pass, the best first; looks at no more of them than it must. */
import type { Constraints } from '../../spec/facts.ts';
import type { Resources } from '../../spec/vocabulary.ts';
import { Heap } from '../heap.ts';
import { admits } from './constraints.ts';
import { plus } from './resources.ts';
import { hasRoom, type PlacementRules, type Room } from './rooms.ts';
import { shareOf } from './roster.ts';

/** Nodes of one capacity that may be tried, the least allocated first, then by name. */
export interface Offering {
  readonly capacity: Resources;
  /** Shares may be of before the pass: they only grow in it. */
  readonly nodes: Iterable<Offered>;
}
/** A node, and its room once it is asked for. */
export interface Offered {
  readonly node: string;
  readonly share: number;
  readonly room: () => Room;
}

interface Scored {
  readonly node: string;
  score: number;
}
const emptier = (a: Scored, b: Scored) => a.score < b.score || (a.score === b.score && a.node < b.node);

/** The next of an offering, scored from below. */
interface Cursor {
  readonly rest: Iterator<Offered>;
  readonly ask: number;
  head: Offered;
  node: string;
  score: number;
}
interface Candidate extends Scored {
  readonly room: Room;
  readonly ask: number;
}

/** What a group asks of a node. */
export interface Asked {
  readonly requests: Resources;
  readonly constraints: Constraints;
}

/** The candidates of one group. */
export class Candidates {
  readonly #found = new Heap<Candidate>([], emptier);
  readonly #offered: Heap<Cursor>;
  readonly #asked: Asked;
  readonly #rules: PlacementRules;

  constructor(offerings: Iterable<Offering>, asked: Asked, rules: PlacementRules) {
    this.#asked = asked;
    this.#rules = rules;
    const cursors: Cursor[] = [];
    for (const { capacity, nodes } of offerings) {
      const rest = nodes[Symbol.iterator]();
      const first = rest.next();
      if (first.done === true) continue;
      const { value: head } = first;
      const ask = shareOf(asked.requests, capacity);
      cursors.push({ rest, ask, head, node: head.node, score: head.share + ask });
    }
    this.#offered = new Heap(cursors, emptier);
  }

  /** The node with room now that is least allocated with the Pod on it, then the first by name; null if there is none. */
  best(): Room | null {
    for (;;) {
      const top = this.#found.peek();
      const next = this.#offered.peek();
      if (next !== undefined && (top === undefined || emptier(next, top))) {
        this.#look(next);
        continue;
      }
      if (top === undefined) return null;
      if (!hasRoom(top.room, this.#asked.requests, this.#rules)) {
        this.#found.pop();
        continue;
      }
      const score = scoreOf(top.room, top.ask);
      if (score === top.score) return top.room;
      top.score = score;
      this.#found.settle();
    }
  }

  #look(cursor: Cursor): void {
    const { requests, constraints } = this.#asked;
    const room = cursor.head.room();
    if (admits(constraints, room.fact) && hasRoom(room, requests, this.#rules))
      this.#found.push({ room, node: cursor.node, ask: cursor.ask, score: scoreOf(room, cursor.ask) });
    const next = cursor.rest.next();
    if (next.done === true) {
      this.#offered.pop();
      return;
    }
    cursor.head = next.value;
    cursor.node = next.value.node;
    cursor.score = next.value.share + cursor.ask;
    this.#offered.settle();
  }
}

/** What is taken of a node, and what is kept of it. */
export const takenOf = (room: Room): Resources => plus(room.used, room.reserved);

/** How full a node is with `ask` more on it. */
export const scoreOf = (room: Room, ask: number) => shareOf(takenOf(room), room.fact.capacity) + ask;
