/** The records of R with their index: put, drop; what changed is marked for counting and reconciling. */
import { Set as PSet } from 'immutable';
import type { PodRecord, ReplicaCount, Uid } from '../../spec/vocabulary.ts';
import type { ReplicaSetContext, ReplicaSetIndex } from './context.ts';

/** The index of a ReplicaSet without records. */
export const EMPTY_INDEX: ReplicaSetIndex = {
  live: PSet(),
  unpublished: PSet(),
  terminating: PSet(),
  ready: 0,
};

const isUnpublished = (record: PodRecord | undefined) =>
  record?.phase === 'created' || record?.phase === 'bound';
const isReady = (record: PodRecord | undefined) => (record?.ready && record.phase !== 'terminating' ? 1 : 0);

function reindex(
  index: ReplicaSetIndex,
  before: PodRecord | undefined,
  after: PodRecord | undefined,
): ReplicaSetIndex {
  const uid = (after ?? before)?.uid as Uid;
  const marked = after?.phase === 'terminating';
  return {
    live: after === undefined || marked ? index.live.delete(uid) : index.live.add(uid),
    unpublished: isUnpublished(after) ? index.unpublished.add(uid) : index.unpublished.delete(uid),
    terminating: marked ? index.terminating.add(uid) : index.terminating.delete(uid),
    ready: index.ready - isReady(before) + isReady(after),
  };
}

function touch(context: ReplicaSetContext, replicaSet: string): ReplicaSetContext {
  const group = context.groupOf.get(replicaSet);
  return {
    ...context,
    recount: context.recount.add(replicaSet),
    dirty: group === undefined ? context.dirty : context.dirty.add(group),
  };
}

/** Adds or replaces a record. */
export function put(context: ReplicaSetContext, record: PodRecord): ReplicaSetContext {
  const before = context.records.get(record.uid);
  if (before === record) return context;
  const index = context.index.get(record.replicaSet) ?? EMPTY_INDEX;
  return touch(
    {
      ...context,
      records: context.records.set(record.uid, record),
      index: context.index.set(record.replicaSet, reindex(index, before, record)),
    },
    record.replicaSet,
  );
}

/** Removes a record; nothing if there is none. */
export function drop(context: ReplicaSetContext, uid: Uid): ReplicaSetContext {
  const before = context.records.get(uid);
  if (before === undefined) return context;
  const index = reindex(context.index.get(before.replicaSet) ?? EMPTY_INDEX, before, undefined);
  const isEmpty = index.live.size === 0 && index.terminating.size === 0;
  return touch(
    {
      ...context,
      records: context.records.delete(uid),
      costs: context.costs.delete(uid),
      index: isEmpty ? context.index.delete(before.replicaSet) : context.index.set(before.replicaSet, index),
    },
    before.replicaSet,
  );
}

/** What D is told of a ReplicaSet; null if R does not know whose it is. */
export function countOf(context: ReplicaSetContext, replicaSet: string): ReplicaCount | null {
  const deployment = context.replicaSets.get(replicaSet)?.deployment;
  if (deployment == null) return null;
  const { live, terminating, ready } = context.index.get(replicaSet) ?? EMPTY_INDEX;
  return { deployment, replicaSet, live: live.size, ready, terminating: terminating.size };
}

/** Counts of every ReplicaSet that R knows. */
export function allCounts(context: ReplicaSetContext): readonly ReplicaCount[] {
  return [...context.replicaSets.keys()].flatMap((uid) => countOf(context, uid) ?? []);
}
