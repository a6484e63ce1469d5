/** A's wants: minted above what D has told, adopted from below (protocol 8). */

import type { StageEvent } from '../../spec/events.ts';
import { compareWantVersions, type Want } from '../../spec/vocabulary.ts';
import { type AutoscalerContext, emit, type Waiting } from './context.ts';

/**
 * Somebody asked for replicas. A mints only above a want that D has told of this Deployment: a version without the
 * generation of the last external write would lose against it. Until then the last request waits.
 */
export function request(
  context: AutoscalerContext,
  { deployment, replicas, generation }: Extract<StageEvent, { type: 'scaleRequested' }>,
): AutoscalerContext {
  if (!Number.isInteger(replicas) || replicas < 0)
    return emit(context, {
      type: 'report',
      reason: 'ScaleRefused',
      subject: deployment,
      on: { deployment },
      text: `replicas must be a whole number of at least 0, got ${replicas}`,
    });
  if (context.leaving.has(deployment))
    return emit(context, {
      type: 'report',
      reason: 'ScaleRefused',
      subject: deployment,
      on: { deployment },
      text: 'the Deployment has lost its label: scale it at the API Server',
    });
  const known = context.wants.get(deployment);
  if (known === undefined)
    return {
      ...context,
      pending: context.pending.set(deployment, { replicas, generation: generation ?? null }),
    };
  return mint(context, deployment, known, replicas);
}

/** Asking for what is wanted already changes nothing, as with `kubectl scale`. */
function mint(context: AutoscalerContext, deployment: string, known: Want, value: number): AutoscalerContext {
  if (known.value === value) return context;
  const minted = context.minted + 1;
  const want: Want = {
    deployment,
    version: {
      generation: known.version.generation,
      incarnation: context.config.incarnation,
      counter: minted,
    },
    value,
    replicaSet: null,
    revision: '',
    mode: 'direct',
    confirmed: true,
  };
  return {
    ...context,
    minted,
    wants: context.wants.set(deployment, want),
    unsent: context.unsent.add(deployment),
  };
}

/** Somebody else has written the value after the request was made: the later one stands. */
function isOvertaken(context: AutoscalerContext, { generation }: Waiting, { version }: Want): boolean {
  if (context.config.mutants?.has('request-overtakes')) return false;
  return generation !== null && version.generation > generation;
}

/** D knows better: its want is taken if it is higher; a request that waited for it is minted above it, unless it has been overtaken. */
export function adopt(context: AutoscalerContext, wants: readonly Want[]): AutoscalerContext {
  let next = context;
  for (const want of wants) {
    const mine = next.wants.get(want.deployment);
    if (next.gone.has(want.deployment)) continue;
    if (mine === undefined || compareWantVersions(want.version, mine.version) > 0)
      next = {
        ...next,
        wants: next.wants.set(want.deployment, want),
        unsent: next.unsent.delete(want.deployment),
      };
    const waiting = next.pending.get(want.deployment);
    if (waiting === undefined) continue;
    next = { ...next, pending: next.pending.delete(want.deployment) };
    const known = next.wants.get(want.deployment) as Want;
    if (isOvertaken(next, waiting, known))
      next = emit(next, {
        type: 'report',
        reason: 'ScaleRefused',
        subject: want.deployment,
        on: { deployment: want.deployment },
        text: `${waiting.replicas} replicas were asked for before somebody else wrote the value: that stands`,
      });
    else next = mint(next, want.deployment, known, waiting.replicas);
  }
  return next;
}

/** A Deployment has lost its label: the want is kept, since D may crash before it has written it. */
export function leave(context: AutoscalerContext, uid: string): AutoscalerContext {
  if (context.leaving.has(uid)) return context;
  return { ...context, leaving: context.leaving.add(uid), parting: context.parting.add(uid) };
}

/** It has its label again. */
export function stay(context: AutoscalerContext, uid: string): AutoscalerContext {
  if (!context.leaving.has(uid)) return context;
  return { ...context, leaving: context.leaving.delete(uid), parting: context.parting.delete(uid) };
}

/** A Deployment is deleted: its want goes, and D is told `Gone` until it acknowledges. */
export function forgetDeployment(context: AutoscalerContext, uid: string): AutoscalerContext {
  return {
    ...stay(context, uid),
    wants: context.wants.delete(uid),
    pending: context.pending.delete(uid),
    unsent: context.unsent.delete(uid),
    counts: context.counts.delete(uid),
    gone: context.gone.add(uid),
  };
}
