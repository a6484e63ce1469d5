/** What of the ReplicaSets S reads: which nodes their Pods may go to. */
import type { StageEvent } from '../../spec/events.ts';
import type { Context } from './context.ts';
import { markTried } from './queue.ts';

/** A ReplicaSet as it is now. Only if its constraints changed are its waiting Pods tried everywhere again. */
export function observeTemplate(
  context: Context,
  { replicaSet }: Extract<StageEvent, { type: 'replicaSetObserved' }>,
): Context {
  const { uid, constraints, ineligible } = replicaSet;
  const template = { constraints, ineligible };
  const before = context.templates.get(uid);
  if (before !== undefined && JSON.stringify(before) === JSON.stringify(template)) return context;
  const shapes = [...context.queue.shapes.values()].filter((shape) => shape.replicaSet === uid);
  return {
    ...context,
    templates: context.templates.set(uid, template),
    queue: markTried(
      context.queue,
      shapes.map(({ key }) => key),
      false,
    ),
  };
}

/** A ReplicaSet is gone: its waiting Pods stay until R ends them. */
export function forgetTemplate(
  context: Context,
  { uid }: Extract<StageEvent, { type: 'replicaSetVanished' }>,
): Context {
  return { ...context, templates: context.templates.delete(uid) };
}
