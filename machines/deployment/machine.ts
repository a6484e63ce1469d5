/**
 * The Deployment stage D (protocol 8, 9): holds the highest want of each Deployment, decides for which ReplicaSet and
 * in which mode R obeys it, writes it back to `spec.replicas`, and notices what others write there.
 *
 * Each event is one step: absorb, then (in `serving` and `released`) reconcile what was touched, then tell A.
 */
import { assign, setup } from 'xstate';
import type { StageEvent } from '../../spec/events.ts';
import type { StageConfig } from '../../spec/stage.ts';
import { stepDownstreamSide, stepUpstreamSide } from '../ownership/link/index.ts';
import { type DeploymentContext, DOWN, initialContext, UP } from './context.ts';
import { compose } from './links.ts';
import { reconcile, takeWritten, tellAutoscaler } from './reconcile.ts';
import { fireTimer, readAgain, seeSwitch, waitForPropagation } from './timers.ts';
import {
  completeList,
  forgetDeployment,
  forgetReplicaSet,
  isKnown,
  seeDeployment,
  seeReplicaSet,
} from './workloads.ts';

type Event<T extends StageEvent['type']> = Extract<StageEvent, { type: T }>;

/** A change of the context by an event of one type. */
function absorb<T extends StageEvent['type']>(
  type: T,
  change: (context: DeploymentContext, event: Event<T>) => DeploymentContext,
) {
  return ({ context, event }: { context: DeploymentContext; event: StageEvent }) =>
    event.type === type ? change(context, event as Event<T>) : context;
}

function throughDown(
  context: DeploymentContext,
  event: Event<'connected' | 'broken' | 'received' | 'leaseRead'>,
): DeploymentContext {
  const [down, outputs] = stepUpstreamSide(context.down, event);
  return compose({ ...context, down }, outputs);
}

function throughUp(
  context: DeploymentContext,
  event: Event<'broken' | 'received' | 'leaseRead'>,
): DeploymentContext {
  const [up, outputs] = stepDownstreamSide(context.up, event);
  return compose({ ...context, up }, outputs);
}

/** The read of A's Lease that answers a `verify`; others are the links' own. */
function judgeLease(context: DeploymentContext, event: Event<'leaseRead'>): DeploymentContext {
  const next = throughUp(throughDown(context, event), event);
  const accept = event.incarnation !== null && event.incarnation === next.up.context.hello?.session.upstream;
  const [up, outputs] = stepDownstreamSide(next.up, { type: 'verified', token: event.token, accept });
  return compose({ ...next, up }, outputs);
}

function takeSynced(context: DeploymentContext, event: Event<'synced'>): DeploymentContext {
  const { what, token } = event;
  return what === 'deployments' || what === 'replicaSets' ? completeList(context, what, token) : context;
}

const keep = ['tellAutoscaler'] as const;
const act = ['reconcile', 'tellAutoscaler'] as const;

/** Handlers that every state shares; `then` is what follows the absorbing. */
const absorbing = <T extends string>(then: readonly T[]) => ({
  connected: { actions: ['absorbConnection', ...then] as const },
  broken: { actions: ['absorbBreak', ...then] as const },
  received: { actions: ['absorbMessage', ...then] as const },
  leaseRead: { actions: ['absorbLease', ...then] as const },
  deploymentObserved: { actions: ['absorbDeployment', ...then] as const },
  deploymentVanished: { actions: ['absorbDeploymentGone', ...then] as const },
  replicaSetObserved: { actions: ['absorbReplicaSet', ...then] as const },
  replicaSetVanished: { actions: ['absorbReplicaSetGone', ...then] as const },
  replicasWritten: { actions: ['absorbWritten', ...then] as const },
});

