/**
 * What a bounded world is made of (plain data): which stages, which objects, which faults and how many of each.
 *
 * A world is closed by its budgets, never by limits inside of a handler. What is left out is a stub that is constant.
 */
import type { EffectType } from '../effects.ts';
import type { DeploymentFact, ReplicaSetFact } from '../facts.ts';
import type { PropertyName, WitnessName } from '../properties/index.ts';
import type { PeerName, Resources } from '../vocabulary.ts';

/** A process of a world: a real stage, a stub, or a toy of the explorer's own tests. @public */
export interface StageChoice {
  readonly peer: PeerName;
  /** Key in the explorer's table of stages: `scheduler`, `stub/deployment` … */
  readonly use: string;
  /** Events that this stage never hears here (watches that the world leaves out). */
  readonly deaf?: readonly string[];
  /** S: it publishes unbound what finds no room (protocol 7), and its watch shows it the managed Pods that bear no stamp. */
  readonly handsOver?: true;
  /** It hears of the owner switch before anything else happens. */
  readonly alert?: boolean;
  /** Its watch breaks at each change and lists anew: of an object made anew under a name it does not tell that the old one vanished. */
  readonly gaps?: boolean;
}

/** A Node at the start. @public */
export interface NodeChoice {
  readonly name: string;
  readonly capacity: Resources;
  /** Registered by an agent of an earlier life. */
  readonly known?: boolean;
}

/** A Pod of somebody else, bound, not managed. @public */
export interface ForeignPod {
  readonly name: string;
  readonly node: string;
  readonly requests: Resources;
  readonly priority: number;
}

/** What becomes of the ReplicaSets and Pods of a Deployment that is deleted: `kubectl delete --cascade`. @public */
export type Cascade = 'background' | 'foreground' | 'orphan';

/** What people do, in any order within the script's order. @public */
export type UserAct =
  | { readonly act: 'scale'; readonly deployment: string; readonly replicas: number }
  /** By A's own scale API. */
  | { readonly act: 'request'; readonly deployment: string; readonly replicas: number }
  | { readonly act: 'rollout'; readonly deployment: string; readonly template: string }
  /** `kubectl rollout pause`, and `resume`. */
  | { readonly act: 'pause'; readonly deployment: string; readonly paused: boolean }
  | { readonly act: 'deleteDeployment'; readonly deployment: string; readonly cascade: Cascade }
  /** Under the name of the one that was deleted, once that is gone. */
  | {
      readonly act: 'makeDeployment';
      readonly uid: string;
      readonly template: string;
      readonly replicas: number;
      /** The stock controller makes no ReplicaSet for it. */
      readonly paused?: true;
    }
  /** Of a ReplicaSet that has no Deployment. */
  | { readonly act: 'scaleReplicaSet'; readonly replicaSet: string; readonly replicas: number }
  /** By force it is gone at once, whatever still runs. */
  | { readonly act: 'deletePod'; readonly replicaSet: string; readonly force?: true }
  /** A Pod loses its label; it stays the ReplicaSet's, for stock. */
  | { readonly act: 'unlabelPod'; readonly replicaSet: string }
  /** A copy of one, with its stamp and without its labels: `kubectl debug --copy-to`. It is listed before it. */
  | { readonly act: 'copyPod'; readonly replicaSet: string }
  /** One that has lost it gets it back. */
  | { readonly act: 'labelPod'; readonly replicaSet: string }
  /** Somebody who is not its kubelet says on a Pod that has lost its label that it has failed. */
  | { readonly act: 'failPod'; readonly replicaSet: string }
  /** One that has lost its label is deleted. */
  | { readonly act: 'deleteUnlabelled'; readonly replicaSet: string }
  /** With its Pods: it stands with a deletionTimestamp while garbage collection ends them. */
  | { readonly act: 'deleteReplicaSet'; readonly uid: string }
  | { readonly act: 'deleteNode'; readonly node: string }
  /** `kubectl cordon`, and `uncordon`. */
  | { readonly act: 'cordon'; readonly node: string; readonly unschedulable: boolean }
  /** A Node of the same name, under another uid, on which no agent is registered. */
  | {
      readonly act: 'makeNode';
      readonly node: string;
      readonly uid: string;
      readonly capacity: Resources;
    }
  /** Somebody who may do so in spite of the policy. */
  | { readonly act: 'deleteLease'; readonly peer: PeerName }
  /** Before a release: D is asked to write its wants back. */
  | { readonly act: 'flush' }
  /** To `direct` only when R and each K that is not cancelled have acknowledged `stock`. */
  | { readonly act: 'switch'; readonly owner: 'direct' | 'stock' };

