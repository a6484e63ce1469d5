/** What the entries of a journal add up to (protocol 5). Pure; linear in the entries. */
import type { JournalEntry, JournalPod, JournalState } from './journal.ts';
import type { Fence, Uid } from './vocabulary.ts';
import { compareFences } from './vocabulary.ts';

interface Draft {
  nodeUid: string | null;
  fence: Fence;
  drained: Fence | null;
  doubtful: boolean;
  pods: Map<Uid, JournalPod>;
  ended: Set<Uid>;
  released: Set<string>;
}

function draftOf(state: JournalState): Draft {
  return {
    ...state,
    pods: new Map(state.pods),
    ended: new Set(state.ended),
    released: new Set(state.released),
  };
}

function change(draft: Draft, uid: Uid, by: (pod: JournalPod) => JournalPod): void {
  const pod = draft.pods.get(uid);
  if (pod !== undefined) draft.pods.set(uid, by(pod));
}

function apply(draft: Draft, entry: JournalEntry): Draft {
  switch (entry.kind) {
    case 'node':
      // K itself ends the Pods of an older Node before it writes this; with a lost journal it adopts first.
      draft.nodeUid = entry.nodeUid;
      return draft;
    case 'fence':
      if (compareFences(entry.fence, draft.fence) > 0) draft.fence = entry.fence;
      return draft;
    case 'drained':
      if (draft.drained === null || compareFences(entry.mark, draft.drained) > 0) draft.drained = entry.mark;
      return draft;
    case 'doubt':
      draft.doubtful = !entry.over;
      return draft;
    case 'accepted':
      draft.pods.set(entry.record.uid, {
        record: entry.record,
        publishIntent: entry.metadataUid !== null,
        terminating: false,
        metadataUid: entry.metadataUid,
        name: entry.name,
      });
      return draft;
    case 'publishIntent':
      change(draft, entry.uid, (pod) => ({ ...pod, publishIntent: true }));
      return draft;
    case 'terminating':
      change(draft, entry.uid, (pod) => ({
        ...pod,
        terminating: true,
        metadataUid: entry.metadataUid ?? pod.metadataUid,
        name: entry.name ?? pod.name,
      }));
      return draft;
    case 'released':
      draft.pods.delete(entry.uid);
      // A compacted journal names the object alone.
      if (entry.uid !== '') draft.ended.add(entry.uid);
      draft.released.add(entry.metadataUid);
      return draft;
    case 'ended':
      draft.pods.delete(entry.uid);
      draft.ended.add(entry.uid);
      return draft;
  }
}

/** The journal after these entries; the state given is left as it is. */
export function foldJournal(state: JournalState, entries: Iterable<JournalEntry>): JournalState {
  let draft = draftOf(state);
  for (const entry of entries) draft = apply(draft, entry);
  return draft;
}