/** The machine of D. @public */
export const deploymentMachine = setup({
  types: { context: {} as DeploymentContext, events: {} as StageEvent, input: {} as StageConfig },
  guards: {
    everythingIsListed: ({ context }) => isKnown(context),
    ownerIsStock: ({ context }) => isKnown(context) && context.owner === 'stock',
    switchSaysStock: ({ event }) => event.type === 'switchObserved' && event.switch.owner === 'stock',
    switchSaysDirect: ({ event }) => event.type === 'switchObserved' && event.switch.owner === 'direct',
    propagated: ({ event }) => event.type === 'timerFired' && event.timer === 'propagation',
  },
  actions: {
    absorbConnection: assign(absorb('connected', throughDown)),
    absorbBreak: assign(
      absorb('broken', (context, event) =>
        event.link === DOWN ? throughDown(context, event) : throughUp(context, event),
      ),
    ),
    absorbMessage: assign(
      absorb('received', (context, event) =>
        event.link === UP ? throughUp(context, event) : throughDown(context, event),
      ),
    ),
    absorbLease: assign(absorb('leaseRead', judgeLease)),
    absorbDeployment: assign(
      absorb('deploymentObserved', (context, { deployment }) => seeDeployment(context, deployment)),
    ),
    absorbDeploymentGone: assign(
      absorb('deploymentVanished', (context, { uid }) => forgetDeployment(context, uid)),
    ),
    absorbReplicaSet: assign(
      absorb('replicaSetObserved', (context, { replicaSet }) => seeReplicaSet(context, replicaSet)),
    ),
    absorbReplicaSetGone: assign(
      absorb('replicaSetVanished', (context, { uid }) => forgetReplicaSet(context, uid)),
    ),
    absorbWritten: assign(
      absorb('replicasWritten', (context, { deployment, after, refusal }) =>
        takeWritten(context, deployment, after, refusal),
      ),
    ),
    absorbSwitch: assign(absorb('switchObserved', (context, event) => seeSwitch(context, event.switch))),
    absorbSynced: assign(absorb('synced', takeSynced)),
    absorbTimer: assign(absorb('timerFired', (context, { timer }) => fireTimer(context, timer))),
    waitForPropagation: assign(({ context }) => waitForPropagation(context)),
    readAgain: assign(({ context }) => readAgain(context)),
    reconcile: assign(({ context }) => reconcile(context)),
    tellAutoscaler: assign(({ context }) => tellAutoscaler(context)),
  },
}).createMachine({
  id: 'deployment',
  description:
    'The Deployment stage: the highest want of each Deployment, and its replicas field (protocol 8)',
  context: ({ input }) => initialContext(input),
  initial: 'listing',
  states: {
    listing: {
      description: 'Deployments or ReplicaSets are not all listed: wants are gathered, nothing is decided',
      always: [
        { guard: 'ownerIsStock', target: 'released', actions: act },
        { guard: 'everythingIsListed', target: 'serving', actions: act },
      ],
      on: {
        ...absorbing(keep),
        switchObserved: { actions: ['absorbSwitch', ...keep] },
        synced: { actions: ['absorbSynced', ...keep] },
        timerFired: { actions: ['absorbTimer', ...keep] },
      },
    },
    serving: {
      description: 'Wants go to R at once, and to spec.replicas in the order of writing',
      on: {
        ...absorbing(act),
        switchObserved: [
          { guard: 'switchSaysStock', target: 'released', actions: ['absorbSwitch', ...act] },
          { actions: ['absorbSwitch', ...act] },
        ],
        synced: { actions: ['absorbSynced', ...act] },
        timerFired: { actions: ['absorbTimer', ...act] },
      },
    },
    released: {
      description: 'The stock controllers own the Pods: wants are written back at once',
      on: {
        ...absorbing(act),
        switchObserved: [
          {
            guard: 'switchSaysDirect',
            target: 'propagating',
            actions: ['absorbSwitch', 'waitForPropagation', ...keep],
          },
          { actions: ['absorbSwitch', ...act] },
        ],
        synced: { actions: ['absorbSynced', ...act] },
        timerFired: { actions: ['absorbTimer', ...act] },
      },
    },
    propagating: {
      description: 'Taken back; API servers may not all have seen it',
      on: {
        ...absorbing(keep),
        switchObserved: [
          { guard: 'switchSaysStock', target: 'released', actions: ['absorbSwitch', ...act] },
          { actions: ['absorbSwitch', ...keep] },
        ],
        synced: { actions: ['absorbSynced', ...keep] },
        timerFired: [
          { guard: 'propagated', target: 'rereading', actions: ['readAgain', ...keep] },
          { actions: ['absorbTimer', ...keep] },
        ],
      },
    },
    rereading: {
      description: 'Taken back: Deployments and ReplicaSets are read again before R is sent anything',
      always: { guard: 'everythingIsListed', target: 'serving', actions: act },
      on: {
        ...absorbing(keep),
        switchObserved: [
          { guard: 'switchSaysStock', target: 'released', actions: ['absorbSwitch', ...act] },
          { actions: ['absorbSwitch', ...keep] },
        ],
        synced: { actions: ['absorbSynced', ...keep] },
        timerFired: { actions: ['absorbTimer', ...keep] },
      },
    },
  },
});
