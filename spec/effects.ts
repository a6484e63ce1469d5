/**
 * What a step asks its host to do: one closed union of imperatives.
 *
 * A host carries effects out in the order of the list and never reorders them: one that must be durable before
 * others stands before them, and a crash can fall between any two. Effects that have an answer name the event
 * it comes back as. A host decides nothing: it retries what is safe to retry, and reports the rest.
 */
import type { PodName, Written } from './facts.ts';
import type { JournalEntry } from './journal.ts';
import type { Message } from './messages.ts';
import type { TimerName } from './timers.ts';
import type {
  Fence,
  Incarnation,
  LinkName,
  Owner,
  PeerName,
  PodRecord,
  SessionId,
  Uid,
} from './vocabulary.ts';

/** All effects. @public */
export type Effect =
  // ---- links -------------------------------------------------------------------------------------------
  /** Dial until connected, then `connected`. `n` numbers the session that will be tried on it. */
  | { readonly type: 'connect'; readonly link: LinkName; readonly peer: PeerName; readonly n: number }
  /** Break the connection of this session (upstream, n); no event follows. */
  | {
      readonly type: 'disconnect';
      readonly link: LinkName;
      readonly session: SessionId;
      readonly reason: string;
    }
  /** On the connection that the session's `Hello` went or came over; dropped if that is broken. */
  | { readonly type: 'send'; readonly link: LinkName; readonly message: Message }
  // ---- Leases, registration, marks ---------------------------------------------------------------------
  /** Consistent read of a peer's incarnation: `leaseRead` with the same token. */
  | { readonly type: 'readLease'; readonly subject: PeerName; readonly token: string }
  /** Take an incarnation above this and start again, with empty memory. */
  | { readonly type: 'restart'; readonly above: Incarnation; readonly reason: string }
  /** Superseded: close every link and stop for good. */
  | { readonly type: 'stop'; readonly reason: string }
  /** Consistent list of the Nodes: `nodesListed`. */
  | { readonly type: 'listNodes' }
  /** K: write incarnation and address on its Node: `registered`. */
  | { readonly type: 'register' }
  /** Consistent read of a Node: `nodeRead` with the same token. */
  | { readonly type: 'readNode'; readonly node: string; readonly token: string }
  /** S: write the mark, with the resourceVersion read and only on the Node of this uid: `marked`. */
  | {
      readonly type: 'mark';
      readonly node: string;
      readonly nodeUid: string;
      readonly mark: Fence;
      readonly resourceVersion: string;
    }
  /** K: write the completed drain on its Node. */
  | { readonly type: 'reportDrain'; readonly mark: Fence }
  // ---- the tail ----------------------------------------------------------------------------------------
  /** Durable before any later effect. On failure the host stops the stage (JOURNAL_FULL). */
  | { readonly type: 'journal'; readonly entries: readonly JournalEntry[] }
  /**
   * Create the Pod object, name from uid: `published` or `publishFailed`. Stamped by K; by S unbound (the record has no node), without a stamp, and
   * naming the Pod that it is made for.
   */
  | { readonly type: 'publish'; readonly record: PodRecord }
  /**
   * Delete with a precondition on `metadata.uid`: `deleteAnswered`. The grace period is the Pod's own, but at least
   * `graceSeconds`; 0 means at once, whatever the Pod's own is (its containers are known to be quiet).
   */
  | {
      readonly type: 'deletePod';
      readonly uid: Uid;
      readonly metadataUid: string;
      readonly name: PodName;
      readonly graceSeconds: number;
    }
  /** Consistent read of the object by its name: `podRead`. A null name follows from the uid, as at `publish`. */
  | {
      readonly type: 'readPod';
      readonly uid: Uid;
      readonly replicaSet: string;
      readonly name: PodName | null;
    }
  /** Consistent list of the Pods of this node: `podsListed`. */
  | { readonly type: 'listPods' }
  /** Set `status.phase: Failed`, where K runs the containers and may not delete; tried until done or the object is gone. */
  | {
      readonly type: 'failPod';
      readonly uid: Uid;
      readonly metadataUid: string;
      readonly name: PodName;
      readonly reason: string;
    }
  /** Write running and ready to the object, where K runs the containers; the last one wins, tried until done. */
  | {
      readonly type: 'writePodStatus';
      readonly uid: Uid;
      readonly metadataUid: string;
      readonly name: PodName;
      readonly ready: boolean;
    }
  /** Start the containers: `podStarted`, later `podReadiness`, `podStopped`; or `podNeedsObject`, and nothing is started. */
  | { readonly type: 'startPod'; readonly record: PodRecord }
  /** SIGTERM, then SIGKILL; also cancels a start in flight: `podStopped`. */
  | { readonly type: 'stopPod'; readonly uid: Uid }
  // ---- wants -------------------------------------------------------------------------------------------
  /** D: patch `spec.replicas` and *written*, with the resourceVersion: `replicasWritten`. */
  | {
      readonly type: 'writeReplicas';
      readonly deployment: string;
      readonly namespace: string;
      readonly name: string;
      /** null: write the annotation alone. */
      readonly value: number | null;
      readonly written: Written;
      /** The Deployment leaves, and this is D's last write: the annotation is removed with it. */
      readonly last?: true;
      readonly resourceVersion: string;
    }
  // ---- two owners --------------------------------------------------------------------------------------
  /** A consistent list: each object observed, then `synced` with the same token. What has vanished the watch tells. */
  | {
      readonly type: 'relist';
      readonly what: 'deployments' | 'replicaSets';
      readonly token: string;
    }
  /** Annotate the own Lease (K: Node) with the owner seen and the switch's resourceVersion. */
  | { readonly type: 'acknowledgeOwner'; readonly owner: Owner; readonly switchVersion: string }
  /** Delete a managed Pod that no K answers for (R at take back, S): `deleteAnswered`. */
  | {
      readonly type: 'deleteStray';
      readonly namespace: string;
      readonly name: string;
      readonly metadataUid: string;
      /** null unless the Pod is unbound. */
      readonly resourceVersion: string | null;
      /** As of `deletePod`. */
      readonly graceSeconds: number;
    }
  // ---- time and people ---------------------------------------------------------------------------------
  /** (Re)start a timer: `timerFired`. */
  | { readonly type: 'setTimer'; readonly timer: TimerName; readonly milliseconds: number }
  /** Stop a timer; nothing if it does not run. */
  | { readonly type: 'cancelTimer'; readonly timer: TimerName }
  /** Tell people: log, metric, and an Event on an object of theirs. Changes nothing. */
  | {
      readonly type: 'report';
      readonly reason: string;
      readonly subject: string;
      readonly text: string;
      /** The object that shows it; of a ReplicaSet its Deployment does. Absent: it concerns the links alone. */
      readonly on?:
        | { readonly deployment: string }
        | { readonly replicaSet: string }
        | { readonly node: string };
    };

/** Names of all effects. @public */
export type EffectType = Effect['type'];
