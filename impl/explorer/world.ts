/**
 * A world: everything that is, as one immutable value. Processes (lives of stages), the network, the API Server cut
 * down to facts, containers, journals, what is under way, fault budgets left, and history.
 *
 * No part is ever mutated, so that worlds share what they have in common.
 */
import type { Connection, Network, ProcessId } from '../../machines/environment/network.ts';
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { DeploymentFact, NodeFact, PodFact, ReplicaSetFact, SwitchFact } from '../../spec/facts.ts';
import type { JournalState } from '../../spec/journal.ts';
import type { Acknowledgement, History, LinkEnd, RecordView } from '../../spec/properties/index.ts';
import type { Stage } from '../../spec/stage.ts';
import type { TimerName } from '../../spec/timers.ts';
import type { Incarnation, LinkName, Owner, PeerName, Uid, Want } from '../../spec/vocabulary.ts';
import type { WorldDescription } from '../../spec/worlds/description.ts';

export type { Connection, Network, ProcessId };

/** What the explorer reads off a stage's state for the properties. */
export interface Observation {
  readonly records: readonly RecordView[];
  readonly links: readonly LinkEnd[];
  readonly wants: readonly Want[];
  /** Of those, the wants that this life made itself, on somebody's request. */
  readonly minted?: readonly Want[];
  /** A: requests that wait, each with the Deployment's generation when it was made. */
  readonly waiting?: ReadonlyMap<string, number>;
  readonly preemptions: ReadonlyMap<Uid, readonly Uid[]>;
  /** R: the ReplicaSets as it has seen them. */
  readonly replicaSets?: readonly ReplicaSetFact[];
}

/** A stage as the explorer runs it. */
export interface StageUnderTest {
  // biome-ignore lint/suspicious/noExplicitAny: states of all stages are opaque here
  readonly stage: Stage<any>;
  /** Plain JSON, equal for equal states. */
  readonly view: (state: never) => unknown;
  readonly observe: (state: never) => Observation;
  /** Stubs: what it can be prompted to do now, each for a budget. */
  readonly prompts?: (state: never) => readonly string[];
  /** Stubs: what it does in its own time. */
  readonly dues?: (state: never) => readonly string[];
}

/** A consistent read, or an answer, on its way to a process: any of the candidates may be what arrives. */
export interface Pending {
  /** Reads go on seeing changes until they are answered; null if the answer is fixed. */
  readonly reads: Effect | null;
  /** Distinct; the last is the newest. */
  readonly candidates: readonly StageEvent[];
}

/** A write that has left its process and has not yet been done. */
export interface Flight {
  readonly by: ProcessId;
  readonly peer: PeerName;
  readonly incarnation: Incarnation;
  readonly effect: Effect;
}

/** A wish to be connected. */
export interface Dial {
  readonly link: LinkName;
  readonly peer: PeerName;
  readonly n: number;
}

/** The facts that a watch can tell of. */
export type Fact = NodeFact | PodFact | DeploymentFact | ReplicaSetFact | SwitchFact;

/** One life of a stage. */
export interface Process {
  readonly id: ProcessId;
  readonly peer: PeerName;
  readonly incarnation: Incarnation;
  readonly state: unknown;
  readonly pending: readonly Pending[];
  readonly timers: readonly TimerName[];
  readonly dials: readonly Dial[];
  /** What its watches last told, by kind and name. */
  readonly seen: Readonly<Record<string, Fact>>;
  /** Objects that came and went since; its watches tell of them all the same. */
  readonly passed: Readonly<Record<string, Fact>>;
}

/** The API Server, as facts. */
export interface Api {
  readonly leases: Readonly<Record<string, Incarnation>>;
  /** On Leases and Nodes: what each stage acknowledged last of the owner switch. */
  readonly acknowledged: Readonly<Record<string, Acknowledgement>>;
  readonly nodes: Readonly<Record<string, NodeFact>>;
  readonly deployments: Readonly<Record<string, DeploymentFact>>;
  readonly replicaSets: Readonly<Record<string, ReplicaSetFact>>;
  /** Templates without the label. */
  readonly unmanaged: readonly string[];
  readonly pods: Readonly<Record<string, PodFact>>;
  readonly switch: SwitchFact;
  /** The owner that one of the API servers goes by until it has seen the switch; null if all have. */
  readonly lagging: Owner | null;
}

/** Containers of one Pod: a start and a stop take time. */
export type ContainerState = 'starting' | 'running' | 'stopping';

/** What is left to spend. */
export interface Budgets {
  readonly crash: Readonly<Record<string, number>>;
  readonly usurp: Readonly<Record<string, number>>;
  readonly nodeCrash: Readonly<Record<string, number>>;
  readonly journalLost: Readonly<Record<string, number>>;
  readonly gap: Readonly<Record<string, number>>;
  readonly timers: Readonly<Record<string, number>>;
  readonly relist: number;
  readonly break: number;
  readonly linger: number;
  readonly duplicate: number;
  readonly clockBack: number;
  readonly exit: number;
  readonly lostReply: number;
  readonly refused: number;
  readonly lag: number;
  /** Null: no limit. */
  readonly misdial: number | null;
  readonly prompts: Readonly<Record<string, number>>;
}

/** What never changes in a world. */
export interface Setting {
  readonly description: WorldDescription;
  readonly stages: Readonly<Record<PeerName, StageUnderTest>>;
  readonly mutants: ReadonlySet<string>;
}

/** Everything that is. */
export interface World {
  readonly processes: Readonly<Record<ProcessId, Process>>;
  /** Lives to begin: the peer, and the number to start above. */
  readonly down: Readonly<Record<string, Incarnation>>;
  /** Starts of each peer so far. */
  readonly lives: Readonly<Record<string, number>>;
  readonly network: Network;
  readonly api: Api;
  readonly flights: readonly Flight[];
  readonly journals: Readonly<Record<string, JournalState>>;
  /** Node → uid → state (`runs`), or Pod name → state (`publish`). */
  readonly containers: Readonly<Record<string, Readonly<Record<string, ContainerState>>>>;
  /** Acts of the script done so far. */
  readonly acts: number;
  readonly budgets: Budgets;
  readonly history: History;
}

/** One step of one process, for traces. */
export interface StepRecord {
  readonly process: ProcessId;
  readonly peer: PeerName;
  readonly incarnation: Incarnation;
  /** Null at a start. */
  readonly event: StageEvent | null;
  readonly effects: readonly Effect[];
  /** Effects carried out before a crash; absent if all were. */
  readonly crashedAfter?: number;
}

/** A world with one entry of a record changed (or removed, by undefined). */
export function withEntry<T>(
  record: Readonly<Record<string, T>>,
  key: string,
  value: T | undefined,
): Readonly<Record<string, T>> {
  if (value !== undefined) return { ...record, [key]: value };
  const { [key]: _, ...rest } = record;
  return rest;
}

/** A process with changes. */
export function withProcess(world: World, id: ProcessId, change: (process: Process) => Process): World {
  const process = world.processes[id];
  if (process === undefined) return world;
  return { ...world, processes: { ...world.processes, [id]: change(process) } };
}

/** The name of K's node. */
export function nodeOf(peer: PeerName): string {
  return peer.slice('kubelet/'.length);
}

/** Whether the peer is a tail. */
export function isTail(peer: PeerName): boolean {
  return peer.startsWith('kubelet/');
}
