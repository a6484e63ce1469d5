/** Pods in line for a node, in the order of arrival: the oldest is found, and any leaves, at a cost that does not grow with the line. */
import { Map as IMap } from 'immutable';
import type { Uid } from '../../spec/vocabulary.ts';
import { type SortedSet, sortedSet } from '../sorted.ts';

/** A Pod and its place in the order of arrival. */
export type Place = readonly [uid: Uid, place: number];

/** Who waits, oldest first. */
export interface Line {
  readonly order: SortedSet<Place>;
  readonly places: IMap<Uid, number>;
}

/** Nobody. */
export const EMPTY_LINE: Line = { order: sortedSet<Place>(([, a], [, b]) => a - b), places: IMap() };

/** The line with these behind it; each place is later than any in the line, and no uid is in it. */
export function join({ order, places }: Line, newcomers: readonly Place[]): Line {
  return {
    order: newcomers.reduce((set, newcomer) => set.add(newcomer), order),
    places: places.withMutations((map) => {
      for (const [uid, place] of newcomers) map.set(uid, place);
    }),
  };
}

/** The line without these; those that are not in it are ignored. */
export function leave({ order, places }: Line, uids: readonly Uid[]): Line {
  const gone = uids.flatMap((uid): Place[] => {
    const place = places.get(uid);
    return place === undefined ? [] : [[uid, place]];
  });
  return {
    order: gone.reduce((set, each) => set.remove(each), order),
    places: places.withMutations((map) => {
      for (const [uid] of gone) map.delete(uid);
    }),
  };
}
