/** One node as a pass sees it, and whether a Pod fits (`spec/protocol.md` 7). */
import type { NodeFact } from '../../spec/facts.ts';
import type { PodRecord, Resources, Uid } from '../../spec/vocabulary.ts';
import type { Level } from './context.ts';

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
