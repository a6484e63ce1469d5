/** The records of R with their index: put, drop; what changed is marked for counting and reconciling. */
import { Set as PSet } from 'immutable';
import type { PodFact } from '../../spec/facts.ts';
import type { PodRecord, ReplicaCount, Uid } from '../../spec/vocabulary.ts';
import { adoptedObject, adoptedUid } from '../ownership/adoption.ts';
import type { ReplicaSetContext, ReplicaSetIndex } from './context.ts';
import { EMPTY_RANKING, type Move, rerank, type Standing, standingOf } from './ranking.ts';

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

/** A record as it was and as it is; undefined where there is none. */
type Change = readonly [before: PodRecord | undefined, after: PodRecord | undefined];

function note(set: PSet<Uid>, uid: Uid, was: boolean, is: boolean): void {
  if (was === is) return;
  if (is) set.add(uid);
  else set.delete(uid);
}

/** The index of a ReplicaSet after some of its records changed, in their order. */
function reindex(
  index: ReplicaSetIndex,
  changes: readonly Change[],
  costs: ReplicaSetContext['costs'],
): ReplicaSetIndex {
  let { live, ready } = index;
  const moves: Move[] = [];
  const unpublished = index.unpublished.asMutable();
  const terminating = index.terminating.asMutable();
  for (const [before, after] of changes) {
    const uid = (after ?? before)?.uid as Uid;
    const cost = costs.get(uid) ?? 0;
    const [stood, stands] = [standing(before, cost), standing(after, cost)];
    moves.push([stood, stands]);
    live += (stands === null ? 0 : 1) - (stood === null ? 0 : 1);
    ready += isReady(after) - isReady(before);
    note(unpublished, uid, isUnpublished(before), isUnpublished(after));
    note(terminating, uid, before?.phase === 'terminating', after?.phase === 'terminating');
  }
  return {
    live,
    ranking: rerank(index.ranking, moves),
    unpublished: unpublished.asImmutable(),
    terminating: terminating.asImmutable(),
    ready,
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

function touch(context: ReplicaSetContext, replicaSets: Iterable<string>): ReplicaSetContext {
  let { recount, dirty } = context;
  for (const replicaSet of replicaSets) {
    const group = context.groupOf.get(replicaSet);
    recount = recount.add(replicaSet);
    if (group !== undefined) dirty = dirty.add(group);
  }
  return { ...context, recount, dirty };
}

/** Adds or replaces records, in their order. */
export function putAll(context: ReplicaSetContext, some: readonly PodRecord[]): ReplicaSetContext {
  const changes = new Map<string, Change[]>();
  const records = context.records.asMutable();
  const adopted = context.adopted.asMutable();
  for (const record of some) {
    const { uid, replicaSet } = record;
    const before = records.get(uid);
    if (before === record) continue;
    records.set(uid, record);
    const object = adoptedObject(uid);
    if (object !== null) adopted.set(object, uid);
    const known = changes.get(replicaSet);
    if (known === undefined) changes.set(replicaSet, [[before, record]]);
    else known.push([before, record]);
  }
  if (changes.size === 0) return context;
  let { index } = context;
  for (const [replicaSet, those] of changes)
    index = index.set(replicaSet, reindex(index.get(replicaSet) ?? EMPTY_INDEX, those, context.costs));
  const next = { ...context, records: records.asImmutable(), adopted: adopted.asImmutable(), index };
  return touch(next, changes.keys());
}

/** Adds or replaces a record. */
export const put = (context: ReplicaSetContext, record: PodRecord) => putAll(context, [record]);

/** Removes a record; nothing if there is none. */
export function drop(context: ReplicaSetContext, uid: Uid): ReplicaSetContext {
  const before = context.records.get(uid);
  if (before === undefined) return context;
  const known = context.index.get(before.replicaSet) ?? EMPTY_INDEX;
  const index = reindex(known, [[before, undefined]], context.costs);
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
    [before.replicaSet],
  );
}

/** Keeps the deletion cost of a Pod that R holds. */
export function setCost(context: ReplicaSetContext, record: PodRecord, cost: number): ReplicaSetContext {
  const { uid, replicaSet } = record;
  const before = context.costs.get(uid) ?? 0;
  if (before === cost) return context;
  const index = context.index.get(replicaSet) ?? EMPTY_INDEX;
  const ranking = rerank(index.ranking, [[standing(record, before), standing(record, cost)]]);
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
