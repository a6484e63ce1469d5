/** Containers whose Pod has another name by now. */
import type { JournalState } from '../../spec/journal.ts';

/** The uid under which containers live on: another than their own if K has let it go and adopted the object (protocol 9). */
export function livesOnAs(
  journal: JournalState,
  uid: string,
  nameOf: (replicaSet: string, uid: string) => string,
): string {
  if (journal.released.size === 0 || journal.pods.has(uid)) return uid;
  for (const [other, { record, metadataUid, name }] of journal.pods)
    if (
      metadataUid !== null &&
      journal.released.has(metadataUid) &&
      (uid === `a-${metadataUid}` || name?.name === nameOf(record.replicaSet, uid))
    )
      return other;
  return uid;
}
