/**
 * What the API Server shows of the Pods on the node (`spec/protocol.md` 5, "at all times, not only after a restart").
 *
 * The order of the questions is the rule: an object that K holds; one whose stamp names a Pod of K that has no object yet;
 * and then what is not held: an orphan, a late or unknown stamped Pod (deleted), or one to adopt.
 */
import type { PodFact } from '../../spec/facts.ts';
import type { PodRecord, Resources, Uid } from '../../spec/vocabulary.ts';
import { adoptedUid, uidOfObject } from '../ownership/adoption.ts';
import type { ContainersState, ObjectEvent } from '../ownership/tailPod.ts';
import { act, type Foreign, isOwner, type KubeletContext, persist, type TailPod, tell } from './context.ts';
import { hasEnded, withEnded } from './ended.ts';
import { advance, endPod } from './life.ts';
import {
  changeRecord,
  dropForeign,
  dropPod,
  nextVersion,
  noRoomFor,
  objectHeard,
  putForeign,
  putPod,
} from './pods.ts';

const NOTHING = { cpu: 0, memory: 0, pods: 0 };
const isOver = (fact: PodFact) => fact.phase === 'Failed' || fact.phase === 'Succeeded';
const nameOf = ({ namespace, name }: PodFact) => ({ namespace, name });

/** What a fact says of an object. */
export function seenOf(fact: PodFact): ObjectEvent {
  if (fact.deleting) return 'seenDeleting';
  return isOver(fact) ? 'seenFailed' : 'seenLive';
}

/** The uid that an object is stamped with, unless its stamp no longer counts (9). */
export function stampOf(context: KubeletContext, fact: PodFact): Uid | null {
  return context.released.has(fact.metadataUid) ? null : fact.uid;
}

/** What the watch tells of an object while a list is under way is younger than the list, or soon followed by what is. */
function noteHeard(context: KubeletContext, metadataUid: string): KubeletContext {
  if (context.lists === 0 || context.mutants.has('old-list-heeded')) return context;
  return { ...context, heardSince: context.heardSince.add(metadataUid) };
}

/** A Pod object that the watch shows. */
export function watched(context: KubeletContext, fact: PodFact): KubeletContext {
  return observe(noteHeard(context, fact.metadataUid), fact);
}

/** A Pod object on this node, seen by watch, list, read or reply. */
export function observe(context: KubeletContext, fact: PodFact): KubeletContext {
  if (fact.node !== context.node) return context;
  const held = context.byObject.get(fact.metadataUid);
  if (held !== undefined) return hear(context, held, fact);
  const stamp = stampOf(context, fact);
  const stamped = stamp === null ? undefined : context.pods.get(stamp);
  if (stamp !== null && stamped !== undefined && stamped.metadataUid === null)
    return hear(context, stamp, fact);
  return observeForeign(context, fact, stamp);
}

/** The object of a Pod that K holds. */
function hear(context: KubeletContext, uid: Uid, fact: PodFact): KubeletContext {
  const pod = context.pods.get(uid) as TailPod;
  const live = pod.record.phase !== 'terminating';
  const seen = seenOf(fact);
  if (live && seen === 'seenLive' && isLeft(context, fact)) return orphan(context, pod, fact);
  const now = objectHeard(context, uid, seen, { metadataUid: fact.metadataUid, name: nameOf(fact) });
  const runs = live && context.runtime === 'publish' && seen === 'seenLive' && fact.phase === 'Running';
  return advance(runs ? changeRecord(now, uid, 'running', fact.ready) : now, uid);
}

/** Whether it is nobody's of ours any more: it has lost its controller owner, or its label (†). */
const isLeft = ({ mutants }: KubeletContext, { replicaSet, managed }: PodFact) =>
  replicaSet === null || (!managed && !mutants.has('unlabelled-held'));

/** Let go, no longer ours; its containers go on. */
function orphan(context: KubeletContext, pod: TailPod, fact: PodFact): KubeletContext {
  const { uid } = pod.record;
  const { metadataUid } = fact;
  const runs = context.runtime === 'runs' && pod.containers !== 'none' && pod.containers !== 'quiet';
  const over = persist(dropPod(context, uid), { kind: 'released', uid, metadataUid });
  const let_go = {
    ...over,
    ended: withEnded(over.ended, uid),
    released: over.released.add(metadataUid),
  };
  const left = keepOrphan(let_go, fact, pod.record.requests, runs ? pod.containerUid : null, pod.containers);
  return tell(left, ['lost', { uid, reason: 'Orphaned' }]);
}

