/**
 * Deployments of which A was told a want, and that no list has shown (protocol 8, *Deletion*): deleted before this A began, so that its
 * watch never tells of their end, or not seen yet. A consistent list begun now tells; those that turn up meanwhile wait for the next.
 */
import { Set as PSet } from 'immutable';
import { type AutoscalerContext, emit } from './context.ts';
import { sayGone } from './links.ts';
import { forgetDeployment } from './wants.ts';

/** The list or the watch has shown it. */
export function welcome(context: AutoscalerContext, uid: string): AutoscalerContext {
  if (context.seen.has(uid)) return context;
  return { ...context, seen: context.seen.add(uid), suspects: context.suspects.delete(uid) };
}

/** It is deleted, or nobody's of ours any more: D is told. */
export function vanish(context: AutoscalerContext, uid: string): AutoscalerContext {
  const next = forgetDeployment(context, uid);
  return sayGone({ ...next, seen: next.seen.delete(uid), suspects: next.suspects.delete(uid) }, [uid]);
}

/** Asks for a consistent list of Deployments, if it was told of some that no list has shown. */
export function suspectStrangers(context: AutoscalerContext): AutoscalerContext {
  if (context.outstanding > 0 || context.mutants.has('strangers-believed')) return context;
  const strangers = [...context.wants.keys()].filter((uid) => !context.seen.has(uid));
  if (strangers.length === 0) return context;
  return emit(
    { ...context, suspects: PSet(strangers), outstanding: 1 },
    { type: 'relist', what: 'deployments' },
  );
}

/** A list is complete: what was suspected before it was asked for, and it did not show, is gone. */
export function completeList(context: AutoscalerContext): AutoscalerContext {
  if (context.outstanding === 0) return context;
  const next = { ...context, outstanding: context.outstanding - 1 };
  if (next.outstanding > 0) return next;
  return [...next.suspects].sort().reduce(vanish, { ...next, suspects: PSet<string>() });
}
