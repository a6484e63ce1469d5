/** Properties of wants (protocol 8). */
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
    if (event.type === 'received' && event.link === 'downstream' && event.message.kind !== 'State')
      return null;
    const marked = [...is.records.values()].filter(
      (record) => record.phase === 'terminating' && was.records.get(record.uid)?.phase !== 'terminating',
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
