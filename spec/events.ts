/**
 * What a host gives to a stage: facts in the past tense. One event is one step.
 *
 * Which stage hears what is in {@link HEARS}; any other event is refused by the stage with `INVARIANT_BROKEN`.
 */
import type { DeploymentFact, NodeFact, PodFact, ReplicaSetFact, SwitchFact } from './facts.ts';
import type { Message } from './messages.ts';
import type { TimerName } from './timers.ts';
import type { Fence, Incarnation, LinkName, PeerName, Uid } from './vocabulary.ts';

/** Why the API Server did not do what was asked. `switch`: denied by the owner switch's policy. @public */
export type Refusal =
  | 'switch'
  | 'quota'
  | 'forbidden'
  | 'invalid'
  | 'notFound'
  | 'conflict'
  | 'alreadyExists'
  | 'ambiguous';

/** All events. @public */
export type StageEvent =
  // ---- links -------------------------------------------------------------------------------------------
  | { readonly type: 'connected'; readonly link: LinkName; readonly n: number }
  /** The connection of session (upstream, n) is gone. Upstream ends give their own incarnation. */
  | { readonly type: 'broken'; readonly link: LinkName; readonly upstream: Incarnation; readonly n: number }
  | { readonly type: 'received'; readonly link: LinkName; readonly message: Message }
  // ---- Leases, registration, marks ---------------------------------------------------------------------
  /** `incarnation` is null if there is no such Lease or the Node is not registered. */
  | {
      readonly type: 'leaseRead';
      readonly subject: PeerName;
      readonly token: string;
      readonly incarnation: Incarnation | null;
      /** Of a K: its Node's `metadata.uid`; absent if there is no Node. */
      readonly nodeUid?: string;
    }
  | { readonly type: 'nodesListed'; readonly nodes: readonly NodeFact[] }
  | { readonly type: 'registered'; readonly node: NodeFact }
  | {
      readonly type: 'nodeRead';
      readonly name: string;
      readonly token: string;
      readonly node: NodeFact | null;
    }
  /** `conflict`: the resourceVersion had moved; read again. `gone`: absent, or of another uid. */
  | {
      readonly type: 'marked';
      readonly node: string;
      readonly mark: Fence;
      readonly outcome: 'written' | 'conflict' | 'gone';
    }
  // ---- watches (the host lists first; `synced` after each list) ------------------------------------------
  | { readonly type: 'nodeObserved'; readonly node: NodeFact }
  | { readonly type: 'nodeVanished'; readonly name: string; readonly uid: string }
  | { readonly type: 'deploymentObserved'; readonly deployment: DeploymentFact }
  | { readonly type: 'deploymentVanished'; readonly uid: string }
  | { readonly type: 'replicaSetObserved'; readonly replicaSet: ReplicaSetFact }
  | { readonly type: 'replicaSetVanished'; readonly uid: string }
  /** K: Pods of its node. S: unmanaged Pods that take room, and managed ones without a stamp. R: deletion cost, strays at take back. */
  | { readonly type: 'podObserved'; readonly pod: PodFact }
  | { readonly type: 'podVanished'; readonly pod: PodFact }
  | { readonly type: 'switchObserved'; readonly switch: SwitchFact }
  /** A list is complete: the one that was asked for with this token, or, without one, the watch's own. */
  | {
      readonly type: 'synced';
      readonly what: 'nodes' | 'deployments' | 'replicaSets' | 'pods';
      readonly token?: string;
    }
  // ---- the tail ----------------------------------------------------------------------------------------
  | { readonly type: 'podsListed'; readonly pods: readonly PodFact[] }
  | { readonly type: 'published'; readonly uid: Uid; readonly pod: PodFact }
  | { readonly type: 'publishFailed'; readonly uid: Uid; readonly refusal: Refusal; readonly text: string }
  | { readonly type: 'deleteAnswered'; readonly uid: Uid; readonly outcome: 'accepted' | Refusal }
  | { readonly type: 'podRead'; readonly uid: Uid; readonly pod: PodFact | null }
  | { readonly type: 'podStarted'; readonly uid: Uid }
  /** What its template asks for is given for a Pod that stands at the API Server: nothing was started. */
  | { readonly type: 'podNeedsObject'; readonly uid: Uid }
  | { readonly type: 'podReadiness'; readonly uid: Uid; readonly ready: boolean }
  /** The runtime is quiet about it: nothing runs and no start is in flight. */
  | { readonly type: 'podStopped'; readonly uid: Uid; readonly failed: boolean }
  // ---- wants -------------------------------------------------------------------------------------------
  /**
   * A: somebody asked for replicas by the direct scale API, when the Deployment was seen at this generation (absent: not known).
   */
  | {
      readonly type: 'scaleRequested';
      readonly deployment: string;
      readonly replicas: number;
      readonly generation?: number;
    }
  | {
      readonly type: 'replicasWritten';
      readonly deployment: string;
      /** The object after the write; null if it failed. */
      readonly after: DeploymentFact | null;
      readonly refusal: Refusal | null;
    }
  // ---- time --------------------------------------------------------------------------------------------
  | { readonly type: 'timerFired'; readonly timer: TimerName };

/** Names of all events. @public */
export type EventType = StageEvent['type'];

/** Which stage hears what; the (state, event) tests walk it. @public */
export const HEARS = {
  autoscaler: [
    'connected',
    'broken',
    'received',
    'leaseRead',
    'scaleRequested',
    'deploymentObserved',
    'deploymentVanished',
    'switchObserved',
    'synced',
    'timerFired',
  ],
  deployment: [
    'connected',
    'broken',
    'received',
    'leaseRead',
    'deploymentObserved',
    'deploymentVanished',
    'replicaSetObserved',
    'replicaSetVanished',
    'switchObserved',
    'synced',
    'replicasWritten',
    'timerFired',
  ],
  replicaset: [
    'connected',
    'broken',
    'received',
    'leaseRead',
    'replicaSetObserved',
    'replicaSetVanished',
    'podObserved',
    'podVanished',
    'nodesListed',
    'podsListed',
    'switchObserved',
    'synced',
    'deleteAnswered',
    'timerFired',
  ],
  scheduler: [
    'connected',
    'broken',
    'received',
    'leaseRead',
    'nodesListed',
    'nodeRead',
    'marked',
    'nodeObserved',
    'nodeVanished',
    'replicaSetObserved',
    'replicaSetVanished',
    'podObserved',
    'podVanished',
    'published',
    'publishFailed',
    'deleteAnswered',
    'switchObserved',
    'synced',
    'timerFired',
  ],
  kubelet: [
    'broken',
    'received',
    'leaseRead',
    'registered',
    'nodeRead',
    'nodeObserved',
    'nodeVanished',
    'podObserved',
    'podVanished',
    'podsListed',
    'published',
    'publishFailed',
    'deleteAnswered',
    'podRead',
    'podStarted',
    'podNeedsObject',
    'podReadiness',
    'podStopped',
    'switchObserved',
    'synced',
    'timerFired',
  ],
} as const satisfies Record<string, readonly EventType[]>;
