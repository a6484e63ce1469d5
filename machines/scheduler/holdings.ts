/** The records, and the counters over them. The only file that changes `records`, `ledgers` and `priorities`. */
import type { Map as IMap, Set as ISet } from 'immutable';
import type { PodRecord, Resources, Uid } from '../../spec/vocabulary.ts';
import { type Context, EMPTY_LEDGER, type Level, stir } from './context.ts';
import { dequeue } from './queue.ts';
import { minus, NOTHING, plus } from './resources.ts';

/** A ledger under change. */
interface OpenLedger {
  pods: ISet<Uid>;
  used: Resources;
  ending: Resources;
  live: IMap<number, Level>;
}
type Count = (priority: number, by: 1 | -1) => void;

function add(ledger: OpenLedger, record: PodRecord, count: Count): void {
  ledger.pods.add(record.uid);
  ledger.used = plus(ledger.used, record.requests);
  if (record.phase === 'terminating') {
    ledger.ending = plus(ledger.ending, record.requests);
    return;
  }
  const level = ledger.live.get(record.priority) ?? { count: 0, room: NOTHING };
  ledger.live.set(record.priority, { count: level.count + 1, room: plus(level.room, record.requests) });
  count(record.priority, 1);
}

function remove(ledger: OpenLedger, record: PodRecord, count: Count): void {
  ledger.pods.delete(record.uid);
  ledger.used = minus(ledger.used, record.requests);
  if (record.phase === 'terminating') {
    ledger.ending = minus(ledger.ending, record.requests);
    return;
  }
  const level = ledger.live.get(record.priority);
  if (level === undefined || level.count === 1) ledger.live.delete(record.priority);
  else ledger.live.set(record.priority, { count: level.count - 1, room: minus(level.room, record.requests) });
  count(record.priority, -1);
}

/** Whether a record takes the room that it took before: then only how it is has changed. */
function takesTheSame(before: PodRecord, after: PodRecord): boolean {
  const [was, is] = [before.requests, after.requests];
  return (
    before.node === after.node &&
    before.priority === after.priority &&
    (before.phase === 'terminating') === (after.phase === 'terminating') &&
    (was === is || (was.cpu === is.cpu && was.memory === is.memory && was.pods === is.pods))
  );
}

/** Applies changes: each is a record to hold, or one to let go of. */
function account(context: Context, held: readonly PodRecord[], dropped: readonly PodRecord[]): Context {
  const open = new Map<string, OpenLedger>();
  const ledgerOf = (node: string): OpenLedger => {
    let ledger = open.get(node);
    if (ledger === undefined) {
      const { pods, used, ending, live } = context.ledgers.get(node) ?? EMPTY_LEDGER;
      ledger = { pods: pods.asMutable(), used, ending, live: live.asMutable() };
      open.set(node, ledger);
    }
    return ledger;
  };
  const priorities = context.priorities.asMutable();
  const count: Count = (priority, by) => {
    const number = (priorities.get(priority) ?? 0) + by;
    if (number === 0) priorities.delete(priority);
    else priorities.set(priority, number);
  };
  const records = context.records.withMutations((map) => {
    for (const record of held) {
      const before = map.get(record.uid);
      if (before !== undefined && takesTheSame(before, record)) {
        map.set(record.uid, record);
        continue;
      }
      if (before?.node != null) remove(ledgerOf(before.node), before, count);
      if (record.node !== null) add(ledgerOf(record.node), record, count);
      map.set(record.uid, record);
    }
    for (const record of dropped) {
      if (record.node !== null) remove(ledgerOf(record.node), record, count);
      map.delete(record.uid);
    }
  });
  const ledgers = context.ledgers.withMutations((map) => {
    for (const [node, ledger] of open) {
      const { pods, used, ending, live } = ledger;
      if (pods.size === 0) map.delete(node);
      else map.set(node, { pods: pods.asImmutable(), used, ending, live: live.asImmutable() });
    }
  });
  const moved = context.moved.union(open.keys());
  return { ...context, records, ledgers, moved, priorities: priorities.asImmutable() };
}

/** Holds these records, in place of what was held of their uids. */
export function hold(context: Context, records: readonly PodRecord[]): Context {
  return records.length === 0 ? context : account(context, records, []);
}

/** Lets go of these uids wherever they are: placed (room appears), waiting. Unknown uids are ignored. */
export function release(context: Context, uids: Iterable<Uid>): Context {
  const records: PodRecord[] = [];
  for (const uid of new Set(uids)) {
    const record = context.records.get(uid);
    if (record !== undefined) records.push(record);
  }
  if (records.length === 0) return context;
  let next = account(context, [], records);
  const waiting = records.filter(({ node }) => node === null);
  if (waiting.length > 0) next = { ...next, queue: dequeue(next.queue, waiting) };
  for (const node of new Set(records.map((record) => record.node)))
    if (node !== null) next = stir(next, node);
  return next;
}

/** The records of one node, as the scope of its link. */
export function recordsOf(context: Context, node: string) {
  const pods = (context.ledgers.get(node) ?? EMPTY_LEDGER).pods;
  return {
    get: (uid: Uid): PodRecord | undefined => (pods.has(uid) ? context.records.get(uid) : undefined),
    *values(): Generator<PodRecord> {
      for (const uid of pods) yield context.records.get(uid) as PodRecord;
    },
  };
}
