/**
 * What flows on a link (protocol 3). A request is an imperative, its answer a past participle.
 *
 * Every message carries the session it belongs to; one that is not of the current session changes nothing.
 * `Hello` and `Rejected` know no downstream incarnation yet: theirs is 0.
 */
import type {
  Fence,
  Incarnation,
  PeerName,
  PodRecord,
  PodStatus,
  ReplicaCount,
  SessionId,
  Uid,
  Version,
  Want,
  WantVersion,
} from './vocabulary.ts';

/**
 * Of which trace a message is: W3C `traceparent`. Put beside it by a host that traces, and taken away again by the host that receives it: no machine
 * sees it.
 * @public
 */
export interface Traced {
  readonly trace?: string;
}

/** A uid with the version that is held of it. @public */
export interface Held {
  readonly uid: Uid;
  readonly version: Version;
}

/** A Deployment with the version of the want that is held for it. @public */
export interface HeldWant {
  readonly deployment: string;
  readonly version: WantVersion;
}

/** Why a Pod was not taken or was lost. `reason` is CamelCase, as in Kubernetes. @public */
export interface PodReason {
  readonly uid: Uid;
  readonly reason: string;
}

/** Down: open a session. @public */
export interface Hello {
  readonly kind: 'Hello';
  readonly session: SessionId;
  readonly role: PeerName;
  /** Whom the upstream means to reach; a peer that is another refuses. */
  readonly peer: PeerName;
  readonly wants: readonly HeldWant[];
}
/** Up: the `Hello` is not accepted. @public */
export interface Rejected {
  readonly kind: 'Rejected';
  readonly session: SessionId;
  /** The highest (incarnation, n) seen. */
  readonly fence: Fence;
  readonly reason: 'old' | 'notTheLeader' | 'wrongPeer';
}
/** Up: all older sessions are fenced; this is what I hold. @public */
export interface Offer {
  readonly kind: 'Offer';
  readonly session: SessionId;
  readonly incarnation: Incarnation;
  readonly held: readonly Held[];
  readonly wants: readonly HeldWant[];
  /** K: the last drain completed, as the mark it answered; else null. */
  readonly drained: Fence | null;
  /** K, its journal lost: what it does not hold may still come to be; no absence is an end (5). */
  readonly doubtful?: true;
}
/** Down: send these records; those are tombstones on my side. @public */
export interface Fetch {
  readonly kind: 'Fetch';
  readonly session: SessionId;
  readonly uids: readonly Uid[];
  readonly tombstones: readonly Uid[];
}
/** Up: the records asked for, and the wants that are newer here. The link is open. @public */
export interface State {
  readonly kind: 'State';
  readonly session: SessionId;
  readonly records: readonly PodRecord[];
  readonly wants: readonly Want[];
  readonly counts: readonly ReplicaCount[];
}
/** Down: take these Pods. @public */
export interface Assign {
  readonly kind: 'Assign';
  readonly session: SessionId;
  readonly records: readonly PodRecord[];
}
/** Up: these are mine now, in this state. @public */
export interface Assigned {
  readonly kind: 'Assigned';
  readonly session: SessionId;
  readonly pods: readonly PodStatus[];
}
/** Up: these I do not take; they are gone. @public */
export interface Refused {
  readonly kind: 'Refused';
  readonly session: SessionId;
  readonly pods: readonly PodReason[];
}
/** Down: end these Pods. @public */
export interface Terminate {
  readonly kind: 'Terminate';
  readonly session: SessionId;
  readonly uids: readonly Uid[];
}
/** Up: these are truly gone. @public */
export interface Terminated {
  readonly kind: 'Terminated';
  readonly session: SessionId;
  readonly uids: readonly Uid[];
}
/** Up: soft invalidation: only what changed. @public */
export interface Invalidate {
  readonly kind: 'Invalidate';
  readonly session: SessionId;
  readonly changed: readonly PodStatus[];
  readonly adopted: readonly PodRecord[];
  readonly lost: readonly PodReason[];
  readonly wants: readonly Want[];
  readonly counts: readonly ReplicaCount[];
}
/** Down: the invalidation was taken. @public */
export interface Invalidated {
  readonly kind: 'Invalidated';
  readonly session: SessionId;
}
/** Down: wants. @public */
export interface Scale {
  readonly kind: 'Scale';
  readonly session: SessionId;
  readonly wants: readonly Want[];
}
/** Up: the wants were received. @public */
export interface Scaled {
  readonly kind: 'Scaled';
  readonly session: SessionId;
  readonly wants: readonly HeldWant[];
}
/** Down: these Deployments (uid) are deleted; not the same as a want of zero. @public */
export interface Gone {
  readonly kind: 'Gone';
  readonly session: SessionId;
  readonly deployments: readonly string[];
}
/** Up: the deletions were taken. @public */
export interface GoneAcknowledged {
  readonly kind: 'GoneAcknowledged';
  readonly session: SessionId;
  readonly deployments: readonly string[];
}

/** All messages. @public */
export type Message =
  | Hello
  | Rejected
  | Offer
  | Fetch
  | State
  | Assign
  | Assigned
  | Refused
  | Terminate
  | Terminated
  | Invalidate
  | Invalidated
  | Scale
  | Scaled
  | Gone
  | GoneAcknowledged;

/** Names of all messages. @public */
export type MessageKind = Message['kind'];

/** Which way each message goes. @public */
export const DIRECTIONS = {
  Hello: 'down',
  /** Up in answer to `Hello`; down in answer to an `Offer` of a stage that does not hold its Lease. */
  Rejected: 'both',
  Offer: 'up',
  Fetch: 'down',
  State: 'up',
  Assign: 'down',
  Assigned: 'up',
  Refused: 'up',
  Terminate: 'down',
  Terminated: 'up',
  Invalidate: 'up',
  Invalidated: 'down',
  Scale: 'down',
  Scaled: 'up',
  Gone: 'down',
  GoneAcknowledged: 'up',
} as const satisfies Record<MessageKind, 'up' | 'down' | 'both'>;