/** What was let go still takes room, and K is the kubelet of its containers. */
export function keepOrphan(
  context: KubeletContext,
  fact: PodFact,
  requests: Resources,
  containerUid: Uid | null,
  containers: ContainersState,
  asked: Foreign['asked'] = 'no',
): KubeletContext {
  const { metadataUid } = fact;
  const rest = { uid: null, deleting: false, asked } as const;
  return putForeign(context, {
    ...{ metadataUid, name: nameOf(fact), requests, containerUid, containers },
    ...{ kind: 'orphan', ...rest },
  });
}

/** An object that K does not hold. */
function observeForeign(context: KubeletContext, fact: PodFact, stamp: Uid | null): KubeletContext {
  const before = context.foreign.get(fact.metadataUid);
  const foreign: Foreign = {
    metadataUid: fact.metadataUid,
    name: nameOf(fact),
    uid: stamp,
    requests: isOver(fact) && !stillRuns(context, before) ? NOTHING : fact.requests,
    kind: wasOurs(before) ? 'orphan' : 'unmanaged',
    deleting: fact.deleting,
    asked: before?.asked ?? 'no',
    containerUid: before?.containerUid ?? null,
    containers: before?.containers ?? 'none',
  };
  if (!fact.managed || fact.replicaSet === null || isFailing(context, before, fact))
    return observeUnmanaged(context, fact, foreign, before);
  const strayed = before?.kind === 'stray' ? before.uid : stamp;
  if (strayed !== null) {
    if (context.mutants.has('late-create-left')) return putForeign(context, foreign);
    const asked = isOthersNow(context, before, fact) ? 'no' : foreign.asked;
    return tidy(putForeign(context, { ...foreign, uid: strayed, kind: 'stray', asked }), fact.metadataUid);
  }
  if (fact.deleting || isOver(fact)) {
    // Somebody else ends it. Where K runs the containers it is the kubelet that must complete this.
    const mine = context.runtime === 'runs' && fact.deleting && foreign.containerUid === null;
    const uid = adoptedUid(fact.metadataUid, null);
    const asked = isAsked(context, before) ? foreign.asked : 'no';
    if (mine) return tidy(putForeign(context, { ...foreign, uid, asked, kind: 'stray' }), fact.metadataUid);
    return observeUnmanaged(context, fact, foreign, before);
  }
  const { containerUid, containers } = foreign;
  const uid = freeUid(context, fact.metadataUid);
  return adopt(context, fact, uid, containerUid, containerUid === null ? 'none' : containers);
}

/** K is, or was, the kubelet of it: let go, or a late one that has lost its label since. */
const wasOurs = (before: Foreign | undefined) => before?.kind === 'orphan' || before?.kind === 'stray';

/** Its deletion was denied to K, and is somebody else's now: K, its kubelet, completes it (†). */
const isOthersNow = ({ runtime, mutants }: KubeletContext, before: Foreign | undefined, fact: PodFact) =>
  runtime === 'runs' && fact.deleting && before?.asked === 'denied' && !mutants.has('orphan-end-unfinished');

/** Whether K has asked for its deletion: of one that did not fit, or that was let go, it has asked only that it be said to have failed (†). */
function isAsked({ mutants }: KubeletContext, before: Foreign | undefined): boolean {
  if (before?.kind === 'orphan') return mutants.has('orphan-end-unfinished');
  return before?.kind === 'stray' || (before?.kind === 'unmanaged' && mutants.has('refused-kept'));
}

/** What somebody else says to have failed may run still, and takes its room (†). */
const stillRuns = ({ mutants }: KubeletContext, before: Foreign | undefined) =>
  before?.containerUid != null && !mutants.has('failed-orphan-runs');

/** K has asked that it be said to have failed, since its containers have ended: it is not taken for one that could be started again (†). */
const isFailing = ({ mutants }: KubeletContext, before: Foreign | undefined, fact: PodFact) =>
  before?.kind === 'orphan' && before.asked === 'yes' && before.containerUid === null && !fact.deleting
    ? !mutants.has('failing-orphan-adopted')
    : false;

