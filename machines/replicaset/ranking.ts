/** Which Pods a scale-in ends: the ranking of the stock ReplicaSet controller (protocol 8). */
import type { PodRecord, Uid } from '../../spec/vocabulary.ts';
import { Heap } from '../heap.ts';
import type { ReplicaSetContext } from './context.ts';

const PENDING = new Set(['created', 'bound', 'accepted']);

/** What the ranking compares; the smaller goes first. Computed once, since a scale-in compares each Pod. */
interface Ranked {
  readonly record: PodRecord;
  readonly keys: readonly number[];
}

const counterOf = (uid: Uid) => Number.parseInt(uid.slice(uid.indexOf('-') + 1), 36);
const incarnationOf = (uid: Uid) =>
  uid.startsWith('r') ? Number.parseInt(uid.slice(1, uid.indexOf('-')), 36) : 0;

function sooner(a: Ranked, b: Ranked): boolean {
  for (let i = 0; i < a.keys.length; i++) {
    const difference = (a.keys[i] as number) - (b.keys[i] as number);
    // An adopted uid has no counter; the uids themselves decide.
    if (difference < 0 || difference > 0) return difference < 0;
  }
  return a.record.uid > b.record.uid;
}

/** The first `count`, in order: of 100,000 Pods one is picked without sorting the others. */
function first(all: readonly Ranked[], count: number): readonly Ranked[] {
  const last = new Heap(
    all.slice(0, count).map((ranked) => ({ ranked })),
    (a, b) => sooner(b.ranked, a.ranked),
  );
  for (let i = count; i < all.length; i++) {
    const top = last.peek();
    const candidate = all[i] as Ranked;
    if (top === undefined || !sooner(candidate, top.ranked)) continue;
    top.ranked = candidate;
    last.settle();
  }
  const chosen: Ranked[] = [];
  for (let top = last.pop(); top !== undefined; top = last.pop()) chosen.push(top.ranked);
  return chosen.reverse();
}

/**
 * Picks `count` victims among the live records of a ReplicaSet: unassigned first, then not running, not ready,
 * of lower `pod-deletion-cost`, with more of the ReplicaSet on the same node, younger. Adopted Pods, whose age R does
 * not know, are the oldest.
 */
export function victims(
  context: ReplicaSetContext,
  live: Iterable<Uid>,
  count: number,
): readonly PodRecord[] {
  const records = [...live].map((uid) => context.records.get(uid) as PodRecord);
  const onNode = new Map<string, number>();
  for (const { node } of records) if (node !== null) onNode.set(node, (onNode.get(node) ?? 0) + 1);
  const ranked = records.map(
    (record): Ranked => ({
      record,
      keys: [
        record.node === null ? 0 : 1,
        PENDING.has(record.phase) ? 0 : 1,
        record.ready ? 1 : 0,
        context.costs.get(record.uid) ?? 0,
        record.node === null ? 0 : -(onNode.get(record.node) as number),
        -incarnationOf(record.uid),
        -counterOf(record.uid),
      ],
    }),
  );
  return first(ranked, count).map(({ record }) => record);
}
