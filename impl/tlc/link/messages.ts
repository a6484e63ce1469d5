/** Messages, records and uids of a world of two ends, as `Link.tla` writes them. */
import type { Message, Offer } from '../../../spec/messages.ts';
import type { Fence, PodStatus, SessionId, Uid, Version } from '../../../spec/vocabulary.ts';

/** `r1-2` is `<<"r", 1, 2>>`, `a-1-2` is `<<"a", 1, 2>>`. */
export function uidOf(uid: Uid): readonly unknown[] {
  const [, kind, incarnation, counter] = /^([ra])-?(\d+)-(\d+)$/.exec(uid) ?? [];
  if (kind === undefined) throw new Error(`"${uid}" is no uid of a world of two ends`);
  return [kind, Number(incarnation), Number(counter)];
}

/** Records as modules write them that name the stage of a version, and a uid, each in its way. */
export function recordWords(
  ownerOf: (stage: string) => string,
  wordOf: (uid: Uid) => readonly unknown[] = uidOf,
) {
  const versionOf = ({ stage, incarnation, counter }: Version) => [ownerOf(stage), incarnation, counter];
  const recordOf = ({ uid, node, phase, ready, version }: PodStatus) => ({
    uid: wordOf(uid),
    node: node ?? 'none',
    phase,
    ready,
    version: versionOf(version),
  });
  const heldOf = (held: Offer['held']) =>
    held.map(({ uid, version }) => ({ uid: wordOf(uid), version: versionOf(version) }));
  return { versionOf, recordOf, heldOf };
}

export const endOf = (peer: string): 'up' | 'down' => (peer === 'replicaset' ? 'up' : 'down');
const { versionOf, recordOf, heldOf } = recordWords(endOf);

export { recordOf, versionOf };
export const sessionOf = ({ upstream, downstream, n }: SessionId) => [upstream, downstream, n];
export const fenceOf = ({ incarnation, n }: Fence) => [incarnation, n];
export const uidsOf = (items: readonly { readonly uid: Uid }[]) => items.map(({ uid }) => uidOf(uid));

export const offerOf = ({ session, held }: Offer) => ({ session: sessionOf(session), held: heldOf(held) });

const bodies: { readonly [K in Message['kind']]?: (message: Extract<Message, { kind: K }>) => object } = {
  Hello: () => ({}),
  Rejected: ({ fence, reason }) => ({ fence: fenceOf(fence), reason }),
  Offer: ({ held }) => ({ held: heldOf(held) }),
  Fetch: ({ uids, tombstones }) => ({ uids: uids.map(uidOf), tombstones: tombstones.map(uidOf) }),
  State: ({ records }) => ({ records: records.map(recordOf) }),
  Assign: ({ records }) => ({ records: records.map(recordOf) }),
  Terminate: ({ uids }) => ({ uids: uids.map(uidOf) }),
  Assigned: ({ pods }) => ({ pods: pods.map(recordOf) }),
  Refused: ({ pods }) => ({ uids: uidsOf(pods) }),
  Terminated: ({ uids }) => ({ uids: uids.map(uidOf) }),
  Invalidate: ({ changed, adopted, lost }) => ({
    changed: changed.map(recordOf),
    adopted: adopted.map(recordOf),
    lost: uidsOf(lost),
  }),
};

/** A message; what is constant in a world of two ends is left out. */
export function messageOf(message: Message): object {
  const body = bodies[message.kind] as ((message: Message) => object) | undefined;
  if (body === undefined) throw new Error(`${message.kind} does not flow in a world of two ends`);
  return { kind: message.kind, session: sessionOf(message.session), ...body(message) };
}
