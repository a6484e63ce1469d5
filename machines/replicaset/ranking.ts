/**
 * Which Pods a scale-in ends: the ranking of the stock ReplicaSet controller (protocol 8).
 *
 * Unassigned first, then not running, not ready, of lower `pod-deletion-cost`, with more of the ReplicaSet on the same
 * node, younger. Adopted Pods, whose age R does not know, are the oldest.
 *
 * Kept as the records change, so that a scale-in looks at those that it ends and not at all. Pods of one node that
 * only their age tells apart are a *bucket*: one more Pod on a node moves its few buckets, not its Pods.
 */
import { Map as PMap } from 'immutable';
import type { PodRecord, Uid } from '../../spec/vocabulary.ts';
import { Heap } from '../heap.ts';
import { type SortedEdit, type SortedSet, sortedSet } from '../sorted.ts';

const PENDING = new Set(['created', 'bound', 'accepted']);

/** Where a live Pod stands: its node and, least first, what the ranking compares before the node's crowd. */
export interface Standing {
  readonly uid: Uid;
  readonly node: string | null;
  /** Assigned, running, ready: 0 or 1 each; then the deletion cost. */
  readonly keys: readonly [number, number, number, number];
}

/** Pods of one node that only their age tells apart. */
interface Bucket {
  readonly node: string | null;
  readonly keys: Standing['keys'];
  /** How many live Pods of the ReplicaSet are on the node; 0 for the unassigned. */
  readonly crowd: number;
  readonly pods: SortedSet<Uid>;
}

/** The live Pods of one ReplicaSet in the order in which a scale-in ends them. */
export interface Ranking {
  readonly nodes: PMap<string | null, readonly Bucket[]>;
  readonly order: SortedSet<Bucket>;
}

/** The younger first; uids of R are `r<incarnation>-<counter>` in base 36, so the longer number is the greater. */
function byAge(a: Uid, b: Uid): number {
  if (a === b) return 0;
  const [dash, other] = [dashOf(a), dashOf(b)];
  if (dash !== other) return other - dash;
  if (dash > 0 && a.length !== b.length) {
    const [mine, theirs] = [a.slice(0, dash), b.slice(0, dash)];
    if (mine === theirs) return b.length - a.length;
  }
  return a > b ? -1 : 1;
}
/** Where the incarnation ends; 0 for an adopted uid. */
const dashOf = (uid: Uid) => (uid.startsWith('r') ? uid.indexOf('-') : 0);

/** What the ranking compares of a Pod. */
interface Ranked {
  readonly keys: Standing['keys'];
  readonly crowd: number;
  readonly uid: Uid;
}

function byRank(a: Ranked, b: Ranked): number {
  for (let i = 0; i < a.keys.length; i++) {
    const difference = (a.keys[i] as number) - (b.keys[i] as number);
    if (difference !== 0) return difference;
  }
  return b.crowd - a.crowd || byAge(a.uid, b.uid);
}

const headOf = ({ keys, crowd, pods }: Bucket): Ranked => ({ keys, crowd, uid: pods.first() as Uid });

/** Nobody. */
export const EMPTY_RANKING: Ranking = {
  nodes: PMap(),
  order: sortedSet<Bucket>((a, b) => byRank(headOf(a), headOf(b))),
};

/** Where a live record stands. */
export function standingOf(record: PodRecord, cost: number): Standing {
  return {
    uid: record.uid,
    node: record.node,
    // What S answers for it places nowhere itself: `accepted`, it is bound (7).
    keys: [
      record.node === null && record.phase !== 'accepted' ? 0 : 1,
      PENDING.has(record.phase) ? 0 : 1,
      record.ready ? 1 : 0,
      cost,
    ],
  };
}

/** A bucket under change. */
interface OpenBucket {
  readonly keys: Standing['keys'];
  /** As it was before; null of one that is new. */
  readonly before: Bucket | null;
  /** Null as long as nothing of it has changed. */
  pods: SortedEdit<Uid> | null;
}

const open = (bucket: Bucket): OpenBucket => ({ keys: bucket.keys, before: bucket, pods: null });
const NOBODY = sortedSet(byAge);

function podsOf(bucket: OpenBucket): SortedEdit<Uid> {
  bucket.pods ??= (bucket.before?.pods ?? NOBODY).edit();
  return bucket.pods;
}

function bucketOf(buckets: readonly OpenBucket[], { keys }: Standing): OpenBucket | undefined {
  const [assigned, running, ready, cost] = keys;
  return buckets.find(
    ({ keys: [a, r, d, c] }) => a === assigned && r === running && d === ready && c === cost,
  );
}

