/** The records of R with their index: put, drop; what changed is marked for counting and reconciling. */
import { Set as PSet } from 'immutable';
import type { PodFact } from '../../spec/facts.ts';
import type { PodRecord, ReplicaCount, Uid } from '../../spec/vocabulary.ts';
import { adoptedObject, adoptedUid } from '../ownership/adoption.ts';
import type { ReplicaSetContext, ReplicaSetIndex } from './context.ts';
import { EMPTY_RANKING, rerank, type Standing, standingOf } from './ranking.ts';

/** The index of a ReplicaSet without records. */
export const EMPTY_INDEX: ReplicaSetIndex = {
  live: 0,
  ranking: EMPTY_RANKING,
  unpublished: PSet(),
  terminating: PSet(),
  ready: 0,
};

const isUnpublished = (record: PodRecord | undefined) =>
  record?.phase === 'created' || record?.phase === 'bound';
const isReady = (record: PodRecord | undefined) => (record?.ready && record.phase !== 'terminating' ? 1 : 0);

function standing(record: PodRecord | undefined, cost: number): Standing | null {
  return record === undefined || record.phase === 'terminating' ? null : standingOf(record, cost);
}

function reindex(
  index: ReplicaSetIndex,
  before: PodRecord | undefined,
  after: PodRecord | undefined,
  cost: number,
): ReplicaSetIndex {
  const uid = (after ?? before)?.uid as Uid;
  const marked = after?.phase === 'terminating';
  const [stood, stands] = [standing(before, cost), standing(after, cost)];
  return {
    live: index.live - (stood === null ? 0 : 1) + (stands === null ? 0 : 1),
    ranking: rerank(index.ranking, stood, stands),
    unpublished: isUnpublished(after) ? index.unpublished.add(uid) : index.unpublished.delete(uid),
    terminating: marked ? index.terminating.add(uid) : index.terminating.delete(uid),
    ready: index.ready - isReady(before) + isReady(after),
  };
}

/** The uid under which the chain knows an object: its stamp, or the one it is adopted under; null if it knows none. */
export function knownAs({ config, records, adopted }: ReplicaSetContext, pod: PodFact): Uid | null {
  const { uid, metadataUid } = pod;
  if (uid !== null && records.has(uid)) return uid;
  if (config.mutants?.has('adopted-by-first-uid'))
    return records.get(adoptedUid(metadataUid, null))?.uid ?? null;
  return adopted.get(metadataUid) ?? null;
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
  const cost = context.costs.get(record.uid) ?? 0;
  const object = adoptedObject(record.uid);
  return touch(
    {
      ...context,
      records: context.records.set(record.uid, record),
      adopted: object === null ? context.adopted : context.adopted.set(object, record.uid),
      index: context.index.set(record.replicaSet, reindex(index, before, record, cost)),
    },
    record.replicaSet,
  );
}

/** Removes a record; nothing if there is none. */
export function drop(context: ReplicaSetContext, uid: Uid): ReplicaSetContext {
  const before = context.records.get(uid);
  if (before === undefined) return context;
  const cost = context.costs.get(uid) ?? 0;
  const index = reindex(context.index.get(before.replicaSet) ?? EMPTY_INDEX, before, undefined, cost);
  const object = adoptedObject(uid);
  const isNewest = object !== null && context.adopted.get(object) === uid;
  const isEmpty = index.live === 0 && index.terminating.size === 0;
  return touch(
    {
      ...context,
      records: context.records.delete(uid),
      adopted: isNewest ? context.adopted.delete(object) : context.adopted,
      costs: context.costs.delete(uid),
      index: isEmpty ? context.index.delete(before.replicaSet) : context.index.set(before.replicaSet, index),
    },
    before.replicaSet,
  );
}

/** Keeps the deletion cost of a Pod that R holds. */
export function setCost(context: ReplicaSetContext, record: PodRecord, cost: number): ReplicaSetContext {
  const { uid, replicaSet } = record;
  const before = context.costs.get(uid) ?? 0;
  if (before === cost) return context;
  const index = context.index.get(replicaSet) ?? EMPTY_INDEX;
  const ranking = rerank(index.ranking, standing(record, before), standing(record, cost));
  return {
    ...context,
    costs: cost === 0 ? context.costs.delete(uid) : context.costs.set(uid, cost),
    index: context.index.set(replicaSet, { ...index, ranking }),
  };
}

/** What D is told of a ReplicaSet; null if it is stock's own, or R does not know whose it is. */
export function countOf(context: ReplicaSetContext, replicaSet: string): ReplicaCount | null {
  const { deployment, unmanaged } = context.replicaSets.get(replicaSet) ?? { deployment: null };
  if (deployment === null || unmanaged) return null;
  const { live, terminating, ready } = context.index.get(replicaSet) ?? EMPTY_INDEX;
  return { deployment, replicaSet, live, ready, terminating: terminating.size };
}

/** Counts of every ReplicaSet that R knows. */
export function allCounts(context: ReplicaSetContext): readonly ReplicaCount[] {
  return [...context.replicaSets.keys()].flatMap((uid) => countOf(context, uid) ?? []);
}
