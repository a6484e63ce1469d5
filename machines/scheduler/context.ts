/** What the Scheduler stage holds: plain data with structure sharing, and the small helpers that every reducer uses. */
import { Map as IMap, Set as ISet } from 'immutable';
import type { Effect } from '../../spec/effects.ts';
import type { Constraints, NodeFact, PodFact } from '../../spec/facts.ts';
import type { Fence, Incarnation, Owner, PodRecord, Resources, Uid, Version } from '../../spec/vocabulary.ts';
import type { Cancellation } from '../ownership/cancellation.ts';
import type { DownstreamSide, UpstreamSide } from '../ownership/link/index.ts';
import type { Preemption } from '../ownership/preemption.ts';
import { addNews, NO_NEWS, type Upward } from '../ownership/upward.ts';
import { EMPTY_QUEUE, type Queue } from './queue.ts';
import { NOTHING } from './resources.ts';
import { EMPTY_ROSTER, type Roster } from './roster.ts';

/** Records of one priority on one node. */
export interface Level {
  readonly count: number;
  readonly room: Resources;
}

/** Counters over the records of one node; they change with each record, so a step never counts afresh. */
export interface Ledger {
  readonly pods: ISet<Uid>;
  /** Requests of all records, tombstones too. */
  readonly used: Resources;
  /** Requests of the tombstones alone. */
  readonly ending: Resources;
  /** Live records by priority: who might be preempted. */
  readonly live: IMap<number, Level>;
}
/** A node with no record. */
export const EMPTY_LEDGER: Ledger = { pods: ISet(), used: NOTHING, ending: NOTHING, live: IMap() };

/** A Node on which an agent has registered itself. */
export interface NodeEntry {
  readonly fact: NodeFact;
  /** Seen by the watch under the same name and another uid, while the old one is being cancelled. */
  readonly successor: NodeFact | null;
  /** The watch shows it gone. */
  readonly vanished: boolean;
  readonly link: UpstreamSide;
  readonly cancellation: Cancellation;
}

/** What of a ReplicaSet S reads. */
export interface Template {
  readonly constraints: Constraints;
  readonly ineligible: readonly string[];
}

/** What goes to one node at the end of a step. */
export interface Outbox {
  readonly assign: readonly PodRecord[];
  readonly terminate: readonly Uid[];
  readonly invalidated: number;
}

/** Where room may have appeared since the queue was last run. */
export interface Stirred {
  readonly everywhere: boolean;
  readonly nodes: ISet<string>;
}
/** What finds no room goes the stock way (`unplaced.ts`). */
export interface HandOver {
  /** Whether S hands over at all. */
  readonly isOn: boolean;
  /** Pods whose object is being created unbound. */
  readonly handing: ISet<Uid>;
  /** Managed Pods without a stamp, as the watch shows them, by `metadata.uid`. */
  readonly shown: IMap<string, PodFact>;
  /** Those for which S answers: their uid here. */
  readonly held: IMap<string, Uid>;
  /** Those of which a K has told: they are its Pods. */
  readonly reported: ISet<string>;
  /** Deletes of S whose fate is not known, by `metadata.uid`. */
  readonly asked: ISet<string>;
  /** Nodes without an agent. */
  readonly bare: ISet<string>;
  /** ReplicaSets whose `handOver` timer runs. */
  readonly clocks: ISet<string>;
  /** ReplicaSet → what had been bound and had yet to come up when its clock ran out: it runs once more. */
  readonly awaited: IMap<string, ISet<Uid>>;
  /** The watch has yet to show what stands: R may not connect before. */
  readonly unseen: boolean;
}

/** Nothing changed. */
export const STILL: Stirred = { everywhere: false, nodes: ISet() };

