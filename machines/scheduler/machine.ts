/**
 * The Scheduler stage (S): takes Pods from R, finds each a node, keeps one link to every node's K, gives up nodes that
 * can not be reached, makes room by preemption (`spec/protocol.md` 2, 3, 4, 6, 7, 9).
 *
 * Each event is one action over the context (the reducers are in this folder, one subject each), then `settle`. What
 * depends on the state of one link, one node or one preemption is in the machines of `ownership/`.
 */
import { assign, type SnapshotFrom, setup } from 'xstate';
import type { StageEvent } from '../../spec/events.ts';
import type { StageConfig } from '../../spec/stage.ts';
import { startDownstreamSide } from '../ownership/link/index.ts';
import { type Context, emit, emptyContext, stir } from './context.ts';
import { onOwnLease } from './leadership.ts';
import { onCancellation, onNodeLink } from './nodeLinks.ts';
import {
  observeNode,
  onMarked,
  onNodeRead,
  onNodesListed,
  onNodeVanished,
  onNodeVerified,
  onOwner,
} from './nodes.ts';
import { reportNoRoom } from './scheduling.ts';
import { settle } from './settle.ts';
import { forgetTemplate, observeTemplate } from './templates.ts';
import { forgetPod, observePod } from './unmanaged.ts';
import {
  createTimedOut,
  forgetUnstamped,
  handOver,
  noteSeen,
  observeUnstamped,
  onDeleteAnswered,
  onPublishFailed,
} from './unplaced.ts';
import { onUpstream, onUpstreamVerified } from './upstreamLink.ts';

type Args = { context: Context; event: StageEvent };
type Reducer<T extends StageEvent['type']> = (
  context: Context,
  event: Extract<StageEvent, { type: T }>,
) => Context;

/** An action from a reducer of one type of event. */
function on<T extends StageEvent['type']>(type: T, reducer: Reducer<T>) {
  return ({ context, event }: Args): Context =>
    event.type === type ? reducer(context, event as Extract<StageEvent, { type: T }>) : context;
}
const after = (prefix: string, text: string) => (text.startsWith(prefix) ? text.slice(prefix.length) : null);
const tokenStarts =
  (prefix: string) =>
  ({ event }: Args) =>
    event.type === 'leaseRead' && event.token.startsWith(prefix);
const timerStarts =
  (prefix: string) =>
  ({ event }: Args) =>
    event.type === 'timerFired' && event.timer.startsWith(prefix);
const isUpstream = ({ event }: Args) => 'link' in event && event.link === 'upstream';
/** `peer/node/<node>/<n>` → `<node>`. */
const nodeOfToken = (token: string) => token.split('/').at(-2) ?? '';

