/** K's journal in the explorer: entries folded into the state that a restart reads back. */
import { EMPTY_JOURNAL, type JournalEntry, type JournalPod, type JournalState } from '../../spec/journal.ts';
import { compareFences } from '../../spec/vocabulary.ts';

function withPod(state: JournalState, uid: string, change: (pod: JournalPod) => JournalPod): JournalState {
  const pod = state.pods.get(uid);
  return pod === undefined ? state : { ...state, pods: new Map(state.pods).set(uid, change(pod)) };
}

function fold(state: JournalState, entry: JournalEntry): JournalState {
  switch (entry.kind) {
    case 'node':
      return state.nodeUid === entry.nodeUid ? state : { ...EMPTY_JOURNAL, nodeUid: entry.nodeUid };
    case 'fence':
      return compareFences(entry.fence, state.fence) > 0 ? { ...state, fence: entry.fence } : state;
    case 'drained':
      return { ...state, drained: entry.mark };
    case 'accepted': {
      const pod = {
        record: entry.record,
        publishIntent: entry.metadataUid !== null,
        terminating: false,
        metadataUid: entry.metadataUid,
        name: entry.name,
      };
      return { ...state, pods: new Map(state.pods).set(entry.record.uid, pod) };
    }
    case 'publishIntent':
      return withPod(state, entry.uid, (pod) => ({ ...pod, publishIntent: true }));
    case 'terminating':
      return withPod(state, entry.uid, (pod) => ({
        ...pod,
        terminating: true,
        metadataUid: entry.metadataUid ?? pod.metadataUid,
        name: entry.name ?? pod.name,
      }));
    case 'released': {
      const pods = new Map(state.pods);
      pods.delete(entry.uid);
      return { ...state, pods, released: new Set(state.released).add(entry.metadataUid) };
    }
    case 'ended': {
      const pods = new Map(state.pods);
      pods.delete(entry.uid);
      return { ...state, pods, ended: new Set(state.ended).add(entry.uid) };
    }
  }
}

/** The journal after these entries. */
export function foldJournal(state: JournalState, entries: readonly JournalEntry[]): JournalState {
  return entries.reduce(fold, state);
}
