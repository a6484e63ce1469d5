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

/** Whether a Pod fits beside everything, and would still fit when the tombstones went and the preemptors came. Numbers only: a pass asks it for every node. */
export function hasRoom(room: Room, requests: Resources, rules: PlacementRules): boolean {
  const { used, ending, reserved, fact } = room;
  const fits = (used: number, ending: number, reserved: number, more: number, capacity: number) => {
    const later = used - ending;
    const now = rules.tombstonesFree ? later : used;
    const kept = rules.noReservation ? 0 : reserved;
    return now + more <= capacity && later + kept + more <= capacity;
  };
  return (
    fits(used.cpu, ending.cpu, reserved.cpu, requests.cpu, fact.capacity.cpu) &&
    fits(used.memory, ending.memory, reserved.memory, requests.memory, fact.capacity.memory) &&
    fits(used.pods, ending.pods, reserved.pods, requests.pods, fact.capacity.pods)
  );
}