/** How often each fault may happen. Absent means never. @public */
export interface FaultBudget {
  /** Crashes (and restarts) per peer; also between any two effects of a step. */
  readonly crash?: Readonly<Record<string, number>>;
  /** A second leader of a peer starts while the first still runs. */
  readonly usurp?: Readonly<Record<string, number>>;
  /** Watches that list anew, from an API server that has seen no more than they have told. */
  readonly relist?: number;
  /** Connections broken, of all. */
  readonly break?: number;
  /** Breaks and crashes after which what was under way still arrives; else it is lost. */
  readonly linger?: number;
  /** Copies of a `Hello`. */
  readonly duplicate?: number;
  /** Timers that fire early, by the part of the name before the slash. A timer may always fire when nothing else can happen. */
  readonly timers?: Readonly<Record<string, number>>;
  /** Node crashes: containers die with the agent. */
  readonly nodeCrash?: Readonly<Record<string, number>>;
  /** Crashes of an agent whose journal is lost with it. */
  readonly journalLost?: Readonly<Record<string, number>>;
  /** Gaps in an agent's watch, by node: it lists anew, and never shows what came and went meanwhile. */
  readonly gap?: Readonly<Record<string, number>>;
  /** Starts for which the clock has gone back to 0; not of one whose counter is gone, for which it must have gone on. */
  readonly clockBack?: number;
  /** Containers that exit by themselves. */
  readonly exit?: number;
  /** Writes whose reply is lost though the write was done; a registration is then asked for again. */
  readonly lostReply?: number;
  /** Which writes those may be. Absent means creates, write-backs and registrations; `mark` and `deletePod` may be named too. */
  readonly loses?: readonly EffectType[];
  /** Creates of K's that are refused, or done though the answer says that the name is taken. */
  readonly refused?: number;
  /** Changes of the owner switch that one of the API servers sees late. */
  readonly lag?: number;
  /** Dials that reach a process which does not hold its Lease. Absent means any number. */
  readonly misdial?: number;
  /** What stubs do when they are prompted, by the part of the prompt before the slash. */
  readonly prompts?: Readonly<Record<string, number>>;
}

/** The TLA+ modules that are worlds. @public */
export type SpecName =
  | 'MCLink'
  | 'MCField'
  | 'MCWants'
  | 'MCRegistration'
  | 'MCRollout'
  | 'MCDeletion'
  | 'MCCancellation'
  | 'MCChain'
  | 'MCSwitch';

/** A named bounded world. @public */
export interface WorldDescription {
  readonly name: string;
  /** One line: what it shows. */
  readonly title: string;
  readonly stages: readonly StageChoice[];
  readonly nodes: readonly NodeChoice[];
  readonly runtime: 'runs' | 'publish';
  readonly deployments?: readonly DeploymentFact[];
  readonly replicaSets?: readonly ReplicaSetFact[];
  /** Templates without the label: a Deployment that has one of them is not managed, nor is its ReplicaSet. */
  readonly unmanaged?: readonly string[];
  /** The stock Deployment controller waits for Pods, as a rolling update does; else it has the new one full and the old ones empty at once. */
  readonly patient?: true;
  readonly foreign?: readonly ForeignPod[];
  /** K's runtime starts no Pod that does not stand at the API Server: what the template asks for is given for one that does. */
  readonly objectFirst?: true;
  /** What K writes on the status of a Pod takes time, as creates and deletes do; else it is there at once. */
  readonly slowStatus?: true;
  readonly script?: readonly UserAct[];
  readonly faults: FaultBudget;
  /** Deliver what commutes with all else at once (see the explorer's `urgent`). */
  readonly reduce: boolean;
  /** A process that no longer holds its Lease finds out by its renewals, in its own time, and ends. */
  readonly renews?: boolean;
  /** Begin where a run without faults or people comes to rest: all links open, the first want satisfied. */
  readonly settled?: boolean;
  /** Begin where these commands lead (see the explorer's `script.ts`): what comes before has been seen in other worlds. */
  readonly begins?: readonly string[];
  /** Peers that are served at once, and whose links never fail: what they do is constant, or not this world's subject. */
  readonly quiet?: readonly PeerName[];
  /** Properties that hold in each state, or over each step. */
  readonly always: readonly PropertyName[];
  /** Properties of the state at rest, from every reachable state by steps without faults. */
  readonly eventually: readonly PropertyName[];
  /** Shown to be reached, so that no `always` holds for want of anything happening. */
  readonly sometimes: readonly WitnessName[];
  /** The TLA+ module that is this world, state for state and step for step. */
  readonly spec?: SpecName;
  /** Pinned size; absent for worlds that are only walked at random. */
  readonly states?: number;
  /** Too large to search: walked at random. */
  readonly walkOnly?: boolean;
  /** Searched only when asked for by name, or by `--deep`: minutes, not seconds. */
  readonly deep?: boolean;
}
