/**
 * What the Kubelet stage K knows: the data that its machine carries.
 *
 * All of it is structure-sharing and indexed, so that a step costs the same however many Pods the node holds.
 * `entries`, `acts` and `news` gather what one step does, and are empty between steps.
 */
import { List, Map as PMap, Set as PSet } from 'immutable';
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { NodeFact, PodName } from '../../spec/facts.ts';
import { EMPTY_JOURNAL, type JournalEntry, type JournalState } from '../../spec/journal.ts';
import type { StageConfig } from '../../spec/stage.ts';
import type {
  Fence,
  Incarnation,
  LinkName,
  Owner,
  PeerName,
  PodRecord,
  Resources,
  Uid,
} from '../../spec/vocabulary.ts';
import { type DownstreamSide, startDownstreamSide } from '../ownership/link/index.ts';
import type { ContainersState, ObjectState } from '../ownership/tailPod.ts';
import { NO_NEWS, type Upward } from '../ownership/upward.ts';
import { type EndedUids, endedFrom } from './ended.ts';

/** Name of K's link to S. */
export const UP: LinkName = 'upstream';

/** How the end of a Pod is told upstream once it is gone: see protocol 3 and 4.3. */
export interface Ending {
  readonly tell: 'terminated' | 'lost' | 'refused';
  /** CamelCase. */
  readonly reason: string;
}

/** One Pod that K holds. */
export interface TailPod {
  readonly record: PodRecord;
  readonly object: ObjectState;
  readonly containers: ContainersState;
  readonly metadataUid: string | null;
  readonly name: PodName | null;
  /** The uid under which the containers were started; differs from the record's only after a letting go. */
  readonly containerUid: Uid;
  /** The `ready` last written to the object; null if none was. */
  readonly wroteReady: boolean | null;
  /** Why it ends; null while live. */
  readonly ending: Ending | null;
}

/** An object on the node that K does not hold as a Pod; it takes room. */
export interface Foreign {
  readonly metadataUid: string;
  readonly name: PodName;
  /** The stamp, if any. */
  readonly uid: Uid | null;
  readonly requests: Resources;
  /** `stray`: ours, late or ended: to be deleted. `orphan`: let go. `unmanaged`: somebody else's. */
  readonly kind: 'stray' | 'orphan' | 'unmanaged';
  readonly deleting: boolean;
  /** A delete of ours is in flight or was denied: none other now. */
  readonly asked: 'no' | 'yes' | 'denied';
  /** Where K runs the containers of an orphan: under which uid, and how they are. */
  readonly containerUid: Uid | null;
  readonly containers: ContainersState;
}

/** A `Hello` that waits for the mark to be read. */
export interface WaitingHello {
  /** What the link wants to have answered. */
  readonly token: string;
  readonly incarnation: Incarnation;
  /** Token of the read under way; null while it must wait. */
  readonly read: string | null;
}

/** One line of news for the upstream. */
export type News = { [F in keyof Upward]: readonly [F, Upward[F][number]] }[keyof Upward];

