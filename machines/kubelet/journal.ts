/** The journal read back: what its entries add up to (protocol 5). For hosts. */
import type { JournalEntry, JournalPod, JournalState } from '../../spec/journal.ts';
import { EMPTY_JOURNAL } from '../../spec/journal.ts';
import { compareFences, type Fence, type Uid } from '../../spec/vocabulary.ts';

interface Draft {
  nodeUid: string | null;
  fence: Fence;
  drained: Fence | null;
  pods: Map<Uid, JournalPod>;
  ended: Set<Uid>;
  released: Set<string>;
}

function apply(draft: Draft, entry: JournalEntry): void {
  switch (entry.kind) {
    case 'node':
      draft.nodeUid = entry.nodeUid;
      return;
    case 'fence':
      if (compareFences(entry.fence, draft.fence) > 0) draft.fence = entry.fence;
      return;
    case 'accepted': {
      const { record, metadataUid, name } = entry;
      draft.pods.set(record.uid, { record, metadataUid, name, publishIntent: false, terminating: false });
      return;
    }
    case 'publishIntent': {
      const pod = draft.pods.get(entry.uid);
      if (pod !== undefined) draft.pods.set(entry.uid, { ...pod, publishIntent: true });
      return;
    }
    case 'terminating': {
      const pod = draft.pods.get(entry.uid);
      if (pod === undefined) return;
      const metadataUid = entry.metadataUid ?? pod.metadataUid;
      const name = entry.name ?? pod.name;
      draft.pods.set(entry.uid, { ...pod, terminating: true, metadataUid, name });
      return;
    }
    case 'ended':
      draft.pods.delete(entry.uid);
      draft.ended.add(entry.uid);
      return;
    case 'released':
      draft.pods.delete(entry.uid);
      if (entry.uid !== '') draft.ended.add(entry.uid);
      draft.released.add(entry.metadataUid);
      return;
    case 'drained':
      if (draft.drained === null || compareFences(entry.mark, draft.drained) > 0) draft.drained = entry.mark;
  }
}

/**
 * @param entries - in the order in which they were written
 * @param before - a state that they come after
 * @public
 */
export function replayJournal(
  entries: Iterable<JournalEntry>,
  before: JournalState = EMPTY_JOURNAL,
): JournalState {
  const draft: Draft = {
    ...before,
    pods: new Map(before.pods),
    ended: new Set(before.ended),
    released: new Set(before.released),
  };
  for (const entry of entries) apply(draft, entry);
  return draft;
}

/** How many ended uids compaction keeps: an older one is deleted on sight all the same, as unknown. */
const ENDED_KEPT = 16_384;

/** The shortest entries that add up to a journal: for compaction. Of the ended uids it keeps the last. @public */
export function journalEntriesOf(journal: JournalState): JournalEntry[] {
  const entries: JournalEntry[] = [];
  if (journal.nodeUid !== null) entries.push({ kind: 'node', nodeUid: journal.nodeUid });
  if (compareFences(journal.fence, EMPTY_JOURNAL.fence) > 0)
    entries.push({ kind: 'fence', fence: journal.fence });
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
