/**
 * Who holds a Lease (`spec/protocol.md` 1): the stage whose counter stands on it, however late it is in renewing it.
 *
 * Another may take it only when its record has not changed for its whole duration, judged as client-go does: by the judge's own clock,
 * from when it saw that record first. No two machines' clocks are compared, and nothing safe depends on time: a holder that was only slow
 * finds the counter changed, and that a number was taken is all that a peer, or the API Server, goes by.
 */
import type { Incarnation } from '../../spec/vocabulary.ts';

/** Another holder's record, and since when (the judge's clock, ms) it has not changed. @public */
export interface LeaseObservation {
  readonly record: string;
  readonly sinceMs: number;
}

/** Whether a life still holds its Lease, by the counter that a consistent read shows; null: there is no Lease. @public */
export function holds(own: Incarnation, found: Incarnation | null): boolean {
  return found === own;
}

/** What is now known of another holder: an unchanged record is as old as it was. @public */
export function observe(
  before: LeaseObservation | undefined,
  record: string,
  nowMs: number,
): LeaseObservation {
  return before?.record === record ? before : { record, sinceMs: nowMs };
}

/** Time until a Lease may be taken from another holder, ms; 0: now. @public */
export function waitToTake({ sinceMs }: LeaseObservation, durationMs: number, nowMs: number): number {
  return Math.max(0, sinceMs + durationMs - nowMs);
}