/** The data of K. @public */
export interface KubeletContext {
  readonly self: PeerName;
  readonly node: string;
  readonly incarnation: Incarnation;
  readonly runtime: 'publish' | 'runs';
  readonly mutants: ReadonlySet<string>;
  readonly side: DownstreamSide;
  /** Read back at the start; null once recovered from. */
  readonly journal: JournalState | null;
  /** Containers that ran at the start; null once recovered from. */
  readonly running: readonly Uid[] | null;
  readonly serving: boolean;
  /** The incarnation of S (and session) last accepted: what a mark is compared with (6). */
  readonly accepted: Fence;
  /** The last drain completed. */
  readonly drained: Fence | null;
  /** A drain under way: of a mark, or (null) of a Node that is gone. */
  readonly draining: { readonly mark: Fence | null } | null;
  readonly nodeUid: string | null;
  /** The Node that the journal belongs to; behind `nodeUid` while the Pods of an older one are ended. */
  readonly journalledNode: string | null;
  /** The Node as it was when K registered itself, until K serves on it. */
  readonly registered: NodeFact | null;
  /** uid of the Node that the watch has shown since K asked to be registered; `newer`: that a newer agent stands there; `none`: that it is gone; null: nothing. */
  readonly shown: string | null;
  readonly capacity: Resources;
  readonly waiting: WaitingHello | null;
  /** Numbers K's own reads. */
  readonly reads: number;
  /** Token of a read of the own Node that verifies what the watch showed. */
  readonly nodeRead: string | null;
  /** Counter of versions. */
  readonly counter: number;
  readonly pods: PMap<Uid, TailPod>;
  /** metadata.uid → uid of a held Pod. */
  readonly byObject: PMap<string, Uid>;
  /** containerUid → uid, where they differ. */
  readonly aliases: PMap<Uid, Uid>;
  readonly foreign: PMap<string, Foreign>;
  /** Stamp → metadata.uid of strays. */
  readonly strays: PMap<Uid, string>;
  /** containerUid → metadata.uid of orphans whose containers K runs. */
  readonly orphans: PMap<Uid, string>;
  /** Containers that no Pod accounts for, being killed. */
  readonly killing: PSet<Uid>;
  /**
   * The journal was lost: creates of the life before may land until the timer fires, and what they left shows in the lists after that.
   * Null: what K does not hold is not there.
   */
  readonly doubt: 'waiting' | 'listing' | null;
  /** uids that K does not hold and is to confirm once there is no doubt. */
  readonly doubted: PSet<Uid>;
  readonly ended: EndedUids;
  readonly released: PSet<string>;
  /** What all Pods on the node take, terminating and foreign too. */
  readonly used: Resources;
  /** Pods with a tombstone of a live object, unpublished, or with a create in flight (9). */
  readonly unsettled: PSet<Uid>;
  readonly owner: Owner | 'takingBack';
  readonly switchVersion: string | null;
  /** `stock` was acknowledged. */
  readonly acknowledged: boolean;
  /** Watch events from before recovery, in order. */
  readonly early: List<StageEvent>;
  /** Consistent lists under way, and what was known when the first of them was asked for. */
  readonly lists: number;
  readonly listedFrom: { readonly held: PMap<string, Uid>; readonly foreign: PMap<string, Foreign> } | null;
  /** Two were under way at once: one more is to be asked for alone. */
  readonly listAgain: boolean;
  /** Objects that the watch told of while a list was under way: the list may show them as they were before. */
  readonly heardSince: PSet<string>;
  // ---- of one step ---------------------------------------------------------------------------------------
  readonly entries: List<JournalEntry>;
  readonly acts: List<Effect>;
  readonly news: List<News>;
  /** News since the `Offer`. */
  readonly queued: Upward;
}

const NOTHING: Resources = { cpu: 0, memory: 0, pods: 0 };

/** An empty journal where an agent has served before was lost; or one was lost before, and that is not over. */
function isDoubtful({ found, mutants }: StageConfig, { nodeUid, doubtful }: JournalState): boolean {
  if (mutants?.has('lost-journal-trusted')) return false;
  return doubtful || (nodeUid === null && found != null);
}

/** A fresh K: it knows its journal and asks to be registered. */
export function initialContext(config: StageConfig): KubeletContext {
  const node = config.node ?? '';
  const self: PeerName = `kubelet/${node}`;
  const journal = config.journal ?? EMPTY_JOURNAL;
  const mutants = config.mutants ?? new Set<string>();
  const { incarnation } = config;
  const [side] = startDownstreamSide({
    self,
    upstreamStage: 'scheduler',
    link: UP,
    incarnation,
    fence: journal.fence,
    mutants,
  });
  return {
    self,
    node,
    incarnation,
    runtime: config.runtime ?? 'publish',
    mutants,
    side,
    journal,
    running: config.running ?? [],
    serving: false,
    accepted: journal.fence,
    drained: journal.drained,
    draining: null,
    nodeUid: journal.nodeUid,
    journalledNode: journal.nodeUid,
    registered: null,
    shown: null,
    capacity: NOTHING,
    waiting: null,
    reads: 0,
    nodeRead: null,
    counter: 0,
    pods: PMap(),
    byObject: PMap(),
    aliases: PMap(),
    foreign: PMap(),
    strays: PMap(),
    orphans: PMap(),
    killing: PSet(),
    doubt: isDoubtful(config, journal) ? 'waiting' : null,
    doubted: PSet(),
    ended: endedFrom(journal.ended),
    released: PSet(journal.released),
    used: NOTHING,
    unsettled: PSet(),
    owner: 'direct',
    switchVersion: null,
    acknowledged: false,
    early: List(),
    lists: 0,
    listAgain: false,
    listedFrom: null,
    heardSince: PSet(),
    entries: List(),
    acts: List(),
    news: List(),
    queued: NO_NEWS,
  };
}

/** Asks the host for something. */
export function act(context: KubeletContext, ...effects: readonly Effect[]): KubeletContext {
  return { ...context, acts: context.acts.push(...effects) };
}
/** Journals, before everything else that this step asks for. */
export function persist(context: KubeletContext, ...entries: readonly JournalEntry[]): KubeletContext {
  return { ...context, entries: context.entries.push(...entries) };
}
/** Tells the upstream. */
export function tell(context: KubeletContext, ...news: readonly News[]): KubeletContext {
  return { ...context, news: context.news.push(...news) };
}
/** Whether K acts on managed Pods as their owner. */
export function isOwner(context: KubeletContext): boolean {
  return context.owner === 'direct';
}
