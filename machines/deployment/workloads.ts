/** Which Deployments and ReplicaSets there are, and which are gone (protocol 8, *Deletion*). */
import { Map as PMap, Set as PSet } from 'immutable';
import type { DeploymentFact, ReplicaSetFact } from '../../spec/facts.ts';
import type { ReplicaCount } from '../../spec/vocabulary.ts';
import {
  answered,
  asking,
  isComplete,
  isDoubtful,
  type Lists,
  noteShown,
  noteVanished,
  takeAbsent,
} from '../ownership/lists.ts';
import { addNews } from '../ownership/upward.ts';
import { isFresher, type Verdict } from '../ownership/wants/base.ts';
import { timersOfField } from '../ownership/wants/field.ts';
import { hasLeft } from '../ownership/wants/leaving.ts';
import { type DeploymentContext, emit, type Listed, replicaSetsOf, touch, touchAll } from './context.ts';
import { entryOf, observeDeployment } from './wants.ts';

/**
 * A Deployment with a deletionTimestamp is as good as gone. One that has lost its label is not: what was asked for until then is written
 * first (8, *Leaving*).
 *
 * @param known - who wrote it, where a reply told it
 */
export function seeDeployment(
  context: DeploymentContext,
  fact: DeploymentFact,
  known?: Verdict,
): DeploymentContext {
  const { uid } = fact;
  const before = context.entries.get(uid)?.fact ?? null;
  const isOver =
    fact.deleting || (hasLeft(fact, context.mutants) && (before === null || isFresher(fact, before)));
  if (isOver) return forgetDeployment(context, uid);
  if (isDoubtful(listsOf(context, 'deployments'), uid, context.mutants)) return doubt(context, 'deployments');
  const heard = known === undefined ? noteSeen(context, 'deployments', uid, before === null) : context;
  // The late reply to a write of before says nothing of the label.
  const isStale = before !== null && !isFresher(fact, before);
  const next = fact.unmanaged || isStale ? heard : welcome(heard, uid);
  const stands = { suspects: next.suspects.delete(uid), judged: next.judged.delete(uid) };
  return observeDeployment({ ...next, ...stands }, fact, known);
}

/** It is managed: R hears of it as of any other, whatever it was told before. */
function welcome(context: DeploymentContext, uid: string): DeploymentContext {
  const next = context.gone.has(uid) ? { ...context, gone: context.gone.delete(uid) } : context;
  const entry = entryOf(next, uid);
  return entry.sent === 'gone' ? { ...next, entries: next.entries.set(uid, { ...entry, sent: null }) } : next;
}

/** Drops a Deployment and its want; R is told `Gone` until it acknowledges. */
export function forgetDeployment(context: DeploymentContext, uid: string): DeploymentContext {
  const entry = context.entries.get(uid);
  const timers = entry === undefined ? [] : timersOfField(entry.field);
  const next = emit(context, ...timers.map((timer) => ({ type: 'cancelTimer', timer }) as const));
  const told = next.goneAsked.has(uid) ? addNews(next.news, { goneAcknowledged: [uid] }) : next.news;
  return {
    ...setLists(next, 'deployments', noteVanished(listsOf(next, 'deployments'), uid)),
    news: told,
    goneAsked: next.goneAsked.delete(uid),
    entries: next.entries.delete(uid),
    suspects: next.suspects.delete(uid),
    unflushed: next.unflushed.delete(uid),
    counts: next.counts.delete(uid),
    gone: next.gone.add(uid),
    dirty: next.dirty.add(uid),
  };
}

function disown(context: DeploymentContext, fact: ReplicaSetFact | undefined): DeploymentContext {
  if (fact === undefined || fact.deployment === null) return context;
  const left = (context.owned.get(fact.deployment) ?? PSet<string>()).delete(fact.uid);
  const judged = left.size === 0 ? context.judged.delete(fact.deployment) : context.judged;
  const owned =
    left.size === 0 ? context.owned.delete(fact.deployment) : context.owned.set(fact.deployment, left);
  return touch({ ...context, owned, judged }, fact.deployment);
}

/** A ReplicaSet was seen; it may have changed its Deployment, or lost it. */
export function seeReplicaSet(context: DeploymentContext, fact: ReplicaSetFact): DeploymentContext {
  if (isDoubtful(listsOf(context, 'replicaSets'), fact.uid, context.mutants))
    return doubt(context, 'replicaSets');
  const before = context.replicaSets.get(fact.uid);
  const heard = noteSeen(context, 'replicaSets', fact.uid, before === undefined);
  let next = before?.deployment === fact.deployment ? heard : disown(heard, before);
  next = { ...next, replicaSets: next.replicaSets.set(fact.uid, fact) };
  if (fact.deployment === null) return next;
  const uids = next.owned.get(fact.deployment) ?? PSet<string>();
  const owned = { ...next, owned: next.owned.set(fact.deployment, uids.add(fact.uid)) };
  return judgeAdopter(touch(owned, fact.deployment), fact);
}

