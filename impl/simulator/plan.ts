/**
 * A plan: everything that decides how a simulated world goes, as plain JSON. The seed draws it (`draw.ts`); a failure is shrunk
 * by leaving parts of it out; a replay file holds it.
 */
import type { PeerName, Resources } from '../../spec/vocabulary.ts';

/** A Node at the start. */
export interface PlannedNode {
  readonly name: string;
  readonly capacity: Resources;
  /** Nobody of ours runs there. */
  readonly agentless?: true;
}

/** A Deployment with one ReplicaSet at the start. */
export interface PlannedDeployment {
  readonly name: string;
  readonly replicas: number;
  readonly requests: Resources;
  readonly priority: number;
  /** Its first template has no label: it is stock's until somebody puts one there. */
  readonly unmanaged?: true;
  /** It is made later, by an act. */
  readonly later?: true;
}

/** A Pod of somebody else, bound to a Node from the start. */
export interface PlannedForeign {
  readonly name: string;
  readonly node: string;
  readonly requests: Resources;
}

/** How long things take: each is drawn between a half and twice of this, ms. */
export interface Latencies {
  readonly link: number;
  readonly api: number;
  readonly watch: number;
  readonly start: number;
  readonly stop: number;
  readonly disk: number;
  /** From a crash to the start of the next life. */
  readonly restart: number;
}

/** What people do. */
export type Act =
  /** By anyone, at the API Server. */
  | { readonly act: 'scale'; readonly deployment: string; readonly replicas: number }
  /** The same, and there and back if the object says so already: it wins over all that is under way. */
  | { readonly act: 'insist'; readonly deployment: string; readonly replicas: number }
  /** Another value, and then the old one again, at once: only who owns the field is another. */
  | { readonly act: 'thereAndBack'; readonly deployment: string }
  /** Of something else in the Deployment's spec, which raises its generation. */
  | { readonly act: 'edit'; readonly deployment: string }
  /** By A's own scale API. */
  | { readonly act: 'request'; readonly deployment: string; readonly replicas: number }
  | { readonly act: 'rollout'; readonly deployment: string; readonly template: string }
  /** The label is put on the template, or taken from it: a rollout from one side to the other. */
  | {
      readonly act: 'label';
      readonly deployment: string;
      readonly template: string;
      readonly managed: boolean;
    }
  /** The managed Pods are given to stock; `flush`: D is asked first to write its wants. `propagation`: until every API server has seen it, ms. */
  | { readonly act: 'release'; readonly flush: boolean; readonly propagation: number }
  /** And taken back, once all have acknowledged. */
  | { readonly act: 'takeBack'; readonly propagation: number }
  /** In the foreground or not; orphaned ReplicaSets and Pods stay. The Deployment's own makes another. */
  | { readonly act: 'deleteReplicaSet'; readonly deployment: string }
  /** With its ReplicaSets and their Pods, or those stay. */
  | {
      readonly act: 'deleteDeployment';
      readonly deployment: string;
      readonly cascade: 'background' | 'orphan';
    }
  /** Of a ReplicaSet that has lost its Deployment. */
  | { readonly act: 'scaleOrphan'; readonly deployment: string; readonly replicas: number }
  /** One that was not there; a copy of another one has its annotations too. */
  | { readonly act: 'makeDeployment'; readonly deployment: string; readonly copyOf: string | null }
  /** `nth`: of the live Pods of the Deployment, by name, modulo how many there are. */
  | { readonly act: 'deletePod'; readonly deployment: string; readonly nth: number }
  /** The label is taken from one Pod (`nth`: of the live ones that have it), and after a while somebody does something with it. */
  | {
      readonly act: 'unlabelPod';
      readonly deployment: string;
      readonly nth: number;
      readonly then: { readonly do: 'label' | 'delete' | 'fail'; readonly after: number } | null;
    }
  | { readonly act: 'cost'; readonly deployment: string; readonly nth: number; readonly cost: number }
  | { readonly act: 'deleteNode'; readonly node: string; readonly back: number }
  | { readonly act: 'cordon'; readonly node: string; readonly for: number };

/** Somebody's act at a time. */
export type PlannedAct = Act & { readonly at: number };

/** Which link: by its upstream and downstream stage. */
export interface LinkOf {
  readonly up: PeerName;
  readonly down: PeerName;
}

