/**
 * How an agent registers itself on its Node (`spec/protocol.md` 1, 6): under which incarnation, or that it is superseded.
 *
 * The Node holds the counter and the address of the agent that registered last; a host reads both, judges by this, and writes by
 * compare-and-swap. An agent that has served before, and finds a higher number with another's address, stops for good: one agent serves
 * a Node, with one journal. Its own number may be higher than it knows: a write whose reply was lost.
 */
import type { Incarnation } from '../../spec/vocabulary.ts';

const NONE: ReadonlySet<string> = new Set();

/** What stands on the Node. @public */
export interface Registration {
  readonly incarnation: Incarnation;
  readonly address: string | null;
}

/** Who registers. @public */
export interface Registrant {
  readonly address: string;
  /** Its last number; null if it has not served yet. */
  readonly last: Incarnation | null;
}

/** The number of a new life: above all that was ever given out, and above the clock, so that a deleted counter brings none back. @public */
export function nextIncarnation(
  before: Incarnation,
  above: Incarnation,
  nowMs: number,
  mutants: ReadonlySet<string> = NONE,
): Incarnation {
  const next = Math.max(before, above) + 1;
  if (mutants.has('number-by-counter')) return next;
  return Math.max(mutants.has('number-by-clock') ? 0 : next, nowMs);
}

/** Whether a K may write its number on the Node: not where a newer agent stands. @public */
export function mayStand(
  own: Incarnation,
  found: Incarnation | null,
  mutants: ReadonlySet<string> = NONE,
): boolean {
  return found === null || found <= own || mutants.has('older-agent-stands');
}

/** Whether another agent has registered itself since this one did. @public */
export function isSuperseded(found: Registration | null, { address, last }: Registrant): boolean {
  return found !== null && last !== null && found.incarnation > last && found.address !== address;
}
