/** Timers and the owner switch at D (protocol 9, 12). */
import type { SwitchFact } from '../../spec/facts.ts';
import { TIMERS, type TimerName } from '../../spec/timers.ts';
import { type DeploymentContext, emit, touchAll } from './context.ts';
import { tellField } from './reconcile.ts';
import { relist } from './workloads.ts';

const FIELD_TIMERS = ['writeBack', 'lower', 'retry'] as const;

/** A timer of a replicas field, or the end of the time in which A might still be heard. */
export function fireTimer(context: DeploymentContext, timer: TimerName): DeploymentContext {
  if (timer === 'unconfirmed') return context.confirmed ? context : touchAll({ ...context, confirmed: true });
  const kind = FIELD_TIMERS.find((each) => timer.startsWith(`${each}/`));
  if (kind === undefined) return context;
  return tellField(context, timer.slice(kind.length + 1), { type: 'timerFired', kind });
}

/** The switch was seen. Under `stock`, and once for each request before a release, every want is flushed at once. */
export function seeSwitch(context: DeploymentContext, seen: SwitchFact): DeploymentContext {
  const { owner, resourceVersion } = seen;
  const flush = seen.flush === true && resourceVersion !== context.acknowledged;
  return touchAll({ ...context, owner, switchVersion: resourceVersion, flush });
}

/** Taken back: all API servers will have seen it when this has passed. */
export function waitForPropagation(context: DeploymentContext): DeploymentContext {
  return emit(context, { type: 'setTimer', timer: 'propagation', milliseconds: TIMERS.propagation });
}

/** Taken back: what others wrote meanwhile must be known before R is sent anything. */
export function readAgain(context: DeploymentContext): DeploymentContext {
  const afresh = { ...context, suspects: context.suspects.clear(), judged: context.judged.clear() };
  return relist(relist(afresh, 'deployments', 'takenBack'), 'replicaSets', 'takenBack');
}
