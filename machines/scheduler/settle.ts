/** The end of each step: the barrier, the queue, then one batch to each node and one to R. */
import type { Message } from '../../spec/messages.ts';
import type { SessionId } from '../../spec/vocabulary.ts';
import { isUpstreamOpen, upstreamSession } from '../ownership/link/index.ts';
import { flushUpward, NO_NEWS, type Upward } from '../ownership/upward.ts';
import { type Context, emit, tell } from './context.ts';
import { linkOf } from './nodeLinks.ts';
import { refreshRoster } from './passRooms.ts';
import { runQueue, watchForRoom } from './scheduling.ts';
import { statusOf } from './tombstones.ts';
import { onUpstream } from './upstreamLink.ts';

/** Brings the stage to rest. */
export function settle(context: Context): Context {
  return flush(flushNodes(answerArrivals(watchForRoom(refreshRoster(runQueue(passBarrier(context)))))));
}

/** Each registered Node of the first list was open once, or was cancelled, in this incarnation (3); and what stands unbound was seen (7). */
function passBarrier(context: Context): Context {
  const { barrier, handOver, upstream } = context;
  if (barrier === null || !barrier.isEmpty() || handOver.unseen || upstream.context.barrierPassed)
    return context;
  return onUpstream(context, { type: 'barrierPassed' });
}

/** `Assigned` of what was taken in this step, as it stands at the end of it. */
function answerArrivals(context: Context): Context {
  if (context.arrived.length === 0) return context;
  const assigned = context.arrived
    .map((uid) => context.records.get(uid))
    .filter((record) => record !== undefined);
  return tell({ ...context, arrived: [] }, { assigned: assigned.map(statusOf) });
}

function flushNodes(context: Context): Context {
  if (context.outbox.isEmpty()) return context;
  let next: Context = { ...context, outbox: context.outbox.clear() };
  for (const [node, { assign, terminate, invalidated }] of context.outbox) {
    const entry = context.nodes.get(node);
    if (entry === undefined || !isUpstreamOpen(entry.link)) continue;
    const session = upstreamSession(entry.link) as SessionId;
    const messages: Message[] = [];
    if (invalidated > 0) messages.push({ kind: 'Invalidated', session });
    // Assign first: a Pod bound and preempted in one step must not be confirmed before it arrives.
    if (assign.length > 0) messages.push({ kind: 'Assign', session, records: assign });
    if (terminate.length > 0) messages.push({ kind: 'Terminate', session, uids: [...new Set(terminate)] });
    next = emit(next, ...messages.map((message) => ({ type: 'send' as const, link: linkOf(node), message })));
  }
  return next;
}

/** An adoption that is told is told as it stands now; one that is over is not told. */
function refresh(context: Context, news: Upward): Upward {
  if (news.adopted.length === 0) return news;
  const adopted = news.adopted
    .map(({ uid }) => context.records.get(uid))
    .filter((record) => record !== undefined);
  return { ...news, adopted };
}

function flush(context: Context): Context {
  const { upstream } = context;
  if (context.queued === NO_NEWS && context.news === NO_NEWS) return context;
  const [queued, effects] = flushUpward(
    upstream,
    'upstream',
    refresh(context, context.queued),
    refresh(context, context.news),
  );
  return emit({ ...context, queued, news: NO_NEWS }, ...effects);
}