/** What goes wrong. */
export type Fault =
  /** The process dies after so many effects of its next step (null: between steps). What it sent may arrive or not. */
  | {
      readonly fault: 'crash';
      readonly peer: PeerName;
      readonly effects: number | null;
      readonly linger: boolean;
      readonly down: number;
    }
  /** The same in the nth step that the stage takes, counted over all its lives: it holds wherever that step is. */
  | {
      readonly fault: 'crashAt';
      readonly peer: PeerName;
      readonly step: number;
      readonly effects: number;
      readonly linger: boolean;
      readonly down: number;
    }
  /** The machine dies: the agent, and all containers. */
  | { readonly fault: 'nodeCrash'; readonly node: string; readonly down: number }
  /** The agent dies, and its disk with it. */
  | { readonly fault: 'journalLost'; readonly node: string; readonly down: number }
  /** A second leader starts while the first still runs. */
  | { readonly fault: 'usurp'; readonly peer: PeerName }
  /** For a while who dials the stage reaches the older one of two leaders: where it is to be found was read before. */
  | { readonly fault: 'misdial'; readonly peer: PeerName; readonly for: number }
  /** The newest life of the stage reaches nobody below it for a while; the API Server and those above it it does. */
  | { readonly fault: 'isolated'; readonly peer: PeerName; readonly for: number }
  /** The clock by which lives are numbered goes back so far, for a while. */
  | { readonly fault: 'clockBack'; readonly by: number; readonly for: number }
  /** The connection breaks: both ends learn of it. */
  | {
      readonly fault: 'break';
      readonly link: LinkOf;
      readonly linger: boolean;
      /** What lingers arrives so much later, ms: when others may talk already. */
      readonly late?: number;
    }
  /** Half-open: nothing arrives any more that way, or both ways; ends learn of it by the keep-alive. */
  | { readonly fault: 'halfOpen'; readonly link: LinkOf; readonly way: 'down' | 'up' | 'both' }
  /** A copy of the next `Hello` arrives so much later. */
  | { readonly fault: 'duplicate'; readonly link: LinkOf; readonly late: number }
  /** A node is cut off from S, from the API Server, or from both. */
  | {
      readonly fault: 'cutOff';
      readonly node: string;
      readonly from: 'links' | 'api' | 'both';
      readonly for: number;
    }
  /** The API Server misbehaves for everybody: away, or with a chance for each request. */
  | {
      readonly fault: 'api';
      readonly how: 'away' | 'busy' | 'failing' | 'replyLost' | 'late' | 'conflict' | 'slow';
      readonly chance: number;
      readonly for: number;
    }
  /** A watch is lost, with what it had not told; a list tells the difference later. */
  | { readonly fault: 'watchLost'; readonly peer: PeerName; readonly for: number }
  /** An API server that has fallen behind: for a while its watches tell the stage nothing, and a fresh life of it lists what was then. */
  | { readonly fault: 'stale'; readonly peer: PeerName; readonly for: number }
  /** Containers of a Pod exit by themselves. */
  | { readonly fault: 'exit'; readonly node: string; readonly nth: number }
  /** The Node is shown NotReady for a while. */
  | { readonly fault: 'notReady'; readonly node: string; readonly for: number }
  /** The journal's disk takes so much longer for a while. */
  | { readonly fault: 'slowDisk'; readonly node: string; readonly by: number; readonly for: number };

/** A fault at a time. */
export type PlannedFault = Fault & { readonly at: number };

/** All that decides a run. */
export interface Plan {
  readonly seed: number;
  readonly runtime: 'runs' | 'publish';
  /** S hands over what finds no room. */
  readonly handsOver?: true;
  /** Where K runs the containers: of which templates the Pods need their object before they are started. */
  readonly objectFirst?: 'all' | 'some';
  readonly nodes: readonly PlannedNode[];
  readonly deployments: readonly PlannedDeployment[];
  readonly foreign: readonly PlannedForeign[];
  readonly latencies: Latencies;
  readonly acts: readonly PlannedAct[];
  readonly faults: readonly PlannedFault[];
  /** From here on nothing new goes wrong, and what is wrong heals. */
  readonly healAt: number;
  /** Last words, asked for when all is at rest: then this many must run. */
  readonly finally: Readonly<Record<string, number>>;
  /** At the end every stage starts afresh, all at once, and nothing may come of it. */
  readonly freshStart?: true;
  readonly mutants: readonly string[];
}
