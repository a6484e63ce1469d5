/** What the entries of a journal add up to (protocol 5). Pure; linear in the entries. */
import type { JournalEntry, JournalPod, JournalState } from './journal.ts';
import type { Fence, Uid } from './vocabulary.ts';
import { compareFences } from './vocabulary.ts';

/** What entries are added to in place: its owner alone may hold it. */
export interface JournalDraft extends JournalState {
  nodeUid: string | null;
  fence: Fence;
  drained: Fence | null;
  doubtful: boolean;
  pods: Map<Uid, JournalPod>;
  ended: Set<Uid>;
  released: Set<string>;
}

/** A copy to add to. */
export function draftOf(state: JournalState): JournalDraft {
  return {
    ...state,
    pods: new Map(state.pods),
    ended: new Set(state.ended),
    released: new Set(state.released),
  };
}

function change(draft: JournalDraft, uid: Uid, by: (pod: JournalPod) => JournalPod): void {
  const pod = draft.pods.get(uid);
  if (pod !== undefined) draft.pods.set(uid, by(pod));
}

function apply(draft: JournalDraft, entry: JournalEntry): void {
  switch (entry.kind) {
    case 'node':
      // K itself ends the Pods of an older Node before it writes this; with a lost journal it adopts first.
      draft.nodeUid = entry.nodeUid;
      return;
    case 'fence':
      if (compareFences(entry.fence, draft.fence) > 0) draft.fence = entry.fence;
      return;
    case 'drained':
      if (draft.drained === null || compareFences(entry.mark, draft.drained) > 0) draft.drained = entry.mark;
      return;
    case 'doubt':
      draft.doubtful = !entry.over;
      return;
    case 'accepted':
      draft.pods.set(entry.record.uid, {
        record: entry.record,
        publishIntent: entry.metadataUid !== null,
        terminating: false,
        metadataUid: entry.metadataUid,
        name: entry.name,
      });
      return;
    case 'publishIntent':
      change(draft, entry.uid, (pod) => ({ ...pod, publishIntent: true }));
      return;
    case 'terminating':
      change(draft, entry.uid, (pod) => ({
        ...pod,
        terminating: true,
        metadataUid: entry.metadataUid ?? pod.metadataUid,
        name: entry.name ?? pod.name,
      }));
      return;
    case 'released':
      draft.pods.delete(entry.uid);
      // A compacted journal names the object alone.
      if (entry.uid !== '') draft.ended.add(entry.uid);
      draft.released.add(entry.metadataUid);
      return;
    case 'ended':
      draft.pods.delete(entry.uid);
      draft.ended.add(entry.uid);
      return;
  }
}

/** Adds entries. */
export function addTo(draft: JournalDraft, entries: Iterable<JournalEntry>): void {
  for (const entry of entries) apply(draft, entry);
}

/** The journal after these entries; the state given is left as it is. */
export function foldJournal(state: JournalState, entries: Iterable<JournalEntry>): JournalState {
  const draft = draftOf(state);
  addTo(draft, entries);
  return draft;
}
