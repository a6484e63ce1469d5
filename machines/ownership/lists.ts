/**
 * The lists of one kind of object that a stage hears of (protocol 3): those of its watch, and consistent ones that it asks for itself.
 *
 * Only the answer to a list that was asked for says what is gone: a watch that lists anew may do so from an API server that is behind (†).
 * An answer may in turn be older than what the watch told meanwhile: what that told to be gone, the answer does not bring back (†). And what
 * an answer alone has shown may come to its end before the watch has told of it, and then the watch never does: when the watch lists anew,
 * another consistent list decides (†); also if it has done so while one was under way, of what that one then shows (†).
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
  /** One of these was shown then, by the watch or by the list; or the watch has listed anew: the next list decides. */
  readonly doubted: boolean;
  /** The watch has listed anew while one was under way. */
  readonly anew: boolean;
  /** What was first shown while a list was under way: the watch may never have told of it. */
  readonly alone: PSet<string>;
  /** Of those, what no list has shown since another was asked for. */
  readonly awaited: PSet<string>;
}

/** Of a stage that begins. @public */
export const NO_LISTS: Lists = {
  ...{ listed: false, asked: 0, vanished: PSet(), doubted: false, anew: false },
  ...{ alone: PSet(), awaited: PSet() },
};

/** Whether none is still to come. @public */
export function isComplete({ listed, asked }: Lists): boolean {
  return listed && asked === 0;
}

/** A consistent list is asked for. @public */
export function asking(lists: Lists): Lists {
  return { ...lists, asked: lists.asked + 1, doubted: false, awaited: lists.alone };
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
  const isUnderWay = lists.asked > 0;
  const anew =
    lists.anew || (isUnderWay && token === undefined && mutants?.has('list-anew-unheard') !== true);
  if (!lists.listed && token === undefined) return { ...lists, listed: true, anew };
  const isAnswer = token !== undefined || mutants?.has('any-list-taken') === true;
  if (isUnderWay && isAnswer) {
    const asked = lists.asked - 1;
    if (asked > 0) return { ...lists, asked };
    const isKept = mutants?.has('shown-alone-kept') === true;
    const doubted = lists.doubted || (anew && !lists.alone.isEmpty() && !isKept);
    return { ...lists, asked, vanished: PSet<string>(), doubted, anew: false };
  }
  if (anew !== lists.anew) return { ...lists, anew };
  const isAnew = token === undefined && !lists.alone.isEmpty() && mutants?.has('shown-alone-kept') !== true;
  return isAnew ? { ...lists, doubted: true } : null;
}

/** An object is shown, by the watch or by a list that was asked for; `isNew`: it was not known. @public */
export function noteShown(lists: Lists, uid: string, isNew: boolean): Lists {
  const { asked, alone, awaited } = lists;
  if (asked === 0) return alone.has(uid) ? { ...lists, alone: alone.delete(uid) } : lists;
  if (!isNew && !awaited.has(uid)) return lists;
  return { ...lists, alone: isNew ? alone.add(uid) : alone, awaited: awaited.delete(uid) };
}

/** The watch told that an object is gone. @public */
export function noteVanished(lists: Lists, uid: string): Lists {
  const { asked, vanished, alone, awaited } = lists;
  if (asked === 0 && !alone.has(uid)) return lists;
  return {
    ...lists,
    vanished: asked === 0 ? vanished : vanished.add(uid),
    ...{ alone: alone.delete(uid), awaited: awaited.delete(uid) },
  };
}

/** With all answers there: what none of them has shown, and the watch may never tell of, is gone. @public */
export function takeAbsent(lists: Lists): readonly [readonly string[], Lists] {
  if (lists.awaited.isEmpty()) return [[], lists];
  return [[...lists.awaited].sort(), { ...lists, awaited: PSet<string>() }];
}

/** Whether an object that is shown may be one of a list that is older than its end. @public */
export function isDoubtful(lists: Lists, uid: string, mutants?: ReadonlySet<string>): boolean {
  return lists.vanished.has(uid) && mutants?.has('old-list-revives') !== true;
}

/** Plain JSON, sorted. @public */
export function viewOfLists({ vanished, alone, awaited, anew, ...rest }: Lists) {
  return {
    ...rest,
    ...(anew && { anew }),
    vanished: [...vanished].sort(),
    ...(!alone.isEmpty() && { alone: [...alone].sort() }),
    ...(!awaited.isEmpty() && { awaited: [...awaited].sort() }),
  };
}
