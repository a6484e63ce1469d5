/**
 * The ReplicaSet stage R (protocol 2, 3, 4, 8, 9): from wants and ReplicaSets to Pod records, handed to S.
 *
 * R decides only in `serving`: it mints and ends Pods so that each ReplicaSet comes to its target. In every other
 * state it absorbs what it is told. Each event is one step: absorb, decide (in `serving`), tell D.
 */
import { assign, setup } from 'xstate';
import type { StageEvent } from '../../spec/events.ts';
import type { StageConfig } from '../../spec/stage.ts';
import { TIMERS } from '../../spec/timers.ts';
import { isUpstreamOpen, stepDownstreamSide, stepUpstreamSide } from '../ownership/link/index.ts';
import { answered } from '../ownership/lists.ts';
import { DOWN, emit, initialContext, type ReplicaSetContext, UP } from './context.ts';
import { compose, tellDeployment } from './links.ts';
import {
  acknowledgeRelease,
  askForSets,
  askForUnknown,
  beginRelease,
  completeList,
  forgetReplicaSet,
  observePod,
  observeReplicaSet,
  recountUnknown,
  sweep,
} from './observe.ts';
import { dirtyAll, reconcile } from './reconcile.ts';
import {
  acknowledgeTakeBack,
  deleteUnbound,
  isCompared,
  noteAgents,
  noteStrays,
  reportWaiting,
} from './takeBack.ts';

type Event<T extends StageEvent['type']> = Extract<StageEvent, { type: T }>;

/** A change of the context by an event of one type. */
function absorb<T extends StageEvent['type']>(
  type: T,
  change: (context: ReplicaSetContext, event: Event<T>) => ReplicaSetContext,
) {
  return ({ context, event }: { context: ReplicaSetContext; event: StageEvent }) =>
    event.type === type ? change(context, event as Event<T>) : context;
}

function throughDown(
  context: ReplicaSetContext,
  event: Event<'connected' | 'broken' | 'received' | 'leaseRead'>,
) {
  const [down, outputs] = stepUpstreamSide(context.down, event);
  return compose({ ...context, down }, DOWN, outputs);
}

function throughUp(context: ReplicaSetContext, event: Event<'broken' | 'received' | 'leaseRead'>) {
  const [up, outputs] = stepDownstreamSide(context.up, event);
  return compose({ ...context, up }, UP, outputs);
}

/** The read of D's Lease that answers a `verify`; others are the links' own. */
function judgeLease(context: ReplicaSetContext, event: Event<'leaseRead'>): ReplicaSetContext {
  const next = throughUp(throughDown(context, event), event);
  const accept = event.incarnation !== null && event.incarnation === next.up.context.hello?.session.upstream;
  const [up, outputs] = stepDownstreamSide(next.up, { type: 'verified', token: event.token, accept });
  return compose({ ...next, up }, UP, outputs);
}

function fireRetry(context: ReplicaSetContext, event: Event<'timerFired'>): ReplicaSetContext {
  const uid = event.timer.slice('retry/'.length);
  const backoff = context.backoffs.get(uid);
  const group = context.groupOf.get(uid);
  if (backoff === undefined) return context;
  return {
    ...context,
    backoffs: context.backoffs.set(uid, { ...backoff, waiting: false }),
    dirty: group === undefined ? context.dirty : context.dirty.add(group),
  };
}

const settle = ['acknowledgeRelease', 'tellDeployment'] as const;
const decide = ['askForUnknown', 'reconcile', 'sweep', ...settle] as const;

/** Handlers that every living state shares; `then` is what follows the absorbing. */
const absorbing = <T extends string>(then: readonly T[]) => ({
  connected: { actions: ['absorbConnection', ...then] as const },
  broken: { actions: ['absorbBreak', ...then] as const },
  received: { actions: ['absorbMessage', ...then] as const },
  leaseRead: { actions: ['absorbLease', ...then] as const },
  replicaSetObserved: { actions: ['absorbReplicaSet', ...then] as const },
  replicaSetVanished: { actions: ['absorbReplicaSetGone', ...then] as const },
  podObserved: { actions: ['absorbPod', ...then] as const },
  nodesListed: { actions: then },
  podVanished: { actions: ['ignorePodGone'] as const },
  deleteAnswered: { actions: ['ignoreDeleteAnswer'] as const },
});

/** What every state of taking back hears alike. */
const takingBack = {
  ...absorbing(settle),
  switchObserved: [
    { guard: 'switchSaysStock', target: 'released', actions: ['absorbRelease', ...settle] },
    { actions: ['noteTakeBack', ...settle] },
  ],
} as const;

