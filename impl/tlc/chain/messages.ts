/** Messages, records and facts of a world of R, S and K, as `Chain.tla` writes them. */
import type { NodeFact, PodFact } from '../../../spec/facts.ts';
import type { Message, Offer } from '../../../spec/messages.ts';
import type { PodRecord, Uid } from '../../../spec/vocabulary.ts';
import { fenceOf, uidOf as mintedOf, recordWords, sessionOf } from '../link/messages.ts';
import { option } from '../text.ts';

/** Places in `Sets` of ReplicaSets of which stock makes Pods, by name. */
const PLACES: Readonly<Record<string, number>> = { 'd-t1': 1, e: 2 };

/** From here on a publisher is S: so much more than its incarnation. */
const BY_S = 100;

/** `u1-r1-2` is `<<"u", 1, 2>>`, published unbound by S; `m2-r1-1` is `<<"r", 1, 1>>`, published by 2; `s1-d-t1` is `<<"s", 1, 1>>`, of stock. */
export function objectOf(metadataUid: string): { readonly key: readonly unknown[]; readonly meta: number } {
  const [, publisher, uid] = /^m(\d+)-(.+)$/.exec(metadataUid) ?? [];
  if (uid !== undefined) return { key: mintedOf(uid), meta: Number(publisher) };
  const [, scheduler, minted] = /^u(\d+)-(.+)$/.exec(metadataUid) ?? [];
  if (minted !== undefined)
    return { key: ['u', ...mintedOf(minted).slice(1)], meta: BY_S + Number(scheduler) };
  const [, number, name = ''] = /^s(\d+)-(.+)$/.exec(metadataUid) ?? [];
  return { key: ['s', PLACES[name], Number(number)], meta: 0 };
}

/** A uid; one that was adopted names its object, and how often. */
export function uidOf(uid: Uid): readonly unknown[] {
  const [, metadataUid, round = '1'] = /^a-([msu][^.]+)(?:\.(\d+))?$/.exec(uid) ?? [];
  if (metadataUid === undefined) return mintedOf(uid);
  const { key, meta } = objectOf(metadataUid);
  return ['a', key[1], key[2], meta, Number(round)];
}

/** `kubelet/n1` is `n1`. */
const { recordOf: statusOf, heldOf } = recordWords((stage) => stage.slice(stage.indexOf('/') + 1), uidOf);

export { statusOf };
export const recordOf = (record: PodRecord) => ({ ...statusOf(record), set: record.replicaSet });
/** Records by uid. */
export const recordsOf = (records: Iterable<PodRecord>) =>
  new Map([...records].map((record) => [uidOf(record.uid), recordOf(record)]));
export const reasonOf = ({ uid, reason }: { readonly uid: Uid; readonly reason: string }) => ({
  uid: uidOf(uid),
  reason,
});

/** R keeps no drain of an offer; only K has one. */
export const offerOf = ({ session, held }: Offer) => ({ session: sessionOf(session), held: heldOf(held) });
export const drainedOfferOf = (offer: Offer) => ({
  ...offerOf(offer),
  drained: option(offer.drained, fenceOf),
  ...(offer.doubtful && { doubtful: true }),
});

const bodies: {
  readonly [K in Message['kind']]?: (message: Extract<Message, { kind: K }>, below: boolean) => object;
} = {
  Hello: () => ({}),
  Rejected: ({ fence, reason }) => ({ fence: fenceOf(fence), reason }),
  Offer: ({ held, drained, doubtful }, below) => ({
    held: heldOf(held),
    ...(below && { drained: option(drained, fenceOf) }),
    ...(doubtful && { doubtful }),
  }),
  Fetch: ({ uids, tombstones }) => ({ uids: uids.map(uidOf), tombstones: tombstones.map(uidOf) }),
  State: ({ records }) => ({ records: records.map(recordOf) }),
  Assign: ({ records }) => ({ records: records.map(recordOf) }),
  Terminate: ({ uids }) => ({ uids: uids.map(uidOf) }),
  Assigned: ({ pods }) => ({ pods: pods.map(statusOf) }),
  Refused: ({ pods }) => ({ pods: pods.map(reasonOf) }),
  Terminated: ({ uids }) => ({ uids: uids.map(uidOf) }),
  Invalidate: ({ changed, adopted, lost }) => ({
    changed: changed.map(statusOf),
    adopted: adopted.map(recordOf),
    lost: lost.map(reasonOf),
  }),
  Invalidated: () => ({}),
};

/**
 * A message; what is constant in these worlds is left out.
 * @param below - it is of a link between S and K
 */
export function messageOf(message: Message, below: boolean): object {
  const body = bodies[message.kind] as ((message: Message, below: boolean) => object) | undefined;
  if (body === undefined) throw new Error(`${message.kind} does not flow in a world of the chain`);
  return { kind: message.kind, session: sessionOf(message.session), ...body(message, below) };
}

export const nodeFactOf = ({ resourceVersion, agent, mark, drained }: NodeFact) => ({
  rv: Number(resourceVersion),
  agent: agent ?? 0,
  mark: option(mark, fenceOf),
  drained: option(drained, fenceOf),
});

/** Whether it is ours; one that is not takes room, and nothing more. */
export const isOurs = ({ managed }: PodFact) => managed;

/** Who published an object; 0 is stock. */
export const publisherOf = (metadataUid: string): number => objectOf(metadataUid).meta;
/** An object as one value. */
export const objectPair = (metadataUid: string) => {
  const { key, meta } = objectOf(metadataUid);
  return [key, [meta]];
};

export const podFactOf = (fact: PodFact) => ({
  uid: objectOf(fact.metadataUid).key,
  set: fact.replicaSet,
  meta: [publisherOf(fact.metadataUid)],
  node: fact.node ?? 'none',
  rv: Number(fact.resourceVersion),
  phase: fact.phase,
  ready: fact.ready,
  deleting: fact.deleting,
});
