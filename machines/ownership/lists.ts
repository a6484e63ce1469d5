/**
 * The lists of one kind of object that a stage hears of (protocol 3): those of its watch, and consistent ones that it asks for itself.
 *
 * Only the answer to a list that was asked for says what is gone: a watch that lists anew may do so from an API server that is behind (†).
 * An answer may in turn be older than what the watch told meanwhile: what that told to be gone, the answer does not bring back (†).
 */
import { Set as PSet } from 'immutable';

/** Which lists have come. @public */
export interface Lists {
  /** The watch's first list has come. */
  readonly listed: boolean;
  /** How many answers are still to come. */
  readonly asked: number;
  /** What the watch told to be gone while a list was under way. */
  readonly vanished: PSet<string>;
  /** One of these was shown then, by the watch or by the list: the next list decides. */
  readonly doubted: boolean;
}

/** Of a stage that begins. @public */
export const NO_LISTS: Lists = { listed: false, asked: 0, vanished: PSet(), doubted: false };

/** Whether none is still to come. @public */
export function isComplete({ listed, asked }: Lists): boolean {
  return listed && asked === 0;
}

/** A consistent list is asked for. @public */
export function asking(lists: Lists): Lists {
  return { ...lists, asked: lists.asked + 1, doubted: false };
}

/**
 * A list is complete.
 *
 * @param token - what it was asked for with; none if it is the watch's own
 * @returns null if that changes nothing
 * @public
 */
export function answered(
  lists: Lists,
  token: string | undefined,
  mutants?: ReadonlySet<string>,
): Lists | null {
  if (!lists.listed && token === undefined) return { ...lists, listed: true };
  const isAnswer = token !== undefined || mutants?.has('any-list-taken') === true;
  if (lists.asked === 0 || !isAnswer) return null;
  const asked = lists.asked - 1;
  return { ...lists, asked, vanished: asked === 0 ? PSet<string>() : lists.vanished };
}

/** The watch told that an object is gone. @public */
export function noteVanished(lists: Lists, uid: string): Lists {
  return lists.asked === 0 ? lists : { ...lists, vanished: lists.vanished.add(uid) };
}

/** Whether an object that is shown may be one of a list that is older than its end. @public */
export function isDoubtful(lists: Lists, uid: string, mutants?: ReadonlySet<string>): boolean {
  return lists.vanished.has(uid) && mutants?.has('old-list-revives') !== true;
}

/** Plain JSON, sorted. @public */
export function viewOfLists({ vanished, ...rest }: Lists) {
  return { ...rest, vanished: [...vanished].sort() };
}
