/** Which Pods a scale-in ends: the ranking of the stock ReplicaSet controller (protocol 8). */
import type { PodRecord, Uid } from '../../spec/vocabulary.ts';
import type { ReplicaSetContext } from './context.ts';

const PENDING = new Set(['created', 'bound', 'accepted']);
const counterOf = (uid: Uid) => Number.parseInt(uid.slice(uid.indexOf('-') + 1), 36);
const incarnationOf = (uid: Uid) =>
  uid.startsWith('r') ? Number.parseInt(uid.slice(1, uid.indexOf('-')), 36) : 0;

/** Positive if `a` is younger. Adopted Pods, whose age R does not know, are the oldest. */
function byAge(a: Uid, b: Uid): number {
  return incarnationOf(a) - incarnationOf(b) || counterOf(a) - counterOf(b) || (a < b ? -1 : 1);
}

/**
 * Picks `count` victims among the live records of a ReplicaSet: unassigned first, then not running, not ready,
 * of lower `pod-deletion-cost`, with more of the ReplicaSet on the same node, younger.
 */
export function victims(
  context: ReplicaSetContext,
  live: Iterable<Uid>,
  count: number,
): readonly PodRecord[] {
  const records = [...live].map((uid) => context.records.get(uid) as PodRecord);
  const onNode = new Map<string, number>();
  for (const { node } of records) if (node !== null) onNode.set(node, (onNode.get(node) ?? 0) + 1);
  const keys = (record: PodRecord): readonly number[] => [
    record.node === null ? 0 : 1,
    PENDING.has(record.phase) ? 0 : 1,
    record.ready ? 1 : 0,
    context.costs.get(record.uid) ?? 0,
    record.node === null ? 0 : -(onNode.get(record.node) as number),
  ];
  const ranked = records.map((record) => ({ record, keys: keys(record) }));
  ranked.sort((a, b) => {
    for (let i = 0; i < a.keys.length; i++) {
      const difference = (a.keys[i] as number) - (b.keys[i] as number);
      if (difference !== 0) return difference;
    }
    return byAge(b.record.uid, a.record.uid);
  });
  return ranked.slice(0, count).map(({ record }) => record);
}
