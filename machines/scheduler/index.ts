/** The Scheduler stage as a host sees it. */
import type { Effect } from '../../spec/effects.ts';
import { KubedirectError } from '../../spec/errors.ts';
import { HEARS, type StageEvent } from '../../spec/events.ts';
import type { Stage } from '../../spec/stage.ts';
import { begin, step } from '../drive.ts';
import { type SchedulerState, schedulerMachine } from './machine.ts';

export type { SchedulerState } from './machine.ts';
export { viewOfScheduler } from './view.ts';

const HEARD: ReadonlySet<string> = new Set(HEARS.scheduler);

function take(snapshot: SchedulerState): readonly [SchedulerState, readonly Effect[]] {
  const { effects } = snapshot.context;
  if (effects.length === 0) return [snapshot, effects];
  return [{ ...snapshot, context: { ...snapshot.context, effects: [] } } as SchedulerState, effects];
}

/**
 * The Scheduler stage.
 *
 * @public
 */
export const schedulerStage: Stage<SchedulerState> = {
  name: 'scheduler',
  start: (config) => take(begin(schedulerMachine, config)),
  step(state: SchedulerState, event: StageEvent) {
    if (!HEARD.has(event.type))
      throw new KubedirectError(
        'INVARIANT_BROKEN',
        `an event for another stage: expected one of ${HEARS.scheduler.join(', ')}, got ${event.type}`,
      );
    return take(step(schedulerMachine, state, event));
  },
};
