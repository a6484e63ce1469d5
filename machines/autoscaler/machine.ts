/**
 * The Autoscaler stage A (protocol 8): turns requests for replicas into wants, each above all that A has been told.
 *
 * Exactly one autoscaler decides per Deployment; this one decides nothing by itself: a request is somebody's decision.
 * Each event is one step: absorb, then send D what is new.
 */
import { assign, setup } from 'xstate';
import type { StageEvent } from '../../spec/events.ts';
import type { StageConfig } from '../../spec/stage.ts';
import { isUpstreamOpen, stepUpstreamSide } from '../ownership/link/index.ts';
import { isDoubtful, noteShown } from '../ownership/lists.ts';
import { type AutoscalerContext, initialContext } from './context.ts';
import { compose, tellDeployment } from './links.ts';
import { completeList, doubt, suspectStrangers, vanish, welcome } from './strangers.ts';
import { leave, request, stay } from './wants.ts';

type Event<T extends StageEvent['type']> = Extract<StageEvent, { type: T }>;

/** A change of the context by an event of one type. */
function absorb<T extends StageEvent['type']>(
  type: T,
  change: (context: AutoscalerContext, event: Event<T>) => AutoscalerContext,
) {
  return ({ context, event }: { context: AutoscalerContext; event: StageEvent }) =>
    event.type === type ? change(context, event as Event<T>) : context;
}

function throughLink(
  context: AutoscalerContext,
  event: Event<'connected' | 'broken' | 'received' | 'leaseRead'>,
): AutoscalerContext {
  const [down, outputs] = stepUpstreamSide(context.down, event);
  return compose({ ...context, down }, outputs);
}

/** A Deployment with a deletionTimestamp is as good as gone; one that has lost its label is about to leave. */
function observe(context: AutoscalerContext, { deployment }: Event<'deploymentObserved'>): AutoscalerContext {
  const { uid, deleting, unmanaged } = deployment;
  if (deleting) return context.gone.has(uid) ? context : vanish(context, uid);
  if (isDoubtful(context.lists, uid, context.mutants)) return doubt(context);
  const next = welcome({ ...context, lists: noteShown(context.lists, uid, !context.seen.has(uid)) }, uid);
  return unmanaged ? leave(next, uid) : stay(next, uid);
}

/** Handlers that every state shares. */
const common = {
  connected: { actions: ['absorbConnection', 'tellDeployment'] },
  broken: { actions: ['absorbBreak', 'tellDeployment'] },
  received: { actions: ['absorbMessage', 'tellDeployment'] },
  leaseRead: { actions: ['absorbLease', 'tellDeployment'] },
  scaleRequested: { actions: ['request', 'tellDeployment'] },
  deploymentObserved: { actions: ['absorbDeployment', 'tellDeployment'] },
  deploymentVanished: { actions: ['absorbDeploymentGone', 'tellDeployment'] },
  synced: { actions: ['completeList', 'tellDeployment'] },
  switchObserved: { actions: 'absorbSwitch' },
  timerFired: { actions: 'ignoreTimer' },
} as const;

/** The machine of A. @public */
export const autoscalerMachine = setup({
  types: { context: {} as AutoscalerContext, events: {} as StageEvent, input: {} as StageConfig },
  guards: {
    linkIsOpen: ({ context }) => isUpstreamOpen(context.down),
  },
  actions: {
    absorbConnection: assign(absorb('connected', throughLink)),
    absorbBreak: assign(absorb('broken', throughLink)),
    absorbMessage: assign(absorb('received', throughLink)),
    absorbLease: assign(absorb('leaseRead', throughLink)),
    absorbDeployment: assign(absorb('deploymentObserved', observe)),
    absorbDeploymentGone: assign(absorb('deploymentVanished', (context, { uid }) => vanish(context, uid))),
    /** Wants flow on under either owner: under `stock` D writes them back at once. */
    absorbSwitch: assign(
      absorb('switchObserved', (context, event) => ({ ...context, owner: event.switch.owner })),
    ),
    completeList: assign(
      absorb('synced', (context, { what, token }) =>
        what === 'deployments' ? completeList(context, token) : context,
      ),
    ),
    request: assign(absorb('scaleRequested', request)),
    /** A sets no timer. */
    ignoreTimer: () => {},
    tellDeployment: assign(({ context }) => suspectStrangers(tellDeployment(context))),
  },
}).createMachine({
  id: 'autoscaler',
  description: 'The Autoscaler stage: requests become wants (protocol 8)',
  context: ({ input }) => initialContext(input),
  initial: 'recovering',
  states: {
    recovering: {
      description:
        'D has not been heard in this incarnation: requests wait, since no want is known to be above',
      always: { guard: 'linkIsOpen', target: 'serving' },
      on: common,
    },
    serving: {
      description: 'Requests become wants; while the link is down they are kept, and sent when it opens',
      on: common,
    },
  },
});
