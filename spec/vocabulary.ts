/**
 * The words of the protocol as types (`spec/protocol.md` 1 and 2). Everything else in `spec/` is built from these.
 *
 * All values are plain data: comparable, serialisable, without methods.
 */

/** The stages above the tail, from upstream to downstream: each is led by who holds its Lease. @public */
export const LED_STAGES = ['autoscaler', 'deployment', 'replicaset', 'scheduler'] as const;
/** The five stages of the narrow waist, from upstream to downstream. @public */
export const STAGES = [...LED_STAGES, 'kubelet'] as const;
/** One of {@link STAGES}. @public */
export type StageName = (typeof STAGES)[number];

/** Number of a stage's life; grows over restarts and leader changes; at least Unix milliseconds in a cluster. @public */
export type Incarnation = number;

/** Identity of a Pod record: `r<incarnation of R, base 36>-<counter, base 36>`, or `a-<metadata.uid>` if adopted. @public */
export type Uid = string;

/** Identity of a stage instance: a stage's name, or `kubelet/<node>`. It also names the Lease (or Node) that holds its incarnation. @public */
export type PeerName = Exclude<StageName, 'kubelet'> | `kubelet/${string}`;

/** One end of a link as a stage knows it: `upstream`, `downstream`, and for S `node/<node>`. @public */
export type LinkName = 'upstream' | 'downstream' | `node/${string}`;

/** One life of a link (protocol 3). `downstream` is 0 until the `Offer` names it. @public */
export interface SessionId {
  readonly upstream: Incarnation;
  readonly downstream: Incarnation;
  readonly n: number;
}

/** (incarnation, session) of an upstream: what fences and marks are made of. @public */
export interface Fence {
  readonly incarnation: Incarnation;
  readonly n: number;
}

/** Version of a record: the owner that last changed it (protocol 1). @public */
export interface Version {
  readonly stage: PeerName;
  readonly incarnation: Incarnation;
  readonly counter: number;
}

/** Version of a want, compared in the order of its fields (protocol 8). `generation` is *g*. @public */
export interface WantVersion {
  readonly generation: number;
  readonly incarnation: Incarnation;
  readonly counter: number;
}

/** Requests or capacity: millicores, bytes, and a number of Pods. @public */
export interface Resources {
  readonly cpu: number;
  readonly memory: number;
  readonly pods: number;
}

/** A Pod's life: `created (R) → bound (S) → accepted (K) → running (K) → terminating → gone` (protocol 2). @public */
export const PHASES = ['created', 'bound', 'accepted', 'running', 'terminating'] as const;
/** One of {@link PHASES}; a gone Pod has no record. `terminating` is the tombstone. @public */
export type Phase = (typeof PHASES)[number];

/** The part of a record that never changes: the pointer to the template and the delta. @public */
export interface PodSpec {
  readonly uid: Uid;
  /** `metadata.uid` of the ReplicaSet. */
  readonly replicaSet: string;
  /** `pod-template-hash` of the ReplicaSet. */
  readonly revision: string;
  readonly requests: Resources;
  readonly priority: number;
}

/** The part of a record that its owner changes; what an invalidation carries. @public */
export interface PodStatus {
  readonly uid: Uid;
  readonly node: string | null;
  readonly phase: Phase;
  readonly ready: boolean;
  readonly version: Version;
}

/** What R, S and K hold on one Pod. @public */
export interface PodRecord extends PodSpec, PodStatus {}

/** How R obeys: the direct want, or each ReplicaSet's own `spec.replicas` (protocol 8). @public */
export type Mode = 'direct' | 'follow';

/** Replicas wanted of one Deployment. @public */
export interface Want {
  readonly deployment: string;
  readonly version: WantVersion;
  readonly value: number;
  readonly replicaSet: string | null;
  readonly revision: string;
  readonly mode: Mode;
  /** False from a D that has not heard A in this incarnation: R ends nothing on it. */
  readonly confirmed: boolean;
}

/** What R tells D, and D tells A, of one ReplicaSet. @public */
export interface ReplicaCount {
  readonly deployment: string;
  readonly replicaSet: string;
  /** Records that are not tombstoned. */
  readonly live: number;
  readonly ready: number;
  /** Tombstones; D lowers `spec.replicas` once live and terminating are no more than wanted, so R may leave out those whose object the API Server shows deleting. */
  readonly terminating: number;
}

/** Who may act on managed Pods, by the owner switch (protocol 9). @public */
export type Owner = 'direct' | 'stock';

/** Order of wants: generation, incarnation, counter. Negative if `a` is older. @public */
export function compareWantVersions(a: WantVersion, b: WantVersion): number {
  return a.generation - b.generation || a.incarnation - b.incarnation || a.counter - b.counter;
}

/** Order of fences: incarnation, then session. Negative if `a` is older. @public */
export function compareFences(a: Fence, b: Fence): number {
  return a.incarnation - b.incarnation || a.n - b.n;
}

/** Whether a node that carries this mark has not completed its drain: it is cancelled. @public */
export function isUndrained(mark: Fence | null, drained: Fence | null): boolean {
  return mark !== null && (drained === null || compareFences(drained, mark) < 0);
}

/** Whether two versions are the same. Versions of records are not ordered across owners. @public */
export function sameVersion(a: Version, b: Version): boolean {
  return a.stage === b.stage && a.incarnation === b.incarnation && a.counter === b.counter;
}

/** Whether two session identities are the same. @public */
export function sameSession(a: SessionId, b: SessionId): boolean {
  return a.upstream === b.upstream && a.downstream === b.downstream && a.n === b.n;
}

/** The stage part of a peer's name. @public */
export function stageOf(peer: PeerName): StageName {
  return peer.startsWith('kubelet/') ? 'kubelet' : (peer as StageName);
}
