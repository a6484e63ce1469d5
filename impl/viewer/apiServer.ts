/** What of a step goes to the API Server, and what comes from it. */
import type { EffectType } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { StepFrame } from './film.ts';

const ASKS: ReadonlySet<EffectType> = new Set<EffectType>([
  'readLease',
  'listNodes',
  'register',
  'readNode',
  'mark',
  'reportDrain',
  'publish',
  'deletePod',
  'readPod',
  'listPods',
  'failPod',
  'writePodStatus',
  'writeReplicas',
  'relist',
  'acknowledgeOwner',
  'deleteStray',
]);

/** Not from it: links, timers, containers, and who scales directly. */
const OTHERS: ReadonlySet<StageEvent['type'] | 'started'> = new Set([
  'started',
  'connected',
  'broken',
  'received',
  'timerFired',
  'podStarted',
  'podReadiness',
  'podStopped',
  'scaleRequested',
]);

/** Whether the step asks the API Server for something. */
export const asksApiServer = ({ effects, crashedAfter }: StepFrame): boolean =>
  effects.slice(0, crashedAfter).some(({ type }) => ASKS.has(type));

/** Whether the step heard something from it: a watch, or an answer. */
export const hearsApiServer = ({ event }: StepFrame): boolean => !OTHERS.has(event.type);
