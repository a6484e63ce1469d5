/** What the upper end of a link does with its records: shared by the stubs that are one. */
import { applyState, merge } from '../../../machines/ownership/handshake.ts';
import type { Message, Offer, State } from '../../../spec/messages.ts';
import type { PodRecord, PodStatus, Uid } from '../../../spec/vocabulary.ts';

/** Records by uid. */
export type Records = ReadonlyMap<Uid, PodRecord>;
type Mutants = ReadonlySet<string>;

const NOTHING = { cpu: 0, memory: 0, pods: 1 };

/** With a record. */
export function put(records: Records, record: PodRecord): Records {
  return new Map(records).set(record.uid, record);
}

/** Without a uid. */
export function drop(records: Records, uid: Uid): Records {
  const next = new Map(records);
  next.delete(uid);
  return next;
}

/** A Pod as it begins. */
export function newPod(incarnation: number, counter: number): PodRecord {
  return {
    uid: `r${incarnation}-${counter}`,
    replicaSet: 'rs',
    revision: 'v1',
    requests: NOTHING,
    priority: 0,
    node: null,
    phase: 'created',
    ready: false,
    version: { stage: 'replicaset', incarnation, counter },
  };
}

/** As a tombstone. */
export function marked(records: Records, uid: Uid): Records {
  return put(records, { ...(records.get(uid) as PodRecord), phase: 'terminating', ready: false });
}

/** uids that are not marked, in the order of the records. */
export function liveOf(records: Records): readonly Uid[] {
  return [...records.values()].filter(({ phase }) => phase !== 'terminating').map(({ uid }) => uid);
}

/** The table of the handshake: the records after it, and the tombstones to be sent again. */
export function takeState(
  records: Records,
  offer: Offer,
  state: State,
  mutants: Mutants,
): readonly [Records, readonly Uid[]] {
  const outcome = applyState(records, offer.held, state.records, mutants);
  let next = [...outcome.take, ...outcome.adopt].reduce(put, records);
  next = [...outcome.lost, ...outcome.confirm].reduce(drop, next);
  if (mutants.has('no-terminate-on-opening')) return [next, []];
  const tombstones = [...next.values()].filter(({ phase }) => phase === 'terminating');
  return [next, tombstones.map(({ uid }) => uid).sort()];
}

function mergeAll(records: Records, statuses: readonly PodStatus[], mutants: Mutants): Records {
  let next = records;
  for (const status of statuses) {
    const mine = next.get(status.uid);
    if (mine === undefined) continue;
    const merged = merge(mine, status, mutants);
    const early = merged.phase === 'terminating' && mutants.has('collect-tombstone-early');
    next = early ? drop(next, status.uid) : put(next, merged);
  }
  return next;
}

/** What the downstream tells on an open link. */
export function told(records: Records, message: Message, mutants: Mutants): Records {
  switch (message.kind) {
    case 'Assigned':
      return mergeAll(records, message.pods, mutants);
    case 'Refused':
      return message.pods.map(({ uid }) => uid).reduce(drop, records);
    case 'Terminated':
      return message.uids.reduce(drop, records);
    case 'Invalidate': {
      const unknown = message.adopted.filter(({ uid }) => !records.has(uid));
      const merged = mergeAll(unknown.reduce(put, records), message.changed, mutants);
      return message.lost.map(({ uid }) => uid).reduce(drop, merged);
    }
    default:
      return records;
  }
}
