/** What K persists, each entry before the effect that needs it (protocol 5). */
import type { PodName } from './facts.ts';
import type { Fence, Incarnation, PodRecord, Uid } from './vocabulary.ts';

/** One line of the journal. @public */
export type JournalEntry =
  /** Who the journal belongs to; a Node of another uid makes it void. */
  | { readonly kind: 'node'; readonly nodeUid: string }
  /** The highest S incarnation and session; before `Offer`. */
  | { readonly kind: 'fence'; readonly fence: Fence }
  /** `metadataUid` and `name` are null unless the Pod was adopted: then its object was there first. */
  | {
      readonly kind: 'accepted';
      readonly record: PodRecord;
      readonly metadataUid: string | null;
      readonly name: PodName | null;
    }
  /** Before the create. */
  | { readonly kind: 'publishIntent'; readonly uid: Uid; readonly incarnation: Incarnation }
  /** Before SIGTERM or the delete. `metadataUid` and `name`: of its object, if seen; then the fate of the create is known. */
  | {
      readonly kind: 'terminating';
      readonly uid: Uid;
      readonly metadataUid: string | null;
      readonly name: PodName | null;
    }
  /** Confirmed: gone for good. Kept so that a late create is recognised; may be compacted when the ambiguity has passed. */
  | { readonly kind: 'ended'; readonly uid: Uid }
  /** Let go: the uid is over, but its object lives on and is not ours; its stamp no longer counts. */
  | { readonly kind: 'released'; readonly uid: Uid; readonly metadataUid: string }
  /** The journal before this one was lost; `over`: what was under way then has come to be, or never will. */
  | { readonly kind: 'doubt'; readonly over: boolean }
  /** A drain was completed for this mark. */
  | { readonly kind: 'drained'; readonly mark: Fence };

/** The journal read back at a start: what its entries add up to. @public */
export interface JournalState {
  readonly nodeUid: string | null;
  readonly fence: Fence;
  readonly drained: Fence | null;
  /** A journal before this one was lost, and creates of its time may still land. */
  readonly doubtful: boolean;
  readonly pods: ReadonlyMap<Uid, JournalPod>;
  readonly ended: ReadonlySet<Uid>;
  /** `metadata.uid` of objects whose stamp no longer counts. */
  readonly released: ReadonlySet<string>;
}
/** One live Pod of the journal. @public */
export interface JournalPod {
  readonly record: PodRecord;
  readonly publishIntent: boolean;
  readonly terminating: boolean;
  readonly metadataUid: string | null;
  readonly name: PodName | null;
}

/** A journal with nothing in it. @public */
export const EMPTY_JOURNAL: JournalState = {
  nodeUid: null,
  fence: { incarnation: 0, n: 0 },
  drained: null,
  doubtful: false,
  pods: new Map(),
  ended: new Set(),
  released: new Set(),
};
