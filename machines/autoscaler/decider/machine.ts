/**
 * Decides how many Pods the load of one Deployment asks for: the built-in autoscaler, in two modes, as Knative's KPA.
 *
 * - **Stable**: for the average of a long window. A lower count is wanted once it has been so for the scale-down delay.
 * - **Panicking**, from the moment at which the average of a short window asks for a multiple of the ready Pods until a whole long window
 *   has passed without that: for the short window, and never lower than before.
 *
 * One that has heard nobody decides nothing: load that is gone must be reported as gone. From the first report on, also after a silence of all
 * (its leader has just begun, or was cut off), it does not know what was before: it begins as in a panic, and so lowers nothing for a long window.
 * It acts on A alone, by `scaleRequested`, as any autoscaler does.
 */
import { assign, setup } from 'xstate';
import type { ConcurrencyPolicy } from '../../../spec/autoscaling.ts';
import { bounded, podsFor, rateLimited } from './counts.ts';
import { averageOf, expire, type Load, NO_LOAD, report } from './load.ts';

/** Times in ms, of one clock that does not go back. @public */
export type DeciderEvent =
  | {
      readonly type: 'reported';
      readonly at: number;
      readonly reporter: string;
      readonly concurrency: number;
    }
  /** `want`: what A wants at this moment; `ready`: what R counts. */
  | { readonly type: 'decide'; readonly at: number; readonly want: number; readonly ready: number }
  | { readonly type: 'policyChanged'; readonly policy: ConcurrencyPolicy };

/** A rule of the decider switched off, for its tests: a panic lowers; so does a fresh one; the scale-down delay is not waited for. @public */
export type DeciderMutant = 'panic-lowers' | 'fresh-lowers' | 'delay-ignored';

/** What a decider is begun with. @public */
export interface DeciderConfig {
  readonly policy: ConcurrencyPolicy;
  readonly mutants?: ReadonlySet<DeciderMutant>;
}

/** A count that was decided in stable mode, before the delay. */
interface Decided {
  readonly at: number;
  readonly pods: number;
}

/** The data of a decider. @public */
export interface DeciderContext {
  readonly policy: ConcurrencyPolicy;
  readonly mutants: ReadonlySet<DeciderMutant>;
  readonly load: Load;
  /** When the load last asked for panic, or was heard of after nothing was known. */
  readonly alarmedAt: number;
  /** The most Pods of this panic. */
  readonly most: number;
  /** Those of the scale-down delay, the counts descending: the first is what is wanted. */
  readonly recent: readonly Decided[];
  /** What is wanted; null as long as nothing was reported. */
  readonly desired: number | null;
}

type Decide = Extract<DeciderEvent, { type: 'decide' }>;
interface Given {
  readonly context: DeciderContext;
  readonly event: DeciderEvent;
}

const panicWindow = ({ windowMs, panicWindowPercentage }: ConcurrencyPolicy) =>
  (windowMs * panicWindowPercentage) / 100;

/** Pods for a window's average; null as long as nothing was reported. */
function asked({ policy, load }: DeciderContext, at: number, windowMs: number): number | null {
  const average = averageOf(expire(load, at, policy.windowMs), at, windowMs);
  return average === null ? null : podsFor(policy, average);
}

function isAlarming({ context, event }: Given): boolean {
  if (event.type !== 'decide') return false;
  const { policy } = context;
  const pods = asked(context, event.at, panicWindow(policy));
  return pods !== null && pods * 100 >= Math.max(event.ready, 1) * policy.panicThresholdPercentage;
}

/** The first report, or the first after everyone was silent. */
function isNews({ context, event }: Given): boolean {
  if (event.type !== 'reported') return false;
  return expire(context.load, event.at, context.policy.windowMs).points.length === 0;
}

/** No alarm for a whole window. */
function isCalm({ context, event }: Given): boolean {
  const { alarmedAt, policy, load } = context;
  return event.type === 'decide' && load.points.length > 0 && event.at - alarmedAt >= policy.windowMs;
}

