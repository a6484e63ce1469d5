/**
 * A work queue as client-go's: a key is in it once, from a time on; failures delay it exponentially. Pure and persistent.
 */
import { emptyMap, firstOf, getIn, type OrderedMap, removeIn, setIn, sizeOf } from '../orderedMap.ts';

/** @public */
export interface WorkQueue {
  /** Key → when it is due, Unix milliseconds. */
  readonly due: OrderedMap<number>;
  /** `<padded time>/<key>` → key: the order of being due. */
  readonly order: OrderedMap<string>;
  /** Key → failures in a row. */
  readonly failures: OrderedMap<number>;
}

/** client-go's `ItemExponentialFailureRateLimiter`. */
const BACKOFF_MS = 5;
const BACKOFF_MAX_MS = 1_000_000;

/** A queue without work. @public */
export function emptyQueue(): WorkQueue {
  return { due: emptyMap(), order: emptyMap(), failures: emptyMap() };
}

const orderKey = (at: number, key: string): string => `${String(Math.ceil(at)).padStart(16, '0')}/${key}`;

/** Adds work; of two times the earlier counts. @public */
export function enqueue(queue: WorkQueue, key: string, at: number): WorkQueue {
  const before = getIn(queue.due, key);
  if (before !== undefined && before <= at) return queue;
  const order = before === undefined ? queue.order : removeIn(queue.order, orderKey(before, key));
  return { ...queue, due: setIn(queue.due, key, at), order: setIn(order, orderKey(at, key), key) };
}

/** Takes out the first key that is due. @public */
export function takeDue(queue: WorkQueue, now: number): [WorkQueue, string] | undefined {
  const first = firstOf(queue.order);
  if (first === undefined) return undefined;
  const [place, key] = first;
  if ((getIn(queue.due, key) ?? 0) > now) return undefined;
  return [{ ...queue, due: removeIn(queue.due, key), order: removeIn(queue.order, place) }, key];
}

/** When the first key is due; undefined if there is none. @public */
export function nextDue(queue: WorkQueue): number | undefined {
  const first = firstOf(queue.order);
  return first === undefined ? undefined : getIn(queue.due, first[1]);
}

/** Notes a failure and queues the key again after its backoff. @public */
export function retry(queue: WorkQueue, key: string, now: number): WorkQueue {
  const failed = getIn(queue.failures, key) ?? 0;
  const delay = Math.min(BACKOFF_MS * 2 ** Math.min(failed, 30), BACKOFF_MAX_MS);
  return enqueue({ ...queue, failures: setIn(queue.failures, key, failed + 1) }, key, now + delay);
}

/** Forgets the failures of a key. @public */
export function forget(queue: WorkQueue, key: string): WorkQueue {
  return sizeOf(queue.failures) === 0 ? queue : { ...queue, failures: removeIn(queue.failures, key) };
}
