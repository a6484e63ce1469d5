/**
 * Soft invalidation (protocol 3): what a stage must tell its upstream, gathered over a step and sent as one batch.
 *
 * On an open link it goes at once; from `Offer` to `State` it queues; with no session it is dropped, since the
 * next handshake covers it.
 */
import type { Effect } from '../../spec/effects.ts';
import type { HeldWant, Invalidate, Invalidated, Message, PodReason } from '../../spec/messages.ts';
import type {
  LinkName,
  PodRecord,
  PodStatus,
  ReplicaCount,
  SessionId,
  Uid,
  Want,
} from '../../spec/vocabulary.ts';
import { type DownstreamSide, downstreamSession, isDownstreamOpen, isOffered } from './link/index.ts';

/** News for the upstream, in the order in which it came about within each list. @public */
export interface Upward {
  readonly assigned: readonly PodStatus[];
  readonly changed: readonly PodStatus[];
  readonly adopted: readonly PodRecord[];
  readonly lost: readonly PodReason[];
  readonly refused: readonly PodReason[];
  readonly terminated: readonly Uid[];
  readonly wants: readonly Want[];
  readonly counts: readonly ReplicaCount[];
  readonly scaled: readonly HeldWant[];
  readonly goneAcknowledged: readonly string[];
}

/** No news. @public */
export const NO_NEWS: Upward = {
  assigned: [],
  changed: [],
  adopted: [],
  lost: [],
  refused: [],
  terminated: [],
  wants: [],
  counts: [],
  scaled: [],
  goneAcknowledged: [],
};

const FIELDS = Object.keys(NO_NEWS) as (keyof Upward)[];

/** Adds news to news. @public */
export function addNews(before: Upward, more: Partial<Upward>): Upward {
  if (more === NO_NEWS) return before;
  let merged: Record<string, readonly unknown[]> | null = null;
  for (const field of FIELDS) {
    const added = more[field];
    if (added === undefined || added.length === 0) continue;
    merged ??= { ...before };
    merged[field] = before[field].length === 0 ? added : [...before[field], ...added];
  }
  return merged === null ? before : (merged as unknown as Upward);
}

/** Whether there is nothing to tell. @public */
export function isQuiet(news: Upward): boolean {
  return news === NO_NEWS || FIELDS.every((field) => news[field].length === 0);
}

/** The last of each key, in the order of their last mention: of one uid only the newest state is told. */
function newest<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  if (items.length < 2) return items;
  const last = new Map<string, T>();
  for (const item of items) {
    last.delete(key(item));
    last.set(key(item), item);
  }
  return [...last.values()];
}

/** A message that may be gathered with others of its kind. */
export type Gatherable = Invalidate | Invalidated;

/**
 * Whether nobody waits for this message: an invalidation that only says how Pods are, and how many, or its acknowledgement. What was
 * lost or adopted, and a newer want, must be acted on.
 */
export function mayWait(message: Message): message is Gatherable {
  if (message.kind === 'Invalidated') return true;
  return (
    message.kind === 'Invalidate' && message.adopted.length + message.lost.length + message.wants.length === 0
  );
}

/**
 * Two messages of one session and direction that may wait, as one: of each Pod and each ReplicaSet the newest. Its receiver comes to
 * the same state as by both.
 */
export function gathered(first: Gatherable, second: Gatherable): Gatherable {
  if (first.kind === 'Invalidated' || second.kind === 'Invalidated') return second;
  return {
    ...second,
    changed: newest([...first.changed, ...second.changed], ({ uid }) => uid),
    counts: newest([...first.counts, ...second.counts], ({ replicaSet }) => replicaSet),
  };
}

/** Many of them in their order, as by {@link gathered} one after the other. */
export function gatheredAll(messages: readonly [Gatherable, ...Gatherable[]]): Gatherable {
  const from = messages.findLastIndex(({ kind }) => kind === 'Invalidated') + 1;
  const invalidations = messages.slice(from) as Invalidate[];
  const last = messages.at(-1) as Gatherable;
  if (last.kind === 'Invalidated' || invalidations.length === 1) return last;
  return {
    ...last,
    changed: newest(
      invalidations.flatMap(({ changed }) => changed),
      ({ uid }) => uid,
    ),
    counts: newest(
      invalidations.flatMap(({ counts }) => counts),
      ({ replicaSet }) => replicaSet,
    ),
  };
}

/** The messages that carry the news in a session. Taken, then changed, then what ended. */
export function messagesOf(news: Upward, session: SessionId): readonly Message[] {
  const messages: Message[] = [];
  const uidOf = (item: { uid: Uid }) => item.uid;
  if (news.scaled.length > 0)
    messages.push({ kind: 'Scaled', session, wants: newest(news.scaled, (w) => w.deployment) });
  if (news.goneAcknowledged.length > 0)
    messages.push({ kind: 'GoneAcknowledged', session, deployments: news.goneAcknowledged });
  if (news.assigned.length > 0)
    messages.push({ kind: 'Assigned', session, pods: newest(news.assigned, uidOf) });
  const invalidations =
    news.changed.length + news.adopted.length + news.lost.length + news.wants.length + news.counts.length;
  if (invalidations > 0)
    messages.push({
      kind: 'Invalidate',
      session,
      changed: newest(news.changed, uidOf),
      adopted: newest(news.adopted, uidOf),
      lost: newest(news.lost, uidOf),
      wants: newest(news.wants, (want) => want.deployment),
      counts: newest(news.counts, (count) => count.replicaSet),
    });
  if (news.refused.length > 0) messages.push({ kind: 'Refused', session, pods: newest(news.refused, uidOf) });
  if (news.terminated.length > 0)
    messages.push({ kind: 'Terminated', session, uids: [...new Set(news.terminated)] });
  return messages;
}

/**
 * Sends, queues or drops news by the state of the link.
 *
 * @param queued - what queued since `Offer`
 * @param news - what this step adds
 * @returns what stays queued, and the effects
 */
export function flushUpward(
  side: DownstreamSide,
  link: LinkName,
  queued: Upward,
  news: Upward,
): readonly [Upward, readonly Effect[]] {
  if (isOffered(side)) return [addNews(queued, news), []];
  if (!isDownstreamOpen(side)) return [NO_NEWS, []];
  const all = addNews(queued, news);
  if (isQuiet(all)) return [NO_NEWS, []];
  const session = downstreamSession(side) as SessionId;
  return [NO_NEWS, messagesOf(all, session).map((message) => ({ type: 'send', link, message }))];
}
