/**
 * The open nodes in the order in which placement looks at them: by capacity, the least allocated first. Kept as nodes change, so
 * that a pass looks at the nodes that it may choose, and not at all.
 */
import { Map as IMap } from 'immutable';
import type { Resources } from '../../spec/vocabulary.ts';
import { type SortedSet, sortedSet } from '../sorted.ts';

/** A node and how much of it is taken: used and reserved, by {@link shareOf}. */
export interface Standing {
  readonly node: string;
  readonly share: number;
}

/** Nodes of one capacity. */
export interface Line {
  readonly capacity: Resources;
  readonly order: SortedSet<Standing>;
}

/** The open nodes. */
export interface Roster {
  readonly lines: IMap<string, Line>;
  readonly places: IMap<string, { readonly line: string; readonly standing: Standing }>;
}

const EMPTY_ORDER = sortedSet<Standing>(
  (a, b) => a.share - b.share || (a.node < b.node ? -1 : a.node > b.node ? 1 : 0),
);

/** No node is open. */
export const EMPTY_ROSTER: Roster = { lines: IMap(), places: IMap() };

const part = (taken: number, capacity: number) => (capacity === 0 ? 1 : taken / capacity);

/**
 * How much of a capacity something takes: the mean over cpu, memory and Pods, in billionths, so that it can be added up and compared
 * exactly.
 */
export function shareOf(taken: Resources, capacity: Resources): number {
  const sum =
    part(taken.cpu, capacity.cpu) + part(taken.memory, capacity.memory) + part(taken.pods, capacity.pods);
  return Math.round((sum * 1e9) / 3);
}

function strike({ lines, places }: Roster, node: string): Roster {
  const place = places.get(node);
  if (place === undefined) return { lines, places };
  const line = lines.get(place.line) as Line;
  const order = line.order.remove(place.standing);
  return {
    lines: order.size === 0 ? lines.delete(place.line) : lines.set(place.line, { ...line, order }),
    places: places.delete(node),
  };
}

/** The roster after a node changed; `taken` is null if it is not open. */
export function enter(roster: Roster, node: string, capacity: Resources, taken: Resources | null): Roster {
  if (taken === null) return strike(roster, node);
  const key = `${capacity.cpu}/${capacity.memory}/${capacity.pods}`;
  const standing = { node, share: shareOf(taken, capacity) };
  const before = roster.places.get(node);
  if (before?.line === key && before.standing.share === standing.share) return roster;
  const { lines, places } = strike(roster, node);
  const line = lines.get(key) ?? { capacity, order: EMPTY_ORDER };
  return {
    lines: lines.set(key, { ...line, order: line.order.add(standing) }),
    places: places.set(node, { line: key, standing }),
  };
}