function enter(buckets: OpenBucket[], come: Standing): void {
  let bucket = bucketOf(buckets, come);
  if (bucket === undefined) {
    bucket = { keys: come.keys, before: null, pods: null };
    buckets.push(bucket);
  }
  podsOf(bucket).add(come.uid);
}

function leave(buckets: OpenBucket[], gone: Standing): void {
  const bucket = bucketOf(buckets, gone);
  if (bucket === undefined) return;
  const pods = podsOf(bucket);
  pods.remove(gone.uid);
  if (pods.size === 0) buckets.splice(buckets.indexOf(bucket), 1);
}

function closed(node: string | null, { keys, before, pods }: OpenBucket): Bucket {
  if (pods === null && before !== null) return before;
  return { node, keys, crowd: before?.crowd ?? 0, pods: pods?.done() ?? NOBODY };
}

/** Puts the buckets of a node where they belong, with the crowd as it is now. */
function replace(ranking: Ranking, node: string | null, buckets: readonly Bucket[]): Ranking {
  const before = ranking.nodes.get(node) ?? [];
  const crowd = node === null ? 0 : buckets.reduce((sum, { pods }) => sum + pods.size, 0);
  const after = buckets.map((bucket) => (bucket.crowd === crowd ? bucket : { ...bucket, crowd }));
  let { order } = ranking;
  for (const bucket of before) if (!after.includes(bucket)) order = order.remove(bucket);
  for (const bucket of after) if (!before.includes(bucket)) order = order.add(bucket);
  const nodes = after.length === 0 ? ranking.nodes.delete(node) : ranking.nodes.set(node, after);
  return { nodes, order };
}

/** A Pod comes (`before` is null), goes (`after` is null), or stands elsewhere. */
export type Move = readonly [before: Standing | null, after: Standing | null];

const isSame = ([before, after]: Move) =>
  before !== null &&
  after !== null &&
  before.node === after.node &&
  before.keys.every((key, i) => key === after.keys[i]);

/** The ranking after some Pods changed, in their order. The buckets of each node are put where they belong once. */
export function rerank(ranking: Ranking, moves: readonly Move[]): Ranking {
  const moved = new Map<string | null, OpenBucket[]>();
  const on = (node: string | null) => {
    let buckets = moved.get(node);
    if (buckets === undefined) {
      buckets = (ranking.nodes.get(node) ?? []).map(open);
      moved.set(node, buckets);
    }
    return buckets;
  };
  for (const move of moves) {
    if (isSame(move)) continue;
    const [before, after] = move;
    if (before !== null) leave(on(before.node), before);
    if (after !== null) enter(on(after.node), after);
  }
  let next = ranking;
  for (const [node, buckets] of moved)
    next = replace(
      next,
      node,
      buckets.map((bucket) => closed(node, bucket)),
    );
  return next;
}

/** The first of a bucket that are not yet chosen. */
interface Cursor extends Ranked {
  uid: Uid;
  readonly rest: Iterator<Uid>;
}

function cursorOf({ keys, crowd, pods }: Bucket): Cursor {
  const rest = pods[Symbol.iterator]();
  return { keys, crowd, uid: rest.next().value as Uid, rest };
}

/** The first `count` Pods, in order. */
export function firstOf({ order }: Ranking, count: number): readonly Uid[] {
  const chosen: Uid[] = [];
  const open = new Heap<Cursor>([], (a, b) => byRank(a, b) < 0);
  const buckets = order[Symbol.iterator]();
  let bucket = buckets.next();
  while (chosen.length < count) {
    for (; bucket.done !== true; bucket = buckets.next()) {
      const top = open.peek();
      if (top !== undefined && byRank(top, headOf(bucket.value)) < 0) break;
      open.push(cursorOf(bucket.value));
    }
    const top = open.peek();
    if (top === undefined) break;
    chosen.push(top.uid);
    const next = top.rest.next();
    if (next.done === true) open.pop();
    else {
      top.uid = next.value;
      open.settle();
    }
  }
  return chosen;
}

/** The first `count` of some of the Pods, in order; looks at each of them. */
export function firstAmong({ nodes }: Ranking, some: readonly Standing[], count: number): readonly Uid[] {
  const crowds = new Map<string | null, number>();
  for (const { node } of some) if (!crowds.has(node)) crowds.set(node, nodes.get(node)?.[0]?.crowd ?? 0);
  return some
    .map(({ uid, node, keys }): Ranked => ({ uid, keys, crowd: crowds.get(node) as number }))
    .sort(byRank)
    .slice(0, count)
    .map(({ uid }) => uid);
}