/** The machine. {@link schedulerStage} drives it. */
export const schedulerMachine = setup({
  types: { context: {} as Context, events: {} as StageEvent, input: {} as StageConfig },
  guards: {
    isOver: ({ context }) => context.effects.some(({ type }) => type === 'stop' || type === 'restart'),
    barrierPassed: ({ context }) => context.upstream.context.barrierPassed,
    ofUpstream: isUpstream,
    verifiesUpstream: tokenStarts('verify/'),
    reviewsUpstream: tokenStarts('own/upstream/'),
    reviewsNodeLink: tokenStarts('own/node/'),
    verifiesNode: tokenStarts('peer/node/'),
    confirmsCancellation: tokenStarts('confirm/'),
    reviewsNewerMark: tokenStarts('newer/'),
    nodeUnreachable: timerStarts('unreachable/'),
    cooledDown: timerStarts('coolDown/'),
    foundNoRoom: timerStarts('noRoom/'),
    waitedForRoom: timerStarts('handOver/'),
    waitedForAnswer: timerStarts('ambiguous/'),
  },
  actions: {
    listNodes: assign(({ context }) => emit(context, { type: 'listNodes' })),
    takeNodeList: assign(on('nodesListed', onNodesListed)),
    dialled: assign(on('connected', (context, event) => onNodeLink(context, event.link.slice(5), event))),
    breakUpstream: assign(on('broken', onUpstream)),
    breakNode: assign(on('broken', (context, event) => onNodeLink(context, event.link.slice(5), event))),
    hearUpstream: assign(on('received', onUpstream)),
    hearNode: assign(on('received', (context, event) => onNodeLink(context, event.link.slice(5), event))),
    verifyUpstream: assign(on('leaseRead', onUpstreamVerified)),
    reviewUpstream: assign(on('leaseRead', onUpstream)),
    readForNode: assign(
      on('leaseRead', (context, event) => onNodeVerified(context, nodeOfToken(event.token), event)),
    ),
    confirmCancellation: assign(
      on('leaseRead', (context, event) => onCancellation(context, nodeOfToken(event.token), event)),
    ),
    reviewNewerMark: assign(on('leaseRead', onOwnLease)),
    takeNodeRead: assign(on('nodeRead', onNodeRead)),
    takeMarked: assign(on('marked', onMarked)),
    observeNode: assign(on('nodeObserved', (context, { node }) => observeNode(context, node))),
    loseNode: assign(on('nodeVanished', onNodeVanished)),
    observeTemplate: assign(on('replicaSetObserved', observeTemplate)),
    forgetTemplate: assign(on('replicaSetVanished', forgetTemplate)),
    observePod: assign(
      on('podObserved', (context, { pod }) => observeUnstamped(observePod(context, pod), pod)),
    ),
    forgetPod: assign(on('podVanished', (context, { pod }) => forgetUnstamped(forgetPod(context, pod), pod))),
    takePublishFailure: assign(on('publishFailed', onPublishFailed)),
    takeDeleteAnswer: assign(on('deleteAnswered', onDeleteAnswered)),
    observeOwner: assign(on('switchObserved', (context, event) => onOwner(context, event.switch.owner))),
    giveUpNode: assign(
      on('timerFired', (context, { timer }) =>
        onCancellation(context, after('unreachable/', timer) ?? '', { type: 'timerFired' }),
      ),
    ),
    coolDown: assign(
      on('timerFired', (context, { timer }) => {
        const key = after('coolDown/', timer) ?? '';
        if (!context.cooling.has(key)) return context;
        return stir({ ...context, cooling: context.cooling.delete(key) }, key.split('/')[0] ?? '');
      }),
    ),
    reportNoRoom: assign(
      on('timerFired', (context, { timer }) => reportNoRoom(context, after('noRoom/', timer) ?? '')),
    ),
    handOver: assign(
      on('timerFired', (context, { timer }) => handOver(context, after('handOver/', timer) ?? '')),
    ),
    goOn: assign(
      on('timerFired', (context, { timer }) => createTimedOut(context, after('ambiguous/', timer) ?? '')),
    ),
    noteSeen: assign(on('synced', (context, { what }) => noteSeen(context, what))),
    settle: assign(({ context }) => settle(context)),
    refuse: assign({}),
  },
}).createMachine({
  id: 'scheduler',
  description: 'The Scheduler stage (protocol 3, 4, 6, 7)',
  context: ({ input }) =>
    emptyContext(
      input.incarnation,
      input.mutants ?? new Set(),
      startDownstreamSide({
        self: 'scheduler',
        upstreamStage: 'replicaset',
        link: 'upstream',
        incarnation: input.incarnation,
        mutants: input.mutants ?? new Set(),
      })[0],
      input.handsOver,
    ),
  initial: 'leading',
  states: {
    leading: {
      description: 'This incarnation acts',
      initial: 'listing',
      always: { guard: 'isOver', target: 'ended' },
      states: {
        listing: {
          description: 'The Nodes are being listed: their agents are the barrier',
          entry: 'listNodes',
          on: { nodesListed: { target: 'recovering', actions: ['takeNodeList', 'settle'] } },
        },
        recovering: {
          description: 'Not every node of the list was open or cancelled yet: R waits with its Hello',
          always: { guard: 'barrierPassed', target: 'serving' },
          on: { nodesListed: { actions: 'refuse' } },
        },
        serving: {
          description: 'The barrier has passed: R may connect',
          on: { nodesListed: { actions: 'refuse' } },
        },
      },
      on: {
        connected: { actions: ['dialled', 'settle'] },
        broken: [
          { guard: 'ofUpstream', actions: ['breakUpstream', 'settle'] },
          { actions: ['breakNode', 'settle'] },
        ],
        received: [
          { guard: 'ofUpstream', actions: ['hearUpstream', 'settle'] },
          { actions: ['hearNode', 'settle'] },
        ],
        leaseRead: [
          { guard: 'verifiesUpstream', actions: ['verifyUpstream', 'settle'] },
          { guard: 'reviewsUpstream', actions: ['reviewUpstream', 'settle'] },
          { guard: 'verifiesNode', actions: ['readForNode', 'settle'] },
          { guard: 'reviewsNodeLink', actions: ['readForNode', 'settle'] },
          { guard: 'confirmsCancellation', actions: ['confirmCancellation', 'settle'] },
          { guard: 'reviewsNewerMark', actions: ['reviewNewerMark', 'settle'] },
          { actions: 'refuse' },
        ],
        nodeRead: { actions: ['takeNodeRead', 'settle'] },
        marked: { actions: ['takeMarked', 'settle'] },
        nodeObserved: { actions: ['observeNode', 'settle'] },
        nodeVanished: { actions: ['loseNode', 'settle'] },
        replicaSetObserved: { actions: ['observeTemplate', 'settle'] },
        replicaSetVanished: { actions: ['forgetTemplate', 'settle'] },
        podObserved: { actions: ['observePod', 'settle'] },
        podVanished: { actions: ['forgetPod', 'settle'] },
        // The watch shows what was created: only that tells when it came, and whether it still stands.
        published: { actions: 'refuse' },
        publishFailed: { actions: ['takePublishFailure', 'settle'] },
        deleteAnswered: { actions: ['takeDeleteAnswer', 'settle'] },
        switchObserved: { actions: ['observeOwner', 'settle'] },
        synced: { actions: ['noteSeen', 'settle'] },
        timerFired: [
          { guard: 'nodeUnreachable', actions: ['giveUpNode', 'settle'] },
          { guard: 'cooledDown', actions: ['coolDown', 'settle'] },
          { guard: 'foundNoRoom', actions: ['reportNoRoom', 'settle'] },
          { guard: 'waitedForRoom', actions: ['handOver', 'settle'] },
          { guard: 'waitedForAnswer', actions: ['goOn', 'settle'] },
          { actions: 'refuse' },
        ],
      },
    },
    ended: { description: 'Superseded, or about to start again: nothing is heard any more' },
  },
});

/** A state of the Scheduler stage. */
export type SchedulerState = SnapshotFrom<typeof schedulerMachine>;
