/** Ending Pods at S (`spec/protocol.md` 4): tombstones, and who may say `Terminated`. */
import type { PodRecord, Uid } from '../../spec/vocabulary.ts';
import { isUpstreamOpen } from '../ownership/link/index.ts';
import { type Context, post, tell, version } from './context.ts';
import { hold } from './holdings.ts';
import { letGo } from './preempting.ts';
import { endUnplaced, isUnplaced } from './unplaced.ts';

/** Records with the mark set. */
function marked(context: Context, records: readonly PodRecord[]): Context {
  let next = hold(
    context,
    records.map((record) => ({ ...record, phase: 'terminating' as const })),
  );
  for (const [node, group] of Map.groupBy(records, (record) => record.node as string)) {
    const entry = next.nodes.get(node);
    if (entry !== undefined && isUpstreamOpen(entry.link))
      next = post(next, node, { terminate: group.map(({ uid }) => uid) });
  }
  return next;
}

/**
 * R asks to end these. What was sent to a node is tombstoned, and its node answers; a link that is not open gets it at its
 * next opening. What was never sent to a node, or is not held, S confirms itself (4.2, †).
 */
export function terminate(context: Context, uids: readonly Uid[]): Context {
  const sent: PodRecord[] = [];
  const confirmed: Uid[] = [];
  const unplaced: PodRecord[] = [];
  for (const uid of new Set(uids)) {
    const record = context.records.get(uid);
    if (record === undefined) {
      if (!context.mutants.has('strangers-unconfirmed')) confirmed.push(uid);
    } else if (isUnplaced(context, uid) && !context.mutants.has('unplaced-confirmed-early'))
      unplaced.push(record);
    else if (record.node === null) confirmed.push(uid);
    else if (record.phase !== 'terminating') sent.push(record);
  }
  let next = unplaced.reduce(endUnplaced, marked(context, sent));
  if (context.mutants.has('confirm-what-was-sent')) confirmed.push(...sent.map(({ uid }) => uid));
  next = letGo(next, confirmed);
  return confirmed.length === 0 ? next : tell(next, { terminated: confirmed });
}

/**
 * S itself ends these, for a preemptor. The mark is a change of the record, so it gets a version of S: R, which holds
 * the record live, must not take it for unchanged after a reset.
 */
export function evict(context: Context, uids: readonly Uid[]): Context {
  const victims: PodRecord[] = [];
  let { counter } = context;
  const unversioned = context.mutants.has('eviction-unversioned');
  for (const uid of uids) {
    const record = context.records.get(uid);
    if (record !== undefined && record.node !== null && record.phase !== 'terminating')
      victims.push(unversioned ? record : { ...record, version: version(context, ++counter) });
  }
  const next = marked({ ...context, counter }, victims);
  return tell(next, { changed: victims.map((record) => ({ ...statusOf(record), phase: 'terminating' })) });
}

/** The part of a record that an invalidation carries. */
export function statusOf({ uid, node, phase, ready, version: current }: PodRecord) {
  return { uid, node, phase, ready, version: current };
}
