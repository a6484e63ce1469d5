/**
 * The handshake's table (`spec/protocol.md` 3, hard invalidation) as pure functions.
 *
 * An upstream calls {@link reset} when a verified `Offer` arrived and answers with the `Fetch` that it describes;
 * and {@link applyState} when the `State` arrived, with the same `Offer`. *Recover* is the same table with nothing
 * held. The scope is one link: S gives the records of that one node, R all of its.
 *
 * A change of the downstream after its `Offer` comes after the `State`, by soft invalidation; so a uid that was offered
 * and is not in the `State` is kept until that change says what became of it.
 */
import type { Held } from '../../spec/messages.ts';
import type { PodRecord, PodStatus, Uid, Version } from '../../spec/vocabulary.ts';
import { sameVersion } from '../../spec/vocabulary.ts';

/** The records in the scope of a link: an `immutable` Map or a `ReadonlyMap`. @public */
export interface Holdings {
  get(uid: Uid): PodRecord | undefined;
  values(): Iterable<PodRecord>;
}

/** What to ask for in `Fetch`. @public */
export interface Difference {
  /** Records of other versions, and those not held at all. */
  readonly fetch: readonly Uid[];
  /** Tombstones held here that the downstream holds too, live or not. */
  readonly tombstones: readonly Uid[];
}

/** What a `State` does to the records in the scope of its link. Every uid is in one list at most. @public */
export interface Outcome {
  /** Unchanged: the same version, or a change that is still on its way. */
  readonly keep: readonly Uid[];
  /** Replaces the record held; a tombstone stays one. Tell the own upstream `changed`. */
  readonly take: readonly PodRecord[];
  /** Held live here, unknown there: drop, and tell the own upstream `lost`. */
  readonly lost: readonly Uid[];
  /** Tombstones unknown there: drop, and tell the own upstream `terminated`. */
  readonly confirm: readonly Uid[];
  /** Not held here: new records. Tell the own upstream `adopted`. */
  readonly adopt: readonly PodRecord[];
}

const NO_MUTANTS: ReadonlySet<string> = new Set();

/** Whether `a` is an earlier version by the same life of the same owner. Across owners versions have no order. */
function isOlder(a: Version, b: Version): boolean {
  return a.stage === b.stage && a.incarnation === b.incarnation && a.counter < b.counter;
}

/**
 * The record after the downstream said `theirs` of it. The downstream wins, but a tombstone is never un-marked (†),
 * and keeps its own version until the downstream has the mark too: else two records of one version would differ.
 * Returns `mine` itself if nothing changed.
 *
 * @param mutants - `unmark-tombstone` removes the rule
 * @public
 */
export function merge(
  mine: PodRecord,
  theirs: PodStatus,
  mutants: ReadonlySet<string> = NO_MUTANTS,
): PodRecord {
  if (isOlder(theirs.version, mine.version)) return mine;
  const { node, phase, ready, version } = theirs;
  const marked = mine.phase === 'terminating' && !mutants.has('unmark-tombstone');
  const next: PodRecord =
    marked && phase !== 'terminating' ? { ...mine, node, ready } : { ...mine, node, phase, ready, version };
  return sameRecord(mine, next) ? mine : next;
}

function sameRecord(a: PodRecord, b: PodRecord): boolean {
  return a.node === b.node && a.phase === b.phase && a.ready === b.ready && sameVersion(a.version, b.version);
}

/**
 * What to fetch, and which tombstones to name, in answer to an `Offer`.
 *
 * @param mine - the records in the link's scope
 * @param held - `Offer.held`
 * @public
 */
export function reset(mine: Pick<Holdings, 'get'>, held: readonly Held[]): Difference {
  const fetch: Uid[] = [];
  const tombstones: Uid[] = [];
  for (const { uid, version } of held) {
    const record = mine.get(uid);
    if (record === undefined || !sameVersion(record.version, version)) fetch.push(uid);
    if (record?.phase === 'terminating') tombstones.push(uid);
  }
  return { fetch, tombstones };
}

/**
 * The table, row by row, over what is held at the moment the `State` arrives: a tombstone made since the `Fetch` counts.
 * Applied twice it gives nothing more the second time.
 *
 * @param mine - the records in the link's scope
 * @param held - `Offer.held`
 * @param records - `State.records`
 * @public
 */
export function applyState(
  mine: Holdings,
  held: readonly Held[],
  records: readonly PodRecord[],
  mutants: ReadonlySet<string> = NO_MUTANTS,
): Outcome {
  const sent = new Map(records.map((record) => [record.uid, record]));
  const offered = new Set(held.map(({ uid }) => uid));
  const keep: Uid[] = [];
  const take: PodRecord[] = [];
  const lost: Uid[] = [];
  const confirm: Uid[] = [];
  for (const record of mine.values()) {
    const theirs = sent.get(record.uid);
    if (theirs !== undefined) {
      const merged = merge(record, theirs, mutants);
      if (merged === record) keep.push(record.uid);
      else take.push(merged);
    } else if (offered.has(record.uid)) keep.push(record.uid);
    else if (record.phase === 'terminating') confirm.push(record.uid);
    else lost.push(record.uid);
  }
  const adopt = [...sent.values()].filter((record) => mine.get(record.uid) === undefined);
  return { keep, take, lost, confirm, adopt };
}