/** The state of the Scheduler stage. */
export interface Context {
  readonly incarnation: Incarnation;
  readonly mutants: ReadonlySet<string>;
  readonly owner: Owner;
  /** Counter of the versions that S gives. */
  readonly counter: number;
  readonly records: IMap<Uid, PodRecord>;
  readonly nodes: IMap<string, NodeEntry>;
  readonly ledgers: IMap<string, Ledger>;
  readonly templates: IMap<string, Template>;
  /** Live placed records by priority. */
  readonly priorities: IMap<number, number>;
  readonly queue: Queue;
  readonly preemptions: IMap<Uid, Preemption>;
  /** Awaited uid → its preemptors. */
  readonly awaited: IMap<Uid, ISet<Uid>>;
  /** Room kept for preemptors, by node. */
  readonly reserved: IMap<string, Resources>;
  /** Unmanaged Pods by `metadata.uid`, and what they take by node. */
  readonly unmanaged: IMap<string, { readonly node: string; readonly requests: Resources }>;
  readonly unmanagedRoom: IMap<string, Resources>;
  /** `<node>/<ReplicaSet>` that refused a short while ago. */
  readonly cooling: ISet<string>;
  /** ReplicaSets whose `noRoom` timer was started. */
  readonly noRoom: ISet<string>;
  readonly handOver: HandOver;
  readonly stirred: Stirred;
  /** The open nodes as placement looks at them, but for the changes of `moved`. */
  readonly roster: Roster;
  /** Nodes whose link was open once, or that were cancelled, in this incarnation. */
  readonly reached: ISet<string>;
  /** Registered Nodes of the first list that are not yet reached; null before the list. */
  readonly barrier: ISet<string> | null;
  readonly upstream: DownstreamSide;
  /** News since `Offer`. */
  readonly queued: Upward;
  /** The highest newer mark seen: the own Lease is being read. */
  readonly newerMark: Fence | null;
  // ---- of this step only --------------------------------------------------------------------------------
  /** Nodes of which something that the roster tells has changed: openness, capacity, what is taken. */
  readonly moved: ISet<string>;
  readonly news: Upward;
  /** Taken from R in this step: told as `Assigned`, with what became of them in it. */
  readonly arrived: readonly Uid[];
  readonly outbox: IMap<string, Outbox>;
  readonly effects: readonly Effect[];
}

/** Appends effects. */
export function emit(context: Context, ...effects: readonly Effect[]): Context {
  return effects.length === 0 ? context : { ...context, effects: [...context.effects, ...effects] };
}

/** Adds news for R. */
export function tell(context: Context, news: Partial<Upward>): Context {
  return { ...context, news: addNews(context.news, news) };
}

/** Adds to what goes to a node at the end of the step. */
export function post(context: Context, node: string, more: Partial<Outbox>): Context {
  const before = context.outbox.get(node) ?? { assign: [], terminate: [], invalidated: 0 };
  const after: Outbox = {
    assign: more.assign === undefined ? before.assign : [...before.assign, ...more.assign],
    terminate: more.terminate === undefined ? before.terminate : [...before.terminate, ...more.terminate],
    invalidated: before.invalidated + (more.invalidated ?? 0),
  };
  return { ...context, outbox: context.outbox.set(node, after) };
}

/** A version given by S. */
export function version(context: Context, counter: number): Version {
  return { stage: 'scheduler', incarnation: context.incarnation, counter };
}

/** Says that room may have appeared on a node, or everywhere. */
export function stir(context: Context, node: string | null): Context {
  const { stirred } = context;
  if (stirred.everywhere) return context;
  return {
    ...context,
    stirred:
      node === null ? { everywhere: true, nodes: ISet() } : { ...stirred, nodes: stirred.nodes.add(node) },
  };
}

/** Keeps what is known of a node. */
export function setNode(context: Context, name: string, entry: NodeEntry): Context {
  return { ...context, nodes: context.nodes.set(name, entry), moved: context.moved.add(name) };
}

/** A stage that knows nothing. */
export function emptyContext(
  incarnation: Incarnation,
  mutants: ReadonlySet<string>,
  upstream: DownstreamSide,
  handsOver = false,
): Context {
  return {
    incarnation,
    mutants,
    owner: 'direct',
    counter: 0,
    records: IMap(),
    nodes: IMap(),
    ledgers: IMap(),
    templates: IMap(),
    priorities: IMap(),
    queue: EMPTY_QUEUE,
    preemptions: IMap(),
    awaited: IMap(),
    reserved: IMap(),
    unmanaged: IMap(),
    unmanagedRoom: IMap(),
    cooling: ISet(),
    noRoom: ISet(),
    handOver: {
      isOn: handsOver,
      handing: ISet(),
      shown: IMap(),
      held: IMap(),
      reported: ISet(),
      asked: ISet(),
      bare: ISet(),
      clocks: ISet(),
      awaited: IMap(),
      unseen: handsOver && !mutants.has('standing-unawaited'),
    },
    stirred: STILL,
    roster: EMPTY_ROSTER,
    moved: ISet(),
    reached: ISet(),
    barrier: null,
    upstream,
    queued: NO_NEWS,
    newerMark: null,
    news: NO_NEWS,
    arrived: [],
    outbox: IMap(),
    effects: [],
  };
}
