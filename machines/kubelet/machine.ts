/**
 * The Kubelet stage K, the tail (`spec/protocol.md` 4, 5, 6, 9): accepts, starts, publishes and ends the Pods of one node.
 *
 * Two regions. *agent*: K registers itself, reads S's Lease, lists its Pods, and only then answers a `Hello` (6).
 * *owner*: who may act on managed Pods (9). What it knows of each Pod is data (`context.ts`), judged by
 * `machines/ownership/tailPod.ts` and decided in `next.ts`.
 */
import { assign, setup } from 'xstate';
import type { StageEvent } from '../../spec/events.ts';
import * as cancel from './cancel.ts';
import { initialContext, type KubeletContext } from './context.ts';
import * as handover from './handover.ts';
import { stepLink } from './link.ts';
import { askForList, listAlone, listArrived, reconcile } from './observe.ts';
import { recover, resume } from './recover.ts';
import { hearTail } from './tail.ts';

type Args = { context: KubeletContext; event: StageEvent };
type Of<T extends StageEvent['type']> = Extract<StageEvent, { type: T }>;

/** An action from a reducer over the data. */
const does = <T extends StageEvent['type']>(
  reducer: (context: KubeletContext, event: Of<T>) => KubeletContext,
) =>
  assign<KubeletContext, StageEvent, undefined, StageEvent, never>(({ context, event }) =>
    reducer(context, event as Of<T>),
  );

const tail = { actions: 'hearTail' } as const;
/** What K hears of Pods, its link and its runtime whatever it is doing. */
const always = {
  received: { actions: 'hearLink' },
  broken: { actions: 'hearLink' },
  podObserved: tail,
  podVanished: tail,
  published: tail,
  publishFailed: tail,
  deleteAnswered: tail,
  podRead: tail,
  podStarted: tail,
  podNeedsObject: tail,
  podReadiness: tail,
  podStopped: tail,
  synced: tail,
  timerFired: tail,
} as const;
/** The region `owner` hears of the switch. */
const switches = { switchObserved: { actions: 'leaveToOwner' } } as const;
/** Answers that nobody waits for. */
const unasked = { actions: 'ignoreUnasked' } as const;
/** Left to the region `agent`. */
const left = { actions: 'leaveToAgent' } as const;
const agents = {
  received: left,
  broken: left,
  leaseRead: left,
  registered: left,
  nodeRead: left,
  nodeObserved: left,
  nodeVanished: left,
  podObserved: left,
  podVanished: left,
  published: left,
  publishFailed: left,
  deleteAnswered: left,
  podRead: left,
  podStarted: left,
  podNeedsObject: left,
  podReadiness: left,
  podStopped: left,
  synced: left,
} as const;

