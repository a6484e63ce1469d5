/**
 * The uids that have ended on this node: they are never taken again, and a late object of theirs is deleted (protocol 4.1, 5).
 *
 * Two generations bound it: an unknown stamped Pod is deleted just as an ended one is, and no upstream sends a uid again
 * after tens of thousands of others, so the oldest may be forgotten.
 */
import { Set as PSet } from 'immutable';
import type { Uid } from '../../spec/vocabulary.ts';

const GENERATION = 16_384;

/** The last ones, and those before them. */
export interface EndedUids {
  readonly young: PSet<Uid>;
  readonly old: PSet<Uid>;
}

/** From the journal. */
export function endedFrom(uids: ReadonlySet<Uid>): EndedUids {
  return { young: PSet(), old: PSet(uids) };
}
/** Adds one. */
export function withEnded(ended: EndedUids, uid: Uid): EndedUids {
  if (ended.young.size < GENERATION) return { ...ended, young: ended.young.add(uid) };
  return { young: PSet([uid]), old: ended.young };
}
/** Whether it is known to have ended. */
export function hasEnded(ended: EndedUids, uid: Uid): boolean {
  return ended.young.has(uid) || ended.old.has(uid);
}
