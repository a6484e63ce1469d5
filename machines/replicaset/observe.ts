/** What R sees of the API Server: ReplicaSets, Pods (cost, strays), the owner switch, answers and timers. */
import { Set as PSet } from 'immutable';
import type { PodFact, ReplicaSetFact, SwitchFact } from '../../spec/facts.ts';
import type { PodRecord } from '../../spec/vocabulary.ts';
import {
  answered,
  asking,
  isComplete,
  isDoubtful,
  noteShown,
  noteVanished,
  takeAbsent,
} from '../ownership/lists.ts';
import { compareResourceVersions } from '../ownership/wants/base.ts';
import type { ReplicaSetContext } from './context.ts';
import { emit } from './context.ts';
import { EMPTY_INDEX, knownAs, setCost } from './records.ts';

const orphanGroup = (uid: string) => `orphan/${uid}`;
const groupFor = (fact: ReplicaSetFact) => fact.deployment ?? orphanGroup(fact.uid);

function leave(context: ReplicaSetContext, uid: string): ReplicaSetContext {
  const group = context.groupOf.get(uid);
  if (group === undefined) return context;
  const members = (context.groups.get(group) ?? PSet<string>()).delete(uid);
  const isOver = members.size === 0;
  return {
    ...context,
    groupOf: context.groupOf.delete(uid),
    groups: isOver ? context.groups.delete(group) : context.groups.set(group, members),
    holds: isOver ? context.holds.delete(group) : context.holds,
    gone: isOver ? context.gone.delete(group) : context.gone,
    dirty: context.dirty.add(group),
  };
}

function join(context: ReplicaSetContext, uid: string, group: string): ReplicaSetContext {
  return {
    ...context,
    groupOf: context.groupOf.set(uid, group),
    groups: context.groups.set(group, (context.groups.get(group) ?? PSet<string>()).add(uid)),
    dirty: context.dirty.add(group),
  };
}

/** A list that was asked for may come after the watch has told what came later (†). */
function isOlder(
  { replicaSets, config }: ReplicaSetContext,
  { uid, resourceVersion }: ReplicaSetFact,
): boolean {
  const known = replicaSets.get(uid);
  if (known === undefined || config.mutants?.has('old-sets-heeded')) return false;
  return compareResourceVersions(resourceVersion, known.resourceVersion) < 0;
}

/** A ReplicaSet was seen, new or changed; it may have lost its Deployment. */
export function observeReplicaSet(context: ReplicaSetContext, fact: ReplicaSetFact): ReplicaSetContext {
  if (isOlder(context, fact) || isDoubtful(context.lists, fact.uid, context.config.mutants)) return context;
  const group = groupFor(fact);
  const moved =
    context.groupOf.get(fact.uid) === group ? context : join(leave(context, fact.uid), fact.uid, group);
  return {
    ...moved,
    lists: noteShown(moved.lists, fact.uid, !context.replicaSets.has(fact.uid)),
    replicaSets: moved.replicaSets.set(fact.uid, fact),
    dirty: moved.dirty.add(group),
    recount: context.replicaSets.has(fact.uid) ? moved.recount : moved.recount.add(fact.uid),
  };
}

/** A ReplicaSet is gone; it stays in its group while Pods of it are left. */
export function forgetReplicaSet(context: ReplicaSetContext, uid: string): ReplicaSetContext {
  const group = context.groupOf.get(uid);
  const next = {
    ...context,
    lists: noteVanished(context.lists, uid),
    replicaSets: context.replicaSets.delete(uid),
    backoffs: context.backoffs.delete(uid),
    dirty: group === undefined ? context.dirty : context.dirty.add(group),
  };
  const cancelled = context.backoffs.has(uid)
    ? emit(next, { type: 'cancelTimer', timer: `retry/${uid}` })
    : next;
  const { live, terminating } = context.index.get(uid) ?? EMPTY_INDEX;
  return live + terminating.size === 0 ? leave(cancelled, uid) : cancelled;
}

const isUnknown = ({ groupOf, index }: ReplicaSetContext, uid: string) =>
  !groupOf.has(uid) && (index.get(uid)?.unpublished.size ?? 0) > 0;

/**
 * S holds Pods of a ReplicaSet that this R has never seen, and nobody has published them: it is gone, or R's watch is behind. A consistent
 * list tells (†).
 */
export function askForUnknown(context: ReplicaSetContext): ReplicaSetContext {
  const isKept = context.config.mutants?.has('unknown-set-kept') === true;
  const fresh = context.recount.filter((uid) => !isKept && isUnknown(context, uid));
  if ((fresh.isEmpty() && !context.lists.doubted) || context.lists.asked > 0) return context;
  return askForSets({ ...context, unknown: fresh }, 'unknown');
}

/** Asks for a consistent list of ReplicaSets. */
export function askForSets(context: ReplicaSetContext, token: string): ReplicaSetContext {
  return emit({ ...context, lists: asking(context.lists) }, { type: 'relist', what: 'replicaSets', token });
}

/** A list has come; if R asked for it, what it does not show is gone, as if R had seen it go. */
export function completeList(context: ReplicaSetContext, token: string | undefined): ReplicaSetContext {
  const lists = answered(context.lists, token, context.config.mutants);
  if (lists === null) return context;
  if (!isComplete(lists)) return { ...context, lists };
  const [absent, rest] = takeAbsent(lists);
  const seen = absent.reduce(forgetReplicaSet, { ...context, lists: rest });
  const gone = seen.unknown.filter((uid) => isUnknown(seen, uid));
  const known = { ...seen, unknown: seen.unknown.clear() };
  return [...gone].sort().reduce<ReplicaSetContext>((next, uid) => join(next, uid, orphanGroup(uid)), known);
}

/** What S holds of ReplicaSets that R does not know is looked at, once R decides. */
export function recountUnknown(context: ReplicaSetContext): ReplicaSetContext {
  const uids = [...context.index.keys()].filter((uid) => isUnknown(context, uid));
  return uids.length === 0 ? context : { ...context, recount: context.recount.union(uids) };
}

/** Lets go of vanished ReplicaSets whose last record went in this step. */
export function sweep(context: ReplicaSetContext): ReplicaSetContext {
  let next = context;
  for (const uid of context.recount)
    if (!next.replicaSets.has(uid) && !next.index.has(uid)) next = leave(next, uid);
  return next;
}

/** Keeps the deletion cost of a Pod. */
export function observePod(context: ReplicaSetContext, pod: PodFact): ReplicaSetContext {
  const uid = knownAs(context, pod);
  return uid === null ? context : setCost(context, context.records.get(uid) as PodRecord, pod.deletionCost);
}

/** The switch says `stock`: acknowledge it once no tombstone and nothing unaccepted is left. */
export function beginRelease(context: ReplicaSetContext, fact: SwitchFact): ReplicaSetContext {
  return { ...context, unacknowledged: fact.resourceVersion };
}

/**
 * Acknowledges the release when nothing of R's is under way any more (protocol 9, take back). What the life before had under way a fresh R
 * knows from S alone (†).
 */
export function acknowledgeRelease(context: ReplicaSetContext): ReplicaSetContext {
  if (context.unacknowledged === null) return context;
  const { up, config } = context;
  if (!up.context.barrierPassed && !config.mutants?.has('acknowledge-unrecovered')) return context;
  const underway = context.index.some(
    ({ terminating, unpublished }) => terminating.size > 0 || unpublished.size > 0,
  );
  if (underway) return context;
  return emit(
    { ...context, unacknowledged: null },
    { type: 'acknowledgeOwner', owner: 'stock', switchVersion: context.unacknowledged },
  );
}
