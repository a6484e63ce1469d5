/** Properties of wants (protocol 8). */
import type { StageEvent } from '../events.ts';
import type { PodStatus } from '../vocabulary.ts';
import type { StateProperty, StepProperty } from './property.ts';

/** @see spec/protocol.md 10 @public */
export const ScaleNotLost: StateProperty = {
  kind: 'state',
  statement: 'an external write of the replicas is never overwritten by a write-back that had not seen it',
  check: (view) => {
    for (const [deployment, values] of Object.entries(view.history.overwritten))
      if (values.length > 0) return `${deployment}: ${values.join(', ')} was overwritten unseen`;
    return null;
  },
};

/** uids that the downstream says are terminating. */
function toldEnding(event: StageEvent): ReadonlySet<string> {
  if (event.type !== 'received') return new Set();
  const { message } = event;
  const statuses: readonly PodStatus[] =
    message.kind === 'State'
      ? message.records
      : message.kind === 'Invalidate'
        ? [...message.changed, ...message.adopted]
        : message.kind === 'Assigned'
          ? message.pods
          : [];
  return new Set(statuses.filter(({ phase }) => phase === 'terminating').map(({ uid }) => uid));
}

/**
 * R ends only what a count, a user, a rollout or an invalidation gave up: while a Deployment's live Pods are no more
 * than what was last asked for it, R marks none of its own accord.
 * @see spec/protocol.md 10 @public
 */
export const NoNeedlessEnd: StepProperty = {
  kind: 'step',
  statement: 'R ends only what a count, a user, a rollout or an invalidation gave up',
  check: ({ process, event, before, after }) => {
    if (process === null || event === null) return null;
    const was = before.stages.find((stage) => stage.process === process);
    const is = after.stages.find((stage) => stage.process === process);
    if (was?.peer !== 'replicaset' || is === undefined) return null;
    const told = toldEnding(event);
    const marked = [...is.records.values()].filter(
      ({ uid, phase }) =>
        phase === 'terminating' && was.records.get(uid)?.phase !== 'terminating' && !told.has(uid),
    );
    if (marked.length === 0) return null;
    // Values that may still be on their way: any that was ever asked for is an excuse; the least of them counts.
    const live = [...is.records.values()].filter((record) => record.phase !== 'terminating').length;
    const least = Math.min(...after.history.everAsked);
    return live >= least
      ? null
      : `R ended ${marked.map(({ uid }) => uid).join(', ')} and holds ${live}, fewer than any want ever (${least})`;
  },
};
