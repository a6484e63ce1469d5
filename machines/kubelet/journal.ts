/** The journal read back: what its entries add up to (protocol 5). For hosts. */
import { foldJournal } from '../../spec/foldJournal.ts';
import { EMPTY_JOURNAL, type JournalEntry, type JournalState } from '../../spec/journal.ts';
import { compareFences, type Incarnation } from '../../spec/vocabulary.ts';

/**
 * @param entries - in the order in which they were written
 * @param before - a state that they come after
 * @public
 */
export function replayJournal(
  entries: Iterable<JournalEntry>,
  before: JournalState = EMPTY_JOURNAL,
): JournalState {
  return foldJournal(before, entries);
}

/** How many ended uids compaction keeps: an older one is deleted on sight all the same, as unknown. */
const ENDED_KEPT = 16_384;

/** The shortest entries that add up to a journal: for compaction. Of the ended uids it keeps the last. @public */
export function journalEntriesOf(journal: JournalState): JournalEntry[] {
  const entries: JournalEntry[] = [];
  if (journal.nodeUid !== null) entries.push({ kind: 'node', nodeUid: journal.nodeUid });
  if (compareFences(journal.fence, EMPTY_JOURNAL.fence) > 0)
    entries.push({ kind: 'fence', fence: journal.fence });
  if (journal.doubtful) entries.push({ kind: 'doubt', over: false });
  if (journal.drained !== null) entries.push({ kind: 'drained', mark: journal.drained });
  for (const metadataUid of journal.released) entries.push({ kind: 'released', uid: '', metadataUid });
  for (const uid of [...journal.ended].slice(-ENDED_KEPT)) entries.push({ kind: 'ended', uid });
  for (const [uid, { record, metadataUid, name, publishIntent, terminating }] of journal.pods) {
    entries.push({ kind: 'accepted', record, metadataUid, name });
    const { incarnation } = record.version;
    if (publishIntent) entries.push({ kind: 'publishIntent', uid, incarnation });
    if (terminating) entries.push({ kind: 'terminating', uid, metadataUid, name });
  }
  return entries;
}

/**
 * Whether a journal is the Node's latest (protocol 5); one that is not counts as lost.
 *
 * @param lives - the incarnations that it names
 * @param found - the one that is on the Node; null if none is
 */
export function isLatestJournal(lives: readonly Incarnation[], found: Incarnation | null): boolean {
  return found === null || lives.includes(found);
}

/** A journal, and the incarnations that it names. @public */
export interface NamedJournal {
  readonly lives: readonly Incarnation[];
  readonly state: JournalState;
}

/**
 * The journal with which a new life begins: its own, or, where that is not the Node's latest, an empty one that says that an earlier one was
 * lost. One that names the Node's latest life is not lost, though that life may have ended before it wrote anything.
 */
export function claimedJournal(
  { lives, state }: NamedJournal,
  found: Incarnation | null,
  incarnation: Incarnation,
): NamedJournal {
  if (isLatestJournal(lives, found)) return { lives: [...lives, incarnation], state };
  return { lives: [incarnation], state: { ...EMPTY_JOURNAL, doubtful: true } };
}
