/**
 * Deployments of which A was told a want, and that no list has shown (protocol 8, *Deletion*): deleted before this A began, so that its
 * watch never tells of their end, or not seen yet. A consistent list begun now tells; those that turn up meanwhile wait for the next.
 */
import { Set as PSet } from 'immutable';
import { answered, asking, isComplete, noteVanished, takeAbsent } from '../ownership/lists.ts';
import { type AutoscalerContext, emit } from './context.ts';
import { reopen, sayGone } from './links.ts';
import { forgetDeployment } from './wants.ts';

/** The list or the watch has shown it. What D was told to be gone, and stands, is taken back: D says anew what it wants (†). */
export function welcome(context: AutoscalerContext, uid: string): AutoscalerContext {
  if (context.seen.has(uid)) return context;
  const next = { ...context, seen: context.seen.add(uid), suspects: context.suspects.delete(uid) };
  if (!context.gone.has(uid) || context.mutants.has('gone-for-good')) return next;
  return reopen({ ...next, gone: next.gone.delete(uid) });
}

/** What is shown may be older than its end: another list decides. */
export function doubt(context: AutoscalerContext): AutoscalerContext {
  return { ...context, lists: { ...context.lists, doubted: true } };
}

/** It is deleted, or nobody's of ours any more: D is told. */
export function vanish(context: AutoscalerContext, uid: string): AutoscalerContext {
  const next = forgetDeployment(context, uid);
  const lists = noteVanished(next.lists, uid);
  return sayGone({ ...next, lists, seen: next.seen.delete(uid), suspects: next.suspects.delete(uid) }, [uid]);
}

/** Asks for a consistent list of Deployments, if it was told of some that no list has shown, or was shown some that may be gone. */
export function suspectStrangers(context: AutoscalerContext): AutoscalerContext {
  const { lists, mutants, seen, wants } = context;
  if (!isComplete(lists)) return context;
  const isBelieved = mutants.has('strangers-believed');
  const strangers = [...wants.keys()].filter((uid) => !isBelieved && !seen.has(uid));
  if (strangers.length === 0 && !lists.doubted) return context;
  return emit(
    { ...context, suspects: PSet(strangers), lists: asking(lists) },
    { type: 'relist', what: 'deployments', token: 'strangers' },
  );
}

/** A list is complete: what was suspected before it was asked for, and it did not show, is gone. */
export function completeList(context: AutoscalerContext, token: string | undefined): AutoscalerContext {
  const lists = answered(context.lists, token, context.mutants);
  if (lists === null) return context;
  const next = { ...context, lists };
  if (!isComplete(lists)) return next;
  const [absent, rest] = takeAbsent(lists);
  const over = [...new Set([...next.suspects, ...absent])].sort();
  return over.reduce(vanish, { ...next, suspects: PSet<string>(), lists: rest });
}