/** Counted in the room. An orphan of ours still needs its kubelet, when it is being deleted or others say that it has failed (†). */
function observeUnmanaged(
  context: KubeletContext,
  fact: PodFact,
  foreign: Foreign,
  before: Foreign | undefined,
): KubeletContext {
  const { containerUid, deleting, metadataUid } = foreign;
  const { mutants, runtime } = context;
  const ends = deleting || (isOver(fact) && !mutants.has('failed-orphan-runs'));
  if (containerUid !== null) {
    const held = putForeign(context, foreign);
    if (!ends || foreign.asked === 'yes') return held;
    return act(putForeign(held, { ...foreign, asked: 'yes' }), { type: 'stopPod', uid: containerUid });
  }
  const isMine = wasOurs(before) && runtime === 'runs' && !mutants.has('orphan-end-unfinished');
  if (!deleting || !isMine)
    // That its deletion was denied is of the time before it lost its label.
    return putForeign(context, before?.kind === 'stray' ? { ...foreign, asked: 'no' } : foreign);
  // Nothing of it runs: its kubelet completes the deletion.
  const uid = before?.uid ?? adoptedUid(metadataUid, null);
  const asked = before?.kind === 'stray' && before.deleting ? before.asked : 'no';
  return tidy(putForeign(context, { ...foreign, uid, asked, kind: 'stray' }), metadataUid);
}

function freeUid(context: KubeletContext, metadataUid: string): Uid {
  let uid = adoptedUid(metadataUid, null);
  while (hasEnded(context.ended, uid)) uid = adoptedUid(metadataUid, uid);
  return uid;
}

/**
 * Takes an object for a Pod of ours: one that the stock controller made, or, with a lost journal, one of our own.
 * Journalled as accepted, with publish intent (†): it is never published a second time.
 */
export function adopt(
  context: KubeletContext,
  fact: PodFact,
  uid: Uid,
  containerUid: Uid | null,
  containers: ContainersState,
): KubeletContext {
  const { metadataUid, replicaSet, revision, requests, priority } = fact;
  const name = nameOf(fact);
  const forgotten = dropForeign(context, metadataUid);
  const unfit = context.runtime === 'runs' && containers === 'none' ? noRoomFor(forgotten, requests) : null;
  if (unfit !== null) return refuseAdoption(context, fact, uid, unfit);
  const [counted, version] = nextVersion(forgotten);
  const running = context.runtime === 'publish' ? fact.phase === 'Running' : containers === 'running';
  const record: PodRecord = {
    uid,
    replicaSet: replicaSet as string,
    revision,
    requests,
    priority,
    node: context.node,
    phase: running ? 'running' : 'accepted',
    ready: running && fact.ready,
    version,
  };
  const journalled = context.mutants.has('adoption-not-journalled')
    ? counted
    : persist(
        counted,
        { kind: 'accepted', record, metadataUid, name },
        { kind: 'publishIntent', uid, incarnation: context.incarnation },
      );
  const held = putPod(journalled, {
    record,
    object: 'standing',
    containers,
    metadataUid,
    name,
    containerUid: containerUid ?? uid,
    wroteReady: context.runtime === 'runs' ? fact.ready : null,
    ending: null,
  });
  const told = tell(held, ['adopted', record]);
  if (context.draining !== null && isOwner(context))
    return endPod(told, uid, { tell: 'terminated', reason: 'Cancelled' });
  return hear(told, uid, fact);
}

/** K runs the containers and they do not fit: it says so on the object, as a kubelet does. */
function refuseAdoption(context: KubeletContext, fact: PodFact, uid: Uid, reason: string): KubeletContext {
  const { metadataUid } = fact;
  if (context.foreign.get(metadataUid)?.asked === 'yes') return context;
  const name = nameOf(fact);
  const left = putForeign(context, {
    ...{ metadataUid, name, uid: null, requests: NOTHING, kind: 'unmanaged' },
    ...{ deleting: false, asked: 'yes', containerUid: null, containers: 'none' },
  });
  return act(left, { type: 'failPod', uid, metadataUid, name, reason });
}

