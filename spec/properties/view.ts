/**
 * What a property may look at: a snapshot of the whole world, drawn by a host that sees everything.
 *
 * The explorer and the simulator draw it from their state; a trace of a cluster gives parts of it. Beside what is,
 * it holds *history*: what was once true and that no part of the system remembers.
 */
import type { Effect } from '../effects.ts';
import type { StageEvent } from '../events.ts';
import type { PodFact, ReplicaSetFact, SwitchFact, Written } from '../facts.ts';
import type {
  Fence,
  Incarnation,
  Owner,
  PeerName,
  Phase,
  Resources,
  SessionId,
  Uid,
  Version,
  Want,
} from '../vocabulary.ts';

/** One Pod as one stage holds it. @public */
export interface RecordView {
  readonly uid: Uid;
  readonly replicaSet: string;
  readonly node: string | null;
  readonly phase: Phase;
  readonly ready: boolean;
  readonly version: Version;
  readonly requests: Resources;
  readonly priority: number;
  /** Minted or bound, and not given to the downstream: this stage owns it. K owns all it holds. */
  readonly owned: boolean;
}

/** One link of a stage, as that stage sees it. @public */
export interface LinkEnd {
  /** The stage at the other end. */
  readonly peer: PeerName;
  readonly side: 'up' | 'down';
  /** `offered`: the session is agreed on, the state is not exchanged. */
  readonly state: 'closed' | 'offered' | 'open';
  /** Null if closed. */
  readonly session: SessionId | null;
  /** The highest (incarnation, n) accepted, on a downstream side. */
  readonly fence: Fence | null;
  /** K, its journal lost: what it was asked to end, does not hold, and will confirm when it is sure. */
  readonly doubted?: ReadonlySet<Uid>;
}

/** One life of a stage, running. @public */
export interface StageView {
  readonly process: string;
  readonly peer: PeerName;
  readonly incarnation: Incarnation;
  /** Whether the Lease (K: the Node) bears this incarnation or nothing higher. */
  readonly holdsLease: boolean;
  readonly records: ReadonlyMap<Uid, RecordView>;
  /** R: how many of each ReplicaSet are not terminating, where its host counts them; `records` may then be those alone that a step touched. */
  readonly live?: ReadonlyMap<string, number>;
  readonly links: readonly LinkEnd[];
  readonly wants: readonly Want[];
  /** S: preemptor → victims not yet gone. */
  readonly preemptions: ReadonlyMap<Uid, readonly Uid[]>;
  /** R: the ReplicaSets as it has seen them. */
  readonly replicaSets: readonly ReplicaSetFact[];
  /** The owner of managed Pods as its watch last told; null if it has not. */
  readonly owner: Owner | null;
  /** The whole state, canonical; equal text means equal state. */
  readonly text: string;
}

/** A Pod in a node's journal. @public */
export interface PlacedView {
  readonly replicaSet: string;
  readonly priority: number;
  readonly terminating: boolean;
}

/** A Node and what is on it. @public */
export interface NodeView {
  readonly name: string;
  readonly capacity: Resources;
  readonly mark: Fence | null;
  readonly drained: Fence | null;
  /** The incarnation last fenced, from the journal. */
  readonly fence: Fence;
  /** uids that have ended here, by the journal; absent where no property asks. */
  readonly ended?: ReadonlySet<Uid>;
  /** What its journal has; absent where no property asks. */
  readonly placed?: ReadonlyMap<Uid, PlacedView>;
  /** An agent has begun anew there, where a property asks. */
  readonly isRenewed?: boolean;
  /** Managed Pods whose containers run or are being started or stopped, by our uid. */
  readonly running: ReadonlyMap<Uid, Resources>;
  /** Containers that have come up, by the uid that they were started under; absent where no property asks. */
  readonly up?: ReadonlySet<Uid>;
  readonly foreign: Resources;
  /** What Pods take that have lost their label, where that is not among the others: S may not know of it yet. */
  readonly unlabelled?: Resources;
}

/** A connection on which something may still arrive. @public */
export interface TrafficView {
  readonly up: string;
  readonly down: string;
  readonly session: { readonly upstream: Incarnation; readonly n: number };
  readonly broken: boolean;
  readonly underWay: number;
  /** uids that a message on its way up says are gone. */
  readonly gone: readonly Uid[];
}

/** What the replicas of a Deployment should come to. @public */
export interface Due {
  /** Of the last external write. */
  readonly generation: number;
  /** The external value, and what A minted above it, in that order. */
  readonly values: readonly number[];
}

/** Who acts on managed Pods at the API Server: our agents, or the stock controllers. @public */
export type Side = 'ours' | 'stock';

/** An acknowledgement of the owner switch, as it stands on a Lease or a Node. @public */
export interface Acknowledgement {
  readonly owner: Owner;
  readonly switchVersion: string;
}

