/** Timers (protocol 12): names and default lengths. In the model each may fire at any moment. */

/** A running timer's name; the part after the slash says whose. @public */
export type TimerName =
  | `unreachable/${string}`
  | `coolDown/${string}`
  | `noRoom/${string}`
  | `handOver/${string}`
  | `retry/${string}`
  | `ambiguous/${string}`
  | `writeBack/${string}`
  | `lower/${string}`
  /** Of the explorer's stubs. */
  | `prompt/${string}`
  | 'unconfirmed'
  | 'doubt'
  | 'leader'
  | 'propagation';

/** Default lengths in milliseconds. @public */
export const TIMERS = {
  /** No traffic on a link and no answer to a keep-alive: the session is broken (kept by the transport). */
  halfOpen: 5_000,
  /** A node that can not be reached is cancelled. */
  unreachable: 60_000,
  /** The same once the Node is NotReady. */
  unreachableNotReady: 5_000,
  /** Invalidations that nothing above waits for are held so long after the last one, and go as one (kept by the host). */
  gather: 20,
  /** Where our agents run the containers: a write-back and a publish begin so long after (kept by the host). */
  behind: 40,
  writeBack: 100,
  lower: 5_000,
  retryFirst: 10,
  retryLast: 300_000,
  coolDown: 10_000,
  /** The API Server's request timeout: a create whose reply was lost may land until then. */
  ambiguous: 60_000,
  /** Pods of a ReplicaSet find no room: people hear of it. */
  noRoom: 2_000,
  /** They still find none: S publishes them unbound. */
  handOver: 10_000,
  /** What S has bound has yet to come up, so that stock does not see it: S looks again. */
  handOverAgain: 30_000,
  /** K: a delete that was neither done nor denied by the switch is tried again. */
  deleteRetry: 1_000,
  /** K, registered while S has no Lease: it looks again. */
  leader: 1_000,
  /** A restarted D takes its wants for confirmed without having heard A. */
  unconfirmed: 60_000,
  /** A that ends in good order, with requests that D may not know: it waits so long for its link (kept by the host). */
  lastRequests: 5_000,
  /** All API servers have seen a change of the owner switch. */
  propagation: 2_000,
} as const;