/** One that D is not shown may have adopted it: R holds no want of that, and nobody would tell it to follow the ReplicaSet (†). */
function judgeAdopter(
  context: DeploymentContext,
  { unmanaged, deployment }: ReplicaSetFact,
): DeploymentContext {
  if (unmanaged || deployment === null || context.mutants.has('adopter-unjudged')) return context;
  return isStranger(context, deployment) && !isJudged(context, deployment)
    ? suspectStrangers(context)
    : context;
}

/** A ReplicaSet is gone. */
export function forgetReplicaSet(context: DeploymentContext, uid: string): DeploymentContext {
  const next = disown(context, context.replicaSets.get(uid));
  return {
    ...setLists(next, 'replicaSets', noteVanished(listsOf(next, 'replicaSets'), uid)),
    replicaSets: next.replicaSets.delete(uid),
  };
}

/** R's counts: passed on to A, and kept to know when the victims of a scale-in are marked. */
export function takeCounts(context: DeploymentContext, counts: readonly ReplicaCount[]): DeploymentContext {
  let next = context;
  for (const count of counts) {
    const mine = next.counts.get(count.deployment) ?? PMap<string, ReplicaCount>();
    const isOver = !next.replicaSets.has(count.replicaSet) && count.live + count.terminating === 0;
    const kept = isOver ? mine.delete(count.replicaSet) : mine.set(count.replicaSet, count);
    const all =
      kept.size === 0 ? next.counts.delete(count.deployment) : next.counts.set(count.deployment, kept);
    next = touch({ ...next, counts: all }, count.deployment);
  }
  return { ...next, news: addNews(next.news, { counts }) };
}

const listsOf = (context: DeploymentContext, what: Listed) => context.lists.get(what) as Lists;

/** What is shown may be older than its end: another list decides. */
function doubt(context: DeploymentContext, what: Listed): DeploymentContext {
  return setLists(context, what, { ...listsOf(context, what), doubted: true });
}

function noteSeen(context: DeploymentContext, what: Listed, uid: string, isNew: boolean): DeploymentContext {
  const before = listsOf(context, what);
  const lists = noteShown(before, uid, isNew);
  return lists === before ? context : setLists(context, what, lists);
}

function setLists(context: DeploymentContext, what: Listed, lists: Lists): DeploymentContext {
  return { ...context, lists: context.lists.set(what, lists) };
}

/** A list is complete: what a consistent one, asked for since the suspicion, did not show is gone. */
export function completeList(
  context: DeploymentContext,
  what: Listed,
  token: string | undefined,
): DeploymentContext {
  const lists = answered(listsOf(context, what), token, context.mutants);
  if (lists === null) return context;
  const [absent, rest] = isComplete(lists) ? takeAbsent(lists) : [[], lists];
  let next = setLists(context, what, rest);
  for (const uid of absent)
    next = what === 'deployments' ? forgetDeployment(next, uid) : forgetReplicaSet(next, uid);
  if (lists.doubted && isComplete(lists)) return relist(next, what, 'doubted');
  if (what === 'deployments' && isComplete(lists) && next.suspects.size > 0) {
    const absent = next.suspects.filter((uid) => (next.entries.get(uid)?.fact ?? null) === null);
    for (const uid of absent) next = forgetDeployment(next, uid);
    next = { ...next, suspects: PSet<string>(), judged: next.judged.union(absent) };
  }
  return isListed(next) ? touchAll(suspectStrangers(next)) : next;
}

/** Nothing that was asked for is still to come. */
function isListed(context: DeploymentContext): boolean {
  return context.lists.every(isComplete);
}

/** Both lists have been complete; one may be read again because of suspects, which nobody has to wait for. */
export function isKnown(context: DeploymentContext): boolean {
  return isListed(context) || context.suspects.size > 0;
}

/** Asks for a consistent list anew. */
export function relist(context: DeploymentContext, what: Listed, token: string): DeploymentContext {
  return emit(setLists(context, what, asking(listsOf(context, what))), { type: 'relist', what, token });
}

/** Whether no list has shown it, and none said that it is gone. */
const isStranger = ({ entries, gone }: DeploymentContext, uid: string) =>
  (entries.get(uid)?.fact ?? null) === null && !gone.has(uid);
const isJudged = ({ judged, mutants }: DeploymentContext, uid: string) =>
  judged.has(uid) && !mutants.has('strangers-asked-again');

/**
 * Deployments that R holds a want of, or that own a managed ReplicaSet, and that no list has shown: deleted, or no longer
 * managed, or not seen yet. A consistent list begun now tells. Those that turn up meanwhile wait for the next.
 */
export function suspectStrangers(context: DeploymentContext): DeploymentContext {
  if (!isListed(context)) return context;
  const ownsManaged = (uid: string) => replicaSetsOf(context, uid).some(({ unmanaged }) => !unmanaged);
  const owners = [...context.owned.keys()].filter((uid) => ownsManaged(uid) && !isJudged(context, uid));
  const strangers = [...context.entries.keys(), ...owners].filter((uid) => isStranger(context, uid));
  if (strangers.length === 0) return context;
  return relist({ ...context, suspects: PSet(strangers) }, 'deployments', 'strangers');
}
