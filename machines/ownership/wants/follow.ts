/**
 * *follow*: R obeys `ReplicaSet.spec.replicas` of each, within limits for the Deployment as a whole (protocol 8).
 */
import type { ReplicaSetFact } from '../../../spec/facts.ts';
import type { Target } from './targets.ts';

/** Newest first: what may be created goes to the newest ReplicaSet, what may be ended comes from the oldest. */
function newestFirst(a: ReplicaSetFact, b: ReplicaSetFact): number {
  return b.revisionNumber - a.revisionNumber || (a.uid < b.uid ? -1 : 1);
}

/**
 * Each ReplicaSet at its own `spec.replicas`.
 * @param limits - how many Pods of all of them may be created and ended; Infinity is no limit
 * @internal
 */
export function follow(
  replicaSets: readonly ReplicaSetFact[],
  live: ReadonlyMap<string, number>,
  limits: { readonly create: number; readonly end: number },
): readonly Target[] {
  const ordered = [...replicaSets].sort(newestFirst);
  const create = share(ordered, limits.create, (each) => each.replicas - (live.get(each.uid) ?? 0));
  const end = share(ordered.toReversed(), limits.end, (each) => (live.get(each.uid) ?? 0) - each.replicas);
  return ordered.map((each) => ({
    replicaSet: each.uid,
    wanted: each.replicas,
    mayCreate: create.get(each.uid) ?? 0,
    mayEnd: end.get(each.uid) ?? 0,
    ends: 'any',
  }));
}

/** Hands out a limit in order, to each at most what it needs. */
function share(
  ordered: readonly ReplicaSetFact[],
  limit: number,
  need: (each: ReplicaSetFact) => number,
): ReadonlyMap<string, number> {
  const given = new Map<string, number>();
  let left = limit;
  for (const each of ordered) {
    const amount = Math.min(left, Math.max(0, need(each)));
    given.set(each.uid, amount);
    left -= amount;
  }
  return given;
}