/** The machine of R. @public */
export const replicaSetMachine = setup({
  types: { context: {} as ReplicaSetContext, events: {} as StageEvent, input: {} as StageConfig },
  guards: {
    switchSaysDirect: ({ event }) => event.type === 'switchObserved' && event.switch.owner === 'direct',
    switchSaysStock: ({ event }) => event.type === 'switchObserved' && event.switch.owner === 'stock',
    retryIsDue: ({ event }) => event.type === 'timerFired' && event.timer.startsWith('retry/'),
    propagated: ({ event }) => event.type === 'timerFired' && event.timer === 'propagation',
    /** Stock had the Pods when the last life ended, or that life had only begun to take them back. */
    isTakenBack: ({ context, event }) =>
      event.type === 'switchObserved' &&
      event.switch.owner === 'direct' &&
      context.config.acknowledged === 'stock' &&
      !context.config.mutants?.has('take-back-uncompared'),
    everyPodIsKnown: ({ context, event }) =>
      event.type === 'podsListed' && isUpstreamOpen(context.down) && isCompared(context, event.pods),
    setsAreReadAgain: ({ context, event }) =>
      event.type === 'synced' &&
      event.what === 'replicaSets' &&
      answered(context.lists, event.token, context.config.mutants)?.asked === 0,
    replicaSetsSynced: ({ event }) => event.type === 'synced' && event.what === 'replicaSets',
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
    absorbReplicaSet: assign(
      absorb('replicaSetObserved', (context, { replicaSet }) => observeReplicaSet(context, replicaSet)),
    ),
    absorbReplicaSetGone: assign(
      absorb('replicaSetVanished', (context, { uid }) => forgetReplicaSet(context, uid)),
    ),
    absorbPod: assign(absorb('podObserved', (context, { pod }) => observePod(context, pod))),
    absorbNodeList: assign(absorb('nodesListed', (context, { nodes }) => noteAgents(context, nodes))),
    absorbPodList: assign(absorb('podsListed', (context, { pods }) => noteStrays(context, pods))),
    noteTakeBack: assign(
      absorb('switchObserved', (context, event) => ({
        ...context,
        takenBackAt: event.switch.resourceVersion,
      })),
    ),
    absorbRetry: assign(absorb('timerFired', fireRetry)),
    absorbRelease: assign(absorb('switchObserved', (context, event) => beginRelease(context, event.switch))),
    /** The Pod's own end comes up the chain; its object's end says nothing new. */
    ignorePodGone: () => {},
    /** A stray that could not be deleted is found again by the next list. */
    ignoreDeleteAnswer: () => {},
    /** The first list of ReplicaSets may have been incomplete until now. */
    considerAll: assign(({ context }) => recountUnknown(dirtyAll(context))),
    askForUnknown: assign(({ context }) => askForUnknown(context)),
    completeList: assign(
      absorb('synced', (context, { what, token }) =>
        what === 'replicaSets' ? completeList(context, token) : context,
      ),
    ),
    waitForPropagation: assign(({ context }) =>
      emit(context, { type: 'setTimer', timer: 'propagation', milliseconds: TIMERS.propagation }),
    ),
    listNodes: assign(({ context }) => emit(context, { type: 'listNodes' })),
    listPods: assign(({ context }) => emit(context, { type: 'listPods' })),
    listReplicaSets: assign(({ context }) => askForSets(context, 'takenBack')),
    reportWaiting: assign(absorb('podsListed', (context, { pods }) => reportWaiting(context, pods))),
    deleteUnbound: assign(({ context }) => deleteUnbound(context)),
    acknowledgeTakeBack: assign(({ context }) => acknowledgeTakeBack(context)),
    startAgain: assign(({ context }) =>
      emit(context, {
        type: 'restart',
        above: context.config.incarnation,
        reason: 'taken back from the stock controllers',
      }),
    ),
    reconcile: assign(({ context }) => reconcile(context)),
    sweep: assign(({ context }) => sweep(context)),
    acknowledgeRelease: assign(({ context }) => acknowledgeRelease(context)),
    tellDeployment: assign(({ context }) => tellDeployment(context)),
  },
}).createMachine({
  id: 'replicaset',
  description: 'The ReplicaSet stage: mints and ends Pod records (protocol 2, 8)',
  context: ({ input }) => initialContext(input),
  initial: 'waiting',
  states: {
    waiting: {
      description: 'The owner switch or the ReplicaSets have not been seen: nothing is decided',
      on: {
        ...absorbing(settle),
        switchObserved: [
          { guard: 'switchSaysStock', target: 'released', actions: ['absorbRelease', ...settle] },
          {
            guard: 'isTakenBack',
            target: 'propagating',
            actions: ['noteTakeBack', 'waitForPropagation', ...settle],
          },
          { guard: 'switchSaysDirect', target: 'syncing' },
        ],
        synced: { guard: 'replicaSetsSynced', target: 'unowned' },
        podsListed: { actions: settle },
        timerFired: { guard: 'retryIsDue', actions: ['absorbRetry', ...settle] },
      },
    },
    unowned: {
      description: 'The ReplicaSets are listed; the owner switch has not been seen: nothing is decided',
      on: {
        ...absorbing(settle),
        switchObserved: [
          { guard: 'switchSaysStock', target: 'released', actions: ['absorbRelease', ...settle] },
          {
            guard: 'isTakenBack',
            target: 'propagating',
            actions: ['noteTakeBack', 'waitForPropagation', ...settle],
          },
          { guard: 'switchSaysDirect', target: 'serving', actions: ['considerAll', ...decide] },
        ],
        synced: { actions: settle },
        podsListed: { actions: settle },
        timerFired: { guard: 'retryIsDue', actions: ['absorbRetry', ...settle] },
      },
    },
    syncing: {
      description: 'We own the Pods; the ReplicaSets are not all listed: nothing is decided',
      on: {
        ...absorbing(settle),
        switchObserved: [
          { guard: 'switchSaysStock', target: 'released', actions: ['absorbRelease', ...settle] },
          { actions: settle },
        ],
        synced: { guard: 'replicaSetsSynced', target: 'serving', actions: ['considerAll', ...decide] },
        podsListed: { actions: settle },
        timerFired: { guard: 'retryIsDue', actions: ['absorbRetry', ...settle] },
      },
    },
    serving: {
      description: 'Mints and ends Pods so that each ReplicaSet comes to its target',
      on: {
        ...absorbing(decide),
        switchObserved: [
          { guard: 'switchSaysStock', target: 'released', actions: ['absorbRelease', ...settle] },
          { actions: decide },
        ],
        synced: { actions: ['completeList', 'considerAll', ...decide] },
        podsListed: { actions: settle },
        timerFired: { guard: 'retryIsDue', actions: ['absorbRetry', ...decide] },
      },
    },
    released: {
      description: 'The stock controllers own the Pods: R mints and ends nothing',
      on: {
        ...absorbing(settle),
        switchObserved: [
          { guard: 'switchSaysDirect', target: 'ended', actions: ['startAgain', ...settle] },
          { actions: ['absorbRelease', ...settle] },
        ],
        synced: { actions: ['completeList', ...settle] },
        podsListed: { actions: settle },
        timerFired: { guard: 'retryIsDue', actions: ['absorbRetry', ...settle] },
      },
    },
    propagating: {
      description: 'A fresh R that takes the Pods back; API servers may not all have seen the switch',
      on: {
        ...takingBack,
        podsListed: { actions: settle },
        synced: { actions: ['completeList', ...settle] },
        timerFired: [
          { guard: 'propagated', target: 'comparing', actions: ['listNodes', ...settle] },
          { guard: 'retryIsDue', actions: ['absorbRetry', ...settle] },
        ],
      },
    },
    comparing: {
      description:
        'Taking back: waits until each Pod of a consistent list that some K will see is known below',
      on: {
        ...takingBack,
        nodesListed: { actions: ['absorbNodeList', 'listPods', ...settle] },
        podsListed: [
          {
            guard: 'everyPodIsKnown',
            target: 'rereading',
            actions: ['absorbPodList', 'listReplicaSets', ...settle],
          },
          {
            target: 'propagating',
            actions: ['absorbPodList', 'deleteUnbound', 'reportWaiting', 'waitForPropagation', ...settle],
          },
        ],
        synced: { actions: ['completeList', ...settle] },
        timerFired: { guard: 'retryIsDue', actions: ['absorbRetry', ...settle] },
      },
    },
    rereading: {
      description: 'Taking back: reads the ReplicaSets as stock left them, then says that R owns the Pods',
      on: {
        ...takingBack,
        podsListed: { actions: settle },
        synced: [
          {
            guard: 'setsAreReadAgain',
            target: 'serving',
            actions: ['completeList', 'acknowledgeTakeBack', 'considerAll', ...decide],
          },
          { actions: ['completeList', ...settle] },
        ],
        timerFired: { guard: 'retryIsDue', actions: ['absorbRetry', ...settle] },
      },
    },
    ended: {
      description: 'This incarnation is over; the host starts the next',
      on: {},
    },
  },
});
