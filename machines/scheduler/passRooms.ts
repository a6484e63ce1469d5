/** The open nodes of S as a pass over the queue sees them: the roster brought up to date, and a room for each node that is looked at. */
import { isUpstreamOpen } from '../ownership/link/index.ts';
import { type Offered, takenOf } from './candidates.ts';
import { type Context, EMPTY_LEDGER, type NodeEntry } from './context.ts';
import { recordsOf } from './holdings.ts';
import { listed, type Rooms } from './placement.ts';
import { NOTHING, plus } from './resources.ts';
import type { Room } from './rooms.ts';
import { enter, type Standing } from './roster.ts';

/** Whether Pods may be bound to a node: its link is open and its Node is there. */
export function takesPods(entry: NodeEntry): boolean {
  return isUpstreamOpen(entry.link) && !entry.vanished && entry.cancellation.value === 'reachable';
}

/** A node as it is now. */
export function roomOf(context: Context, { fact }: NodeEntry): Room {
  const { used, ending, live } = context.ledgers.get(fact.name) ?? EMPTY_LEDGER;
  const strangers = context.unmanagedRoom.isEmpty() ? undefined : context.unmanagedRoom.get(fact.name);
  return {
    fact,
    used: strangers === undefined ? used : plus(used, strangers),
    ending,
    reserved: context.reserved.isEmpty() ? NOTHING : (context.reserved.get(fact.name) ?? NOTHING),
    levels: () => [...live].sort(([a], [b]) => a - b),
    pods: () => [...recordsOf(context, fact.name).values()],
    victims: null,
  };
}

/** Brings the roster up to date: of the nodes that changed since, who is open, and how full. */
export function refreshRoster(context: Context): Context {
  if (context.moved.isEmpty()) return context;
  let { roster } = context;
  for (const name of context.moved) {
    const entry = context.nodes.get(name);
    const isOpen = entry !== undefined && takesPods(entry);
    const taken = isOpen ? takenOf(roomOf(context, entry)) : null;
    roster = enter(roster, name, entry?.fact.capacity ?? NOTHING, taken);
  }
  return { ...context, roster, moved: context.moved.clear() };
}

/** The nodes of one pass, each made once, when it is looked at. */
export class PassRooms {
  readonly #context: Context;
  readonly #rooms = new Map<string, Room>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** All open nodes but those that `skips` names. */
  open(skips: (node: string) => boolean): Rooms {
    const { lines, places } = this.#context.roster;
    const offered = function* (this: PassRooms, order: Iterable<Standing>): Generator<Offered> {
      for (const { node, share } of order)
        if (!skips(node)) yield { node, share, room: () => this.#room(node) };
    };
    return {
      offerings: () =>
        [...lines.values()].map(({ capacity, order }) => ({
          capacity,
          nodes: { [Symbol.iterator]: () => offered.call(this, order) },
        })),
      all: () => [...places.keys()].filter((node) => !skips(node)).map((node) => this.#room(node)),
    };
  }

  /** Those of these that are open. */
  some(names: Iterable<string>, skips: (node: string) => boolean): Rooms {
    const { places } = this.#context.roster;
    return listed(
      [...names].filter((node) => places.has(node) && !skips(node)).map((node) => this.#room(node)),
    );
  }

  #room(node: string): Room {
    const known = this.#rooms.get(node);
    if (known !== undefined) return known;
    const room = roomOf(this.#context, this.#context.nodes.get(node) as NodeEntry);
    this.#rooms.set(node, room);
    return room;
  }
}
