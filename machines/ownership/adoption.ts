/** Uids of Pods that are adopted (protocol 5, 9): derived from `metadata.uid`, and anew each time that one is let go and adopted again. */
import type { PodFact } from '../../spec/facts.ts';
import type { Uid } from '../../spec/vocabulary.ts';

/** The uid under which an object lives on, never one that was used before. */
export function adoptedUid(metadataUid: string, before: Uid | null): Uid {
  const base = `a-${metadataUid}`;
  if (before === null || !before.startsWith(base)) return base;
  const round = before === base ? 1 : Number(before.slice(base.length + 1));
  return `${base}.${round + 1}`;
}

/** The uid that the containers of an object bear: its stamp, or what follows from its `metadata.uid`. */
export const uidOfObject = ({ uid, metadataUid }: Pick<PodFact, 'uid' | 'metadataUid'>): Uid =>
  uid ?? adoptedUid(metadataUid, null);

/** `metadata.uid` of the object that a Pod was adopted with, whichever time; null if it was minted. */
export function adoptedObject(uid: Uid): string | null {
  return uid.startsWith('a-') ? (uid.slice(2).split('.')[0] as string) : null;
}