/** What was once true. Sets only grow, but for those of the switch's present reign. @public */
export interface History {
  /** uid → nodes that accepted it (journalled), ever. */
  readonly accepted: Readonly<Record<Uid, readonly string[]>>;
  /** uid → stages that collected its tombstone. */
  readonly collected: Readonly<Record<Uid, readonly string[]>>;
  /** uids that K confirmed, or that the API Server showed terminating or gone. */
  readonly ended: Readonly<Record<Uid, readonly ('confirmed' | 'shown')[]>>;
  /** uids of which a container was started after the end. */
  readonly revived: readonly Uid[];
  /** uids whose containers came to run, ever. */
  readonly ran: readonly Uid[];
  /** node → the last mark written on it, and the uids that were there then: given up unless the mark is void. */
  readonly cancelled: Readonly<Record<string, { readonly mark: Fence; readonly uids: readonly Uid[] }>>;
  /** preemptor → victims that were ever chosen for it. */
  readonly victims: Readonly<Record<Uid, readonly Uid[]>>;
  /** Starts of a preemptor while victims of it still ran. */
  readonly overtook: readonly Uid[];
  /** All values ever asked for. */
  readonly everAsked: readonly number[];
  /** Deployment, or ReplicaSet without one → values asked for, in their order. */
  readonly asked: Readonly<Record<string, readonly number[]>>;
  /** Deployment → generation of the last external write of its replicas. */
  readonly external: Readonly<Record<string, number>>;
  /** Deployment → external values that a write-back replaced without having seen them. */
  readonly overwritten: Readonly<Record<string, readonly number[]>>;
  /** Deployment → what R last brought it to under a direct want. */
  readonly reached: Readonly<Record<string, number>>;
  /** ReplicaSet → sides that made or ended Pods of it since the switch was last changed and seen by every API server. */
  readonly acted: Readonly<Record<string, readonly Side[]>>;
  /** Pods made or ended by the side that the switch denies, at all API servers. */
  readonly trespassed: readonly string[];
  /** Deployment → the last external write of its replicas, and what was asked for since: its value, then A's wants. */
  readonly due: Readonly<Record<string, Due>>;
  /** Deployments with Pods of stock's on a Node that got its first agent while we owned the Pods: R had made others in their place; or with one whose label was put back. */
  readonly reappeared: readonly string[];
  /** Processes that stopped for good. */
  readonly stopped: readonly string[];
  /** Process → the number that it bore, where a property asks; a K bears one once it stands on its Node. */
  readonly numbered: Readonly<Record<string, Incarnation>>;
  /** Lives that bore a number which was not above all before it, or that put one back. */
  readonly misnumbered: readonly string[];
  /** Process of a K → the highest number that S had borne when it registered itself, where a property asks. */
  readonly superseded: Readonly<Record<string, Incarnation>>;
}

/** Nothing has happened. @public */
export const NO_HISTORY: History = {
  accepted: {},
  collected: {},
  ended: {},
  revived: [],
  ran: [],
  cancelled: {},
  victims: {},
  overtook: [],
  everAsked: [],
  asked: {},
  external: {},
  overwritten: {},
  reached: {},
  acted: {},
  trespassed: [],
  due: {},
  reappeared: [],
  stopped: [],
  numbered: {},
  misnumbered: [],
  superseded: {},
};

/** The world at one moment. @public */
export interface WorldView {
  readonly stages: readonly StageView[];
  /** Those whose Node is there. */
  readonly nodes: readonly NodeView[];
  /** The world has no nodes at all: the owner of a record stands for them. */
  readonly withoutNodes: boolean;
  readonly traffic: readonly TrafficView[];
  /** Managed Pods at the API Server. */
  readonly objects: readonly PodFact[];
  /** Pods that some K has had and that have lost their label; absent where nobody takes it. */
  readonly unlabelled?: readonly PodFact[];
  /** Objects that are shown Running where our agents run the containers, and have none; absent where no property asks. */
  readonly hollow?: readonly PodFact[];
  /** Deployment → `spec.replicas` at the API Server. */
  readonly replicas: Readonly<Record<string, number>>;
  /** Deployment → the annotation *written* at the API Server. */
  readonly written: Readonly<Record<string, Written | null>>;
  /** ReplicaSets as they stand at the API Server. */
  readonly replicaSets?: readonly ReplicaSetFact[];
  /** Deployments that bear the label, and are not being deleted. */
  readonly managed?: readonly string[];
  /** Deployments that have lost their label and still bear it. */
  readonly leaving?: readonly string[];
  /** Deployments that are paused: in the middle of a rollout their ReplicaSets stay as they are. */
  readonly paused?: readonly string[];
  /** A has had one life: nothing that it has minted can be lost. Where it is not said, the numbers of the lives tell. */
  readonly isFirstMinter?: boolean;
  /** `metadata.uid` of objects of which a delete of a running S is under way; absent where no property asks. */
  readonly deletes?: readonly string[];
  /** The owner switch as the API Server shows it. */
  readonly switch: SwitchFact;
  /** Stage → what it acknowledged last. */
  readonly acknowledged: Readonly<Record<string, Acknowledgement>>;
  /** Stages that should run and do not. */
  readonly down: readonly PeerName[];
  readonly history: History;
}

/** One step: who heard what. @public */
export interface StepView {
  /** Null if the environment acted. */
  readonly process: string | null;
  readonly event: StageEvent | null;
  /** What that step asked for. */
  readonly effects: readonly Effect[];
  readonly before: WorldView;
  readonly after: WorldView;
}