/** Forgets who is silent, as of this decision. */
const aged = (context: DeciderContext, { at }: Decide): DeciderContext => ({
  ...context,
  load: expire(context.load, at, context.policy.windowMs),
});

function decidePanicking(context: DeciderContext, event: Decide): DeciderContext {
  const now = aged(context, event);
  const { policy, mutants } = now;
  const pods = asked(now, event.at, panicWindow(policy));
  if (pods === null) return now;
  const before = mutants.has('panic-lowers') ? 0 : Math.max(now.most, event.want);
  const most = Math.max(before, rateLimited(policy, pods, event.ready));
  return { ...now, most, recent: [], desired: bounded(policy, most) };
}

function decideStable(context: DeciderContext, event: Decide): DeciderContext {
  const now = aged(context, event);
  const { policy, mutants } = now;
  const stable = asked(now, event.at, policy.windowMs);
  if (stable === null) return now;
  const pods = rateLimited(policy, stable, event.ready);
  const since = event.at - (mutants.has('delay-ignored') ? 0 : policy.scaleDownDelayMs);
  const recent = [
    ...now.recent.filter((each) => each.at >= since && each.pods > pods),
    { at: event.at, pods },
  ];
  return { ...now, most: 0, recent, desired: bounded(policy, (recent[0] as Decided).pods) };
}

function begin({ policy, mutants = new Set() }: DeciderConfig): DeciderContext {
  return { policy, mutants, load: NO_LOAD, alarmedAt: -Infinity, most: 0, recent: [], desired: null };
}

const onDecide =
  (decide: (context: DeciderContext, event: Decide) => DeciderContext) =>
  ({ context, event }: Given) =>
    event.type === 'decide' ? decide(context, event) : context;

/** Handlers that both modes share. */
const common = {
  reported: [{ guard: 'isNews', target: 'panicking', actions: ['begin', 'hear'] }, { actions: 'hear' }],
  policyChanged: { actions: 'adoptPolicy' },
} as const;

/** The machine of a decider. @public */
export const deciderMachine = setup({
  types: { context: {} as DeciderContext, events: {} as DeciderEvent, input: {} as DeciderConfig },
  guards: { isAlarming, isCalm, isNews },
  actions: {
    hear: assign(({ context, event }) => {
      if (event.type !== 'reported') return context;
      const { at, reporter, concurrency } = event;
      const { windowMs } = context.policy;
      const load = report(expire(context.load, at, windowMs), reporter, { at, concurrency }, windowMs);
      return { ...context, load };
    }),
    /** What was before is not known. */
    begin: assign(({ context, event }) =>
      event.type === 'reported' && !context.mutants.has('fresh-lowers')
        ? { ...context, alarmedAt: event.at, most: 0, recent: [] }
        : context,
    ),
    adoptPolicy: assign(({ context, event }) =>
      event.type === 'policyChanged' ? { ...context, policy: event.policy } : context,
    ),
    alarm: assign(({ context, event }) =>
      event.type === 'decide' ? { ...context, alarmedAt: event.at } : context,
    ),
    decidePanicking: assign(onDecide(decidePanicking)),
    decideStable: assign(onDecide(decideStable)),
  },
}).createMachine({
  id: 'decider',
  description: 'How many Pods the load of a Deployment asks for',
  context: ({ input }) => begin(input),
  initial: 'panicking',
  states: {
    panicking: {
      description: 'The short window counts, and nothing is lowered',
      on: {
        ...common,
        decide: [
          { guard: 'isAlarming', actions: ['alarm', 'decidePanicking'] },
          { guard: 'isCalm', target: 'stable', actions: 'decideStable' },
          { actions: 'decidePanicking' },
        ],
      },
    },
    stable: {
      description: 'The long window counts',
      on: {
        ...common,
        decide: [
          { guard: 'isAlarming', target: 'panicking', actions: ['alarm', 'decidePanicking'] },
          { actions: 'decideStable' },
        ],
      },
    },
  },
});