/** The machine. Drive it with `kubeletStage`. @public */
export const kubeletMachine = setup({
  types: { context: {} as KubeletContext, events: {} as StageEvent, input: {} as KubeletContext },
  guards: {
    isLeaderless: ({ context, event }: Args) => cancel.isLeaderless(context, event),
    leaderIsDue: ({ event }: Args) => event.type === 'timerFired' && event.timer === 'leader',
    isMinimum: ({ context, event }: Args) => cancel.isMinimum(context, event),
    isFirstList: ({ context }: Args) => context.journal !== null,
    // A list asked for before the last registration may still be on its way.
    firstOfSeveralLists: ({ context }: Args) => context.journal !== null && context.lists > 1,
    oneOfSeveralLists: ({ context }: Args) => context.lists > 1,
    ownNodeVanished: ({ context, event }: Args) =>
      event.type === 'nodeVanished' && event.uid === (context.registered?.uid ?? context.nodeUid),
    showsAnother: ({ context, event }: Args) => cancel.showsAnother(context, event),
    wasShownAnother: ({ context, event }: Args) => cancel.wasShownAnother(context, event),
    nodeIsLost: ({ context, event }: Args) => cancel.isNodeLost(context, event),
    agentIsSuperseded: ({ context, event }: Args) => cancel.isAgentSuperseded(context, event),
    registrationIsLost: ({ context, event }: Args) => cancel.isRegistrationLost(context, event),
    ownNodeRead: ({ context, event }: Args) => cancel.isOwnNodeRead(context, event),
    stockOwns: ({ event }: Args) => event.type === 'switchObserved' && event.switch.owner === 'stock',
    isLastList: ({ context }: Args) => context.lists <= 1,
    propagated: ({ event }: Args) => event.type === 'timerFired' && event.timer === 'propagation',
  },
  actions: {
    askToRegister: does<StageEvent['type']>((context) => cancel.askToRegister(context)),
    noteShown: does<'nodeObserved' | 'nodeVanished'>(cancel.noteShown),
    askForMinimum: does<'registered'>(cancel.askForMinimum),
    awaitLeader: does<StageEvent['type']>((context) => cancel.awaitLeader(context)),
    readLeader: does<StageEvent['type']>((context) => cancel.readLeader(context)),
    takeMinimum: does<'leaseRead'>(cancel.takeMinimum),
    askForList: does<StageEvent['type']>((context) => askForList(context)),
    recover: does<'podsListed'>((context, { pods }) => listAlone(recover(listArrived(context), pods))),
    resume: does<'podsListed'>((context, { pods }) => listAlone(listArrived(resume(context, pods)))),
    reconcile: does<'podsListed'>((context, { pods }) => listAlone(listArrived(reconcile(context, pods)))),
    countList: does<'podsListed'>((context) => listArrived(context)),
    heedNode: does<'nodeObserved'>((context, { node }) => cancel.heedNode(context, node)),
    heedNodeRead: does<'nodeRead'>(cancel.heedNodeRead),
    loseNode: does<StageEvent['type']>((context) => cancel.loseNode(context)),
    loseRegistration: does<StageEvent['type']>((context) => cancel.loseRegistration(context)),
    stepDown: does<StageEvent['type']>((context) => cancel.stepDown(context)),
    passBarrier: does<StageEvent['type']>((context) => stepLink(context, { type: 'barrierPassed' })),
    hearLink: does<'received' | 'broken' | 'leaseRead'>(stepLink),
    hearTail: does<StageEvent['type']>(hearTail),
    noteOwner: does<'switchObserved'>((context, event) => handover.noteOwner(context, event.switch)),
    release: does<'switchObserved'>((context, event) => handover.release(context, event.switch)),
    startTakingBack: does<'switchObserved'>((context, event) =>
      handover.startTakingBack(context, event.switch),
    ),
    listForTakingBack: does<StageEvent['type']>((context) => handover.listForTakingBack(context)),
    takeBack: does<StageEvent['type']>((context) => handover.takeBack(context)),
    ignoreUnasked: () => undefined,
    ignoreBeforeRegistration: () => undefined,
    ignoreOtherNode: () => undefined,
    ignoreSuperseded: () => undefined,
    leaveToOwner: () => undefined,
    leaveToAgent: () => undefined,
    waitForOtherLists: () => undefined,
  },
}).createMachine({
  id: 'kubelet',
  description: 'The Kubelet stage K: the tail of the narrow waist, one per node',
  // XState makes an actor without an input where it only needs a scope.
  context: ({ input }) => input ?? initialContext({ incarnation: 0 }),
  type: 'parallel',
  states: {
    agent: {
      description: 'Life of the agent on its Node (6)',
      initial: 'registering',
      states: {
        registering: {
          description: 'Writing incarnation and address on the Node, before anything is heard',
          entry: 'askToRegister',
          on: {
            ...always,
            ...switches,
            registered: [
              { guard: 'agentIsSuperseded', target: 'superseded', actions: 'stepDown' },
              { guard: 'wasShownAnother', target: 'registering', reenter: true },
              { target: 'readingLeader', actions: 'askForMinimum' },
            ],
            leaseRead: { actions: 'hearLink' },
            nodeRead: unasked,
            nodeObserved: { actions: 'noteShown' },
            nodeVanished: { actions: 'noteShown' },
            podsListed: [{ guard: 'isFirstList', actions: 'countList' }, { actions: 'reconcile' }],
          },
        },
        readingLeader: {
          description: "Reading S's Lease consistently, until there is one: the minimum for a Hello",
          on: {
            ...always,
            ...switches,
            registered: unasked,
            timerFired: [{ guard: 'leaderIsDue', actions: 'readLeader' }, tail],
            leaseRead: [
              { guard: 'isLeaderless', actions: 'awaitLeader' },
              { guard: 'isMinimum', target: 'listing', actions: 'takeMinimum' },
              { actions: 'hearLink' },
            ],
            nodeRead: unasked,
            nodeObserved: [
              { guard: 'showsAnother', target: 'registering' },
              { actions: 'ignoreBeforeRegistration' },
            ],
            nodeVanished: [
              { guard: 'ownNodeVanished', target: 'registering' },
              { actions: 'ignoreOtherNode' },
            ],
            podsListed: [{ guard: 'isFirstList', actions: 'countList' }, { actions: 'reconcile' }],
          },
        },
        listing: {
          description: 'Listing the Pods of the node consistently: recovery begins from it',
          entry: 'askForList',
          on: {
            ...always,
            ...switches,
            registered: unasked,
            leaseRead: { actions: 'hearLink' },
            nodeRead: unasked,
            nodeObserved: [
              { guard: 'showsAnother', target: 'registering' },
              { actions: 'ignoreBeforeRegistration' },
            ],
            nodeVanished: [
              { guard: 'ownNodeVanished', target: 'registering' },
              { actions: 'ignoreOtherNode' },
            ],
            podsListed: [
              { guard: 'firstOfSeveralLists', actions: 'countList' },
              { guard: 'isFirstList', target: 'serving', actions: ['recover', 'passBarrier'] },
              { guard: 'oneOfSeveralLists', actions: 'reconcile' },
              { target: 'serving', actions: ['resume', 'passBarrier'] },
            ],
          },
        },
        serving: {
          description: 'A Hello is answered once the mark was read and nothing is left to drain or kill',
          on: {
            ...always,
            ...switches,
            registered: unasked,
            leaseRead: { actions: 'hearLink' },
            nodeRead: [
              { guard: 'nodeIsLost', target: 'registering', actions: 'loseNode' },
              { guard: 'agentIsSuperseded', target: 'superseded', actions: 'stepDown' },
              { guard: 'registrationIsLost', target: 'registering', actions: 'loseRegistration' },
              { guard: 'ownNodeRead', actions: 'heedNodeRead' },
              unasked,
            ],
            nodeObserved: { actions: 'heedNode' },
            nodeVanished: [
              { guard: 'ownNodeVanished', target: 'registering', actions: 'loseNode' },
              { actions: 'ignoreOtherNode' },
            ],
            podsListed: { actions: 'reconcile' },
          },
        },
        superseded: {
          description: 'A newer agent answers for this Node; this one has stopped',
          on: {
            received: { actions: 'ignoreSuperseded' },
            broken: { actions: 'ignoreSuperseded' },
            leaseRead: { actions: 'ignoreSuperseded' },
            registered: { actions: 'ignoreSuperseded' },
            nodeRead: { actions: 'ignoreSuperseded' },
            nodeObserved: { actions: 'ignoreSuperseded' },
            nodeVanished: { actions: 'ignoreSuperseded' },
            podObserved: { actions: 'ignoreSuperseded' },
            podVanished: { actions: 'ignoreSuperseded' },
            podsListed: { actions: 'ignoreSuperseded' },
            published: { actions: 'ignoreSuperseded' },
            publishFailed: { actions: 'ignoreSuperseded' },
            deleteAnswered: { actions: 'ignoreSuperseded' },
            podRead: { actions: 'ignoreSuperseded' },
            podStarted: { actions: 'ignoreSuperseded' },
            podNeedsObject: { actions: 'ignoreSuperseded' },
            podReadiness: { actions: 'ignoreSuperseded' },
            podStopped: { actions: 'ignoreSuperseded' },
            switchObserved: { actions: 'ignoreSuperseded' },
            synced: { actions: 'ignoreSuperseded' },
            timerFired: { actions: 'ignoreSuperseded' },
          },
        },
      },
    },
    owner: {
      description: 'Who may act on managed Pods (9)',
      initial: 'direct',
      states: {
        direct: {
          description: 'We may create and delete',
          on: {
            ...agents,
            switchObserved: [
              { guard: 'stockOwns', target: 'stock', actions: 'release' },
              { actions: 'noteOwner' },
            ],
            podsListed: left,
            timerFired: left,
          },
        },
        stock: {
          description:
            'The stock controller may; K ends what is unpublished and lets go of what was not signalled',
          on: {
            ...agents,
            switchObserved: [
              { guard: 'stockOwns', actions: 'release' },
              { target: 'propagating', actions: 'startTakingBack' },
            ],
            podsListed: left,
            timerFired: left,
          },
        },
        propagating: {
          description: 'Direct again, but not yet at every API server',
          on: {
            ...agents,
            switchObserved: [
              { guard: 'stockOwns', target: 'stock', actions: 'release' },
              { actions: 'noteOwner' },
            ],
            podsListed: left,
            timerFired: [{ guard: 'propagated', target: 'relisting', actions: 'listForTakingBack' }, left],
          },
        },
        relisting: {
          description: 'Listing the Pods consistently before K acts on them again',
          on: {
            ...agents,
            switchObserved: [
              { guard: 'stockOwns', target: 'stock', actions: 'release' },
              { actions: 'noteOwner' },
            ],
            podsListed: [
              { guard: 'isLastList', target: 'direct', actions: 'takeBack' },
              { actions: 'waitForOtherLists' },
            ],
            timerFired: left,
          },
        },
      },
    },
  },
});
