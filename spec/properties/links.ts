/** Properties of links: sessions and coherent caches (protocol 3). */
import type { Message } from '../messages.ts';
import { type SessionId, sameSession, sameVersion } from '../vocabulary.ts';
import type { StateProperty, StepProperty } from './property.ts';
import type { LinkEnd, RecordView, StageView, WorldView } from './view.ts';

const currentOf = (stage: StageView, link: string): LinkEnd | undefined =>
  stage.links.find((end) =>
    link === 'upstream'
      ? end.side === 'down'
      : end.side === 'up' && (link === 'downstream' || `node/${end.peer.slice('kubelet/'.length)}` === link),
  );

/** @see spec/protocol.md 10 @public */
export const SessionFenced: StepProperty = {
  kind: 'step',
  statement: 'no message of an older session or incarnation changes state',
  check: ({ process, event, before, after }) => {
    if (process === null || event?.type !== 'received') return null;
    const { message } = event;
    const was = before.stages.find((stage) => stage.process === process);
    const is = after.stages.find((stage) => stage.process === process);
    if (was === undefined || is === undefined) return null;
    const end = currentOf(was, event.link);
    // Texts are drawn only if the message is an old one: they cost as much as the whole state.
    const text = end === undefined ? null : isOld(was, end, message);
    return text === null || was.text === is.text ? null : text;
  },
};

/** Why a message must not change the stage; null if it may. */
function isOld(stage: StageView, end: LinkEnd, message: Message): string | null {
  if (message.kind === 'Hello') return fencedHello(end, message.session);
  if (end.session === null || end.state === 'closed') return null;
  const { session } = message;
  const same =
    session.downstream === 0
      ? session.upstream === end.session.upstream && session.n === end.session.n
      : sameSession(session, end.session);
  return same ? null : `${stage.peer} let a ${message.kind} of an older session change it`;
}

function fencedHello(end: LinkEnd, session: SessionId): string | null {
  if (end.fence === null) return null;
  const { incarnation, n } = end.fence;
  const above = session.upstream > incarnation || (session.upstream === incarnation && session.n > n);
  return above ? null : `a Hello (${session.upstream}, ${session.n}) at or below the fence changed state`;
}

/** Ends of a link that agree on an open session, with nothing under way. */
function* quietLinks(view: WorldView): Generator<[StageView, LinkEnd, StageView]> {
  for (const upper of view.stages) {
    for (const end of upper.links) {
      if (end.side !== 'up' || end.state !== 'open' || end.session === null) continue;
      const lower = view.stages.find(
        (stage) => stage.peer === end.peer && stage.incarnation === end.session?.downstream,
      );
      const other = lower?.links.find((one) => one.side === 'down');
      if (lower === undefined || other?.state !== 'open' || other.session === null) continue;
      if (!sameSession(other.session, end.session)) continue;
      const { n } = end.session;
      const traffic = view.traffic.find(
        // An older connection of the same two may still be there, broken.
        (one) => one.up === upper.process && one.down === lower.process && one.session.n === n,
      );
      if (traffic === undefined || traffic.broken || traffic.underWay > 0) continue;
      yield [upper, end, lower];
    }
  }
}

function differs(mine: RecordView, theirs: RecordView): string | null {
  const marks = [mine.phase === 'terminating', theirs.phase === 'terminating'] as const;
  if (marks[0] !== marks[1]) return `mark ${marks[0]} above, ${marks[1]} below`;
  if (marks[0]) return null;
  if (mine.phase !== theirs.phase) return `${mine.phase} above, ${theirs.phase} below`;
  if (mine.ready !== theirs.ready) return `ready ${mine.ready} above, ${theirs.ready} below`;
  if (mine.node !== theirs.node) return `node ${mine.node} above, ${theirs.node} below`;
  if (!sameVersion(mine.version, theirs.version)) return 'versions differ';
  return null;
}

/** A tombstone that the downstream does not hold, and has yet to be sure of (5). */
function isDoubted({ uid, phase }: RecordView, lower: StageView): boolean {
  return phase === 'terminating' && lower.links.some(({ doubted }) => doubted?.has(uid) === true);
}

/** @see spec/protocol.md 10 @public */
export const CacheCoherent: StateProperty = {
  kind: 'state',
  statement: 'on an open link with nothing under way: the same uids, the same marks, live records equal',
  check: (view) => {
    for (const [upper, end, lower] of quietLinks(view)) {
      const node = end.peer.startsWith('kubelet/') ? end.peer.slice('kubelet/'.length) : null;
      const mine = [...upper.records.values()].filter(
        (record) => !record.owned && (node === null || record.node === node),
      );
      const where = `${upper.peer}–${lower.peer}`;
      for (const record of mine) {
        const theirs = lower.records.get(record.uid);
        if (theirs === undefined && isDoubted(record, lower)) continue;
        if (theirs === undefined) return `${where}: ${record.uid} above only`;
        const text = differs(record, theirs);
        if (text !== null) return `${where}: ${record.uid} ${text}`;
      }
      const held = new Set(mine.map(({ uid }) => uid));
      if (['replicaset', 'scheduler'].includes(upper.peer))
        for (const uid of lower.records.keys()) if (!held.has(uid)) return `${where}: ${uid} below only`;
    }
    return null;
  },
};