/** Deletes a stray: a create that landed late, or an object that nobody answers for. */
export function tidy(context: KubeletContext, metadataUid: string): KubeletContext {
  const foreign = context.foreign.get(metadataUid);
  if (foreign === undefined || foreign.kind !== 'stray' || foreign.asked !== 'no') return context;
  const runs = context.runtime === 'runs';
  if (foreign.deleting && !runs) return context;
  if (!isOwner(context) && !foreign.deleting) return putForeign(context, { ...foreign, asked: 'denied' });
  return act(putForeign(context, { ...foreign, asked: 'yes' }), {
    type: 'deletePod',
    uid: uidOfObject(foreign),
    metadataUid,
    name: foreign.name,
    graceSeconds: runs ? 0 : 1,
  });
}

/** The object is gone. */
export function vanish(context: KubeletContext, fact: PodFact): KubeletContext {
  const { metadataUid } = fact;
  const noted = noteHeard(context, metadataUid);
  const uid = noted.byObject.get(metadataUid) ?? publishedAs(noted, fact);
  if (uid === null) return vanishForeign(noted, metadataUid);
  const gone = objectHeard(noted, uid, 'vanished', { metadataUid, name: nameOf(fact) });
  return advance(gone, uid);
}

/** The Pod whose create made this object, if K has not yet seen one of it. */
function publishedAs(context: KubeletContext, fact: PodFact): Uid | null {
  const stamp = stampOf(context, fact);
  return stamp !== null && context.pods.get(stamp)?.metadataUid === null ? stamp : null;
}

function vanishForeign(context: KubeletContext, metadataUid: string): KubeletContext {
  const foreign = context.foreign.get(metadataUid);
  if (foreign === undefined) return context;
  const { containerUid } = foreign;
  const left = dropForeign(context, metadataUid);
  if (containerUid === null) return left;
  return act({ ...left, killing: left.killing.add(containerUid) }, { type: 'stopPod', uid: containerUid });
}

/**
 * A consistent list: what is in it is seen, unless the watch has told of it since; and what K knew before the list was asked
 * for and is not in it is gone.
 */
export function reconcile(context: KubeletContext, facts: readonly PodFact[]): KubeletContext {
  const from = context.listedFrom;
  const listed = new Set(facts.map(({ metadataUid }) => metadataUid));
  let now = context;
  for (const [metadataUid, uid] of from?.held ?? [])
    if (!listed.has(metadataUid) && now.byObject.get(metadataUid) === uid)
      now = advance(objectHeard(now, uid, 'vanished'), uid);
  for (const metadataUid of from?.foreign.keys() ?? [])
    if (!listed.has(metadataUid)) now = vanishForeign(now, metadataUid);
  for (const fact of facts) {
    if (now.heardSince.has(fact.metadataUid)) continue;
    now = askToFail(observe(now, fact), fact);
  }
  return now;
}

/** A list shows it live: that it has failed may have been refused, and nobody would ask again (†). */
function askToFail(context: KubeletContext, fact: PodFact): KubeletContext {
  const { metadataUid } = fact;
  const orphan = context.foreign.get(metadataUid);
  if (seenOf(fact) !== 'seenLive' || !isFailing(context, orphan, fact)) return context;
  const uid = uidOfObject(fact);
  return act(context, { type: 'failPod', uid, metadataUid, name: nameOf(fact), reason: 'ContainersEnded' });
}

/** Asks for a consistent list of the node's Pods. */
export function askForList(context: KubeletContext): KubeletContext {
  const { byObject, foreign } = context;
  return act(
    {
      ...context,
      lists: context.lists + 1,
      listAgain: context.lists > 0,
      listedFrom: context.listedFrom ?? { held: byObject, foreign },
    },
    { type: 'listPods' },
  );
}

/** A list has arrived. */
export function listArrived(context: KubeletContext): KubeletContext {
  const lists = Math.max(0, context.lists - 1);
  if (lists > 0) return { ...context, lists };
  return { ...context, lists, listedFrom: null, heardSince: context.heardSince.clear() };
}

/**
 * Several lists were under way at once: of an answer nobody can tell which it is of, so that nothing that K came to know after the first was
 * asked for was found gone. One more, alone, tells (†).
 */
export function listAlone(context: KubeletContext): KubeletContext {
  const isDue = context.listAgain && context.lists === 0 && !context.mutants.has('several-lists-trusted');
  return isDue ? askForList(context) : context;
}
