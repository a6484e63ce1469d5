/**
 * Pods that find no room go the stock way (`spec/protocol.md` 7, *No room*): S publishes them unbound and without a stamp, so that people and
 * autoscalers of nodes see them and stock's scheduler places them. Until a K answers for one, S does, by what the watch shows alone:
 * nothing of it needs to outlive S.
 */
import { Set as ISet } from 'immutable';
import type { StageEvent } from '../../spec/events.ts';
import type { PodFact } from '../../spec/facts.ts';
import { TIMERS } from '../../spec/timers.ts';
import type { PodRecord, Uid } from '../../spec/vocabulary.ts';
import { adoptedObject, adoptedUid } from '../ownership/adoption.ts';
import { merge } from '../ownership/handshake.ts';
import { type Context, emit, type HandOver, post, tell, version } from './context.ts';
import { hold } from './holdings.ts';
import { letGo } from './preempting.ts';
import { dequeue, enqueue } from './queue.ts';
import { statusOf } from './tombstones.ts';
import { forgetPod, takeRoom } from './unmanaged.ts';

type Event<T extends StageEvent['type']> = Extract<StageEvent, { type: T }>;

const change = (context: Context, part: Partial<HandOver>): Context => ({
  ...context,
  handOver: { ...context.handOver, ...part },
});
const recordsOfAll = (context: Context, uids: Iterable<Uid>) =>
  [...uids].map((uid) => context.records.get(uid)).filter((record) => record !== undefined);

/** What S has bound and stock may not see yet: its K has yet to say that it runs. What a K has adopted stands. */
const comingUp = ({ records }: Context): ISet<Uid> =>
  ISet(
    records
      .valueSeq()
      .filter(({ node, phase }) => node !== null && (phase === 'bound' || phase === 'accepted'))
      .map(({ uid }) => uid)
      .filter((uid) => adoptedObject(uid) === null),
  );

/**
 * Stock would place what is handed over where S has bound what it can not see (†): S waits for what had been bound when the clock first ran
 * out, and for nothing that is bound later. When nothing of that has come up in a whole while, it waits no more.
 */
function awaits(
  { handOver: { awaited }, mutants }: Context,
  replicaSet: string,
  coming: ISet<Uid>,
): ISet<Uid> | null {
  const was = awaited.get(replicaSet);
  const left = was === undefined || mutants.has('hand-over-renewed') ? coming : was.intersect(coming);
  const isStuck = was?.isSubset(coming) === true;
  if (left.isEmpty() || isStuck || mutants.has('hand-over-unseen')) return null;
  return left;
}

/** The clock ran out: what waits of this ReplicaSet is published unbound. Until that is seen S owns it as before. */
export function handOver(before: Context, replicaSet: string): Context {
  const isLost = before.mutants.has('clock-before-template');
  const { clocks, awaited } = before.handOver;
  const context = isLost
    ? before
    : change(before, { clocks: clocks.delete(replicaSet), awaited: awaited.delete(replicaSet) });
  if (!context.handOver.isOn || context.owner !== 'direct' || !context.templates.has(replicaSet))
    return context;
  const shapes = [...context.queue.shapes.values()].filter((shape) => shape.replicaSet === replicaSet);
  const records = shapes.flatMap(({ waiting }) => recordsOfAll(context, waiting.places.keys()));
  if (records.length === 0) return context;
  const left = awaits(before, replicaSet, comingUp(before));
  if (left !== null)
    return emit(change(before, { awaited: awaited.set(replicaSet, left) }), {
      ...({ type: 'setTimer', timer: `handOver/${replicaSet}` } as const),
      milliseconds: TIMERS.handOverAgain,
    });
  const handing = context.handOver.handing.union(records.map(({ uid }) => uid));
  const next = change({ ...context, queue: dequeue(context.queue, records) }, { handing });
  return emit(
    next,
    {
      type: 'report',
      reason: 'HandedOver',
      subject: replicaSet,
      on: { replicaSet },
      text: `${records.length} Pods have found no node: they are published unbound, for the stock scheduler and the autoscaler of nodes`,
    },
    ...records.flatMap((record) => [
      { type: 'publish' as const, record },
      {
        type: 'setTimer' as const,
        timer: `ambiguous/${record.uid}` as const,
        milliseconds: TIMERS.ambiguous,
      },
    ]),
  );
}

/** The create was refused. One whose fate is not known, or whose name stands, shows in the watch, or not at all. */
export function onPublishFailed(context: Context, { uid, refusal, text }: Event<'publishFailed'>): Context {
  if (!context.handOver.handing.has(uid) || refusal === 'ambiguous' || refusal === 'alreadyExists')
    return context;
  const replicaSet = context.records.get(uid)?.replicaSet;
  const on = replicaSet === undefined ? {} : { on: { replicaSet } };
  const next = emit(
    letGo(context, [uid]),
    { type: 'cancelTimer', timer: `ambiguous/${uid}` },
    { type: 'report', reason: 'FailedCreate', subject: uid, text, ...on },
  );
  return tell(next, { refused: [{ uid, reason: 'PublishRefused' }] });
}

/** Time is up: a create that nothing shows of will not land any more, so its Pod waits again; a delete is asked for again. */
export function createTimedOut(context: Context, uid: Uid): Context {
  const { handing } = context.handOver;
  if (!handing.has(uid)) return notDone(context, uid, remove);
  const waiting = change(context, { handing: handing.delete(uid) });
  return { ...waiting, queue: enqueue(waiting.queue, recordsOfAll(waiting, [uid])) };
}

const isOver = ({ phase }: PodFact) => phase === 'Failed' || phase === 'Succeeded';

/** Whether no K will answer for it: it is unbound, or on a Node without an agent. */
const isUnanswered = ({ handOver: { bare }, mutants }: Context, { node }: PodFact) =>
  node === null || (bare.has(node) && !mutants.has('bare-unanswered'));

/** A managed Pod without a stamp, as it is now: handed over, or made by stock during a release. */
export function observeUnstamped(context: Context, pod: PodFact): Context {
  if (!context.handOver.isOn || !pod.managed || pod.uid !== null) return context;
  const { metadataUid, replicaSet } = pod;
  // One that has lost its owner is nobody's of ours.
  if (replicaSet === null) return forgetUnstamped(context, pod);
  const shown = change(context, { shown: context.handOver.shown.set(metadataUid, pod) });
  return review(counted(matched(shown, pod), pod), metadataUid);
}

/** It takes room where it is bound, until the K there has told of it. */
function counted(context: Context, pod: PodFact): Context {
  const { node, metadataUid } = pod;
  if (node === null || context.handOver.reported.has(metadataUid)) return context;
  return isOver(pod) ? forgetPod(context, pod) : takeRoom(context, pod, node);
}

/** The Pod for which it was made is that one from now on: R hears of both in one message. */
function matched(context: Context, pod: PodFact): Context {
  const { handedOver } = pod;
  const record = handedOver === undefined ? undefined : context.records.get(handedOver);
  if (record === undefined || record.node !== null || context.mutants.has('hand-over-unmatched'))
    return context;
  const { uid } = record;
  const next = emit(letGo(context, [uid]), { type: 'cancelTimer', timer: `ambiguous/${uid}` });
  const told = tell(next, { lost: [{ uid, reason: 'HandedOver' }] });
  return context.owner === 'direct' ? take(told, pod) : told;
}

/** Brings what S answers for to what is shown. */
function review(context: Context, metadataUid: string): Context {
  const pod = context.handOver.shown.get(metadataUid);
  if (pod === undefined) return context;
  const uid = context.handOver.held.get(metadataUid);
  if (uid === undefined)
    return context.owner === 'direct' && isUnanswered(context, pod) ? take(context, pod) : context;
  if (isOver(pod)) return drop(context, metadataUid, 'Failed');
  const record = context.records.get(uid) as PodRecord;
  if (record.phase === 'terminating') return remove(context, metadataUid);
  const { phase, ready } = howItIs(context, pod);
  if (record.phase === phase && record.ready === ready) return context;
  const counter = context.counter + 1;
  const now: PodRecord = { ...record, phase, ready, version: version(context, counter) };
  return tell(hold({ ...context, counter }, [now]), { changed: [statusOf(now)] });
}

/** How what S answers for is, by its object: bound, it is out of S's hands; a K that reports it says no less. */
function howItIs(
  { mutants }: Context,
  { node, ready, deleting }: PodFact,
): Pick<PodRecord, 'phase' | 'ready'> {
  if (deleting) return { phase: 'terminating', ready: false };
  if (mutants.has('unplaced-unready')) return { phase: 'created', ready: false };
  return { phase: node === null ? 'created' : 'accepted', ready };
}

/** S answers for it from now on, until a K does. */
function take(context: Context, pod: PodFact): Context {
  const { metadataUid, revision, requests, priority } = pod;
  const uid = adoptedUid(metadataUid, null);
  if (isOver(pod) || pod.deleting || context.handOver.reported.has(metadataUid)) return context;
  const counter = context.counter + 1;
  const record: PodRecord = {
    ...{ uid, replicaSet: pod.replicaSet as string, revision, requests, priority },
    ...{ node: null, ...howItIs(context, pod), version: version(context, counter) },
  };
  const { held } = context.handOver;
  const next = change({ ...context, counter }, { held: held.set(metadataUid, uid) });
  return tell(hold(next, [record]), { adopted: [record] });
}

/** R asks to end it: S deletes it, wherever it is. */
export function endUnplaced(context: Context, record: PodRecord): Context {
  const marked: PodRecord = { ...record, phase: 'terminating', ready: false };
  return remove(hold(context, [marked]), adoptedObject(record.uid) as string);
}

/** Whether S answers for this uid by what the API Server shows. */
export function isUnplaced({ handOver: { held } }: Context, uid: Uid): boolean {
  const object = adoptedObject(uid);
  return object !== null && held.get(object) === uid;
}

/** Deletes the object of a tombstone. Where it is bound, or is being bound, it ends there, with a grace as K's deletes have (4.4, †). */
function remove(context: Context, metadataUid: string): Context {
  const { shown, held, asked } = context.handOver;
  const pod = shown.get(metadataUid);
  const uid = held.get(metadataUid);
  if (pod === undefined || uid === undefined || context.records.get(uid)?.phase !== 'terminating')
    return context;
  if (pod.deleting || asked.has(metadataUid) || context.owner !== 'direct') return context;
  if (context.mutants.has('bare-by-name') && !isUnanswered(context, pod)) return context;
  const { namespace, name } = pod;
  return emit(change(context, { asked: asked.add(metadataUid) }), {
    ...{ type: 'deleteStray', namespace, name, metadataUid, resourceVersion: null },
    graceSeconds: context.mutants.has('unplaced-grace-zero') ? 0 : 1,
  });
}

/**
 * That it is gone the watch tells. A delete that was refused is asked for again, but not under `stock`: the Pod is stock's then. One whose fate
 * is not known is waited out first.
 */
export function onDeleteAnswered(context: Context, { uid, outcome }: Event<'deleteAnswered'>): Context {
  if (outcome === 'accepted' || outcome === 'notFound') return context;
  if (outcome !== 'ambiguous') return notDone(context, uid, askAgain);
  const milliseconds = TIMERS.ambiguous;
  return emit(context, { type: 'setTimer', timer: `ambiguous/${uid}`, milliseconds });
}

const askAgain = (context: Context, metadataUid: string): Context =>
  emit(context, {
    ...{ type: 'setTimer', timer: `ambiguous/${adoptedUid(metadataUid, null)}` },
    milliseconds: TIMERS.deleteRetry,
  });

/** A delete of S was not done, and will not be. */
function notDone(
  context: Context,
  uid: Uid,
  otherwise: (context: Context, metadataUid: string) => Context,
): Context {
  const metadataUid = adoptedObject(uid) ?? '';
  const known = change(context, { asked: context.handOver.asked.delete(metadataUid) });
  if (!isUnplaced(known, uid)) return known;
  return isLeft(known, metadataUid) && known.owner === 'stock'
    ? leave(known, metadataUid, uid)
    : otherwise(known, metadataUid);
}

/** Whether `stock` takes it from S: it lives, and no delete of it is under way. */
export function isLeft({ handOver, records, mutants }: Context, metadataUid: string): boolean {
  const uid = handOver.held.get(metadataUid);
  const isTombstone = uid !== undefined && records.get(uid)?.phase === 'terminating';
  if (!isTombstone || mutants.has('unplaced-tombstone-left')) return true;
  return !handOver.asked.has(metadataUid) && handOver.shown.get(metadataUid)?.deleting !== true;
}

/** It is stock's: R's tombstone is collected, since nobody ends it. */
function leave(context: Context, metadataUid: string, uid: Uid): Context {
  const next = change(context, { held: context.handOver.held.delete(metadataUid) });
  return tell(letGo(next, [uid]), { lost: [{ uid, reason: 'OwnedByStock' }] });
}

/** S answers no longer for an object. R hears that the Pod is gone. */
function drop(context: Context, metadataUid: string, reason: string): Context {
  const uid = context.handOver.held.get(metadataUid);
  if (uid === undefined) return context;
  const isTombstone = context.records.get(uid)?.phase === 'terminating';
  const held = context.handOver.held.delete(metadataUid);
  const next = letGo(change(context, { held }), [uid]);
  return tell(next, isTombstone ? { terminated: [uid] } : { lost: [{ uid, reason }] });
}

/** An object is gone. */
export function forgetUnstamped(context: Context, { metadataUid }: Pick<PodFact, 'metadataUid'>): Context {
  const { shown, reported, asked } = context.handOver;
  if (!shown.has(metadataUid)) return context;
  const next = change(context, {
    shown: shown.delete(metadataUid),
    reported: reported.delete(metadataUid),
    asked: asked.delete(metadataUid),
  });
  return drop(forgetPod(next, { metadataUid }), metadataUid, 'Deleted');
}

/** A Node has an agent, or has none, or is gone. */
export function noteBare(context: Context, node: string, isBare: boolean): Context {
  const { isOn, bare, shown } = context.handOver;
  if (!isOn || bare.has(node) === isBare) return context;
  const next = change(context, { bare: isBare ? bare.add(node) : bare.delete(node) });
  return [...shown.values()]
    .filter((pod) => pod.node === node)
    .reduce((now, { metadataUid }) => review(now, metadataUid), next);
}

/** The first list of the watch of Pods has come: what stands is known. */
export function noteSeen(context: Context, what: Event<'synced'>['what']): Context {
  return what === 'pods' && context.handOver.unseen ? change(context, { unseen: false }) : context;
}

/** Ours again: all that is shown is looked at. */
export function reviewUnplaced(context: Context): Context {
  return [...context.handOver.shown.keys()].reduce(review, context);
}

/** A K has told of an object: from now on it counts as that K's Pod. */
function report(context: Context, metadataUid: string): Context {
  if (metadataUid === '') return context;
  const { reported } = context.handOver;
  return forgetPod(change(context, { reported: reported.add(metadataUid) }), { metadataUid });
}

/** What a K adopted and S answered for so far is the K's now. Returns what of its list remains to be adopted. */
export function claim(
  context: Context,
  node: string,
  adopted: readonly PodRecord[],
): readonly [Context, readonly PodRecord[]] {
  if (!context.handOver.isOn) return [context, adopted];
  let next = context;
  const rest: PodRecord[] = [];
  for (const theirs of adopted) {
    const metadataUid = adoptedObject(theirs.uid) ?? '';
    next = report(next, metadataUid);
    const uid = next.handOver.held.get(metadataUid);
    const mine = uid === undefined ? undefined : next.records.get(uid);
    if (mine === undefined || uid !== theirs.uid) {
      next = drop(next, metadataUid, 'Adopted');
      rest.push(theirs);
      continue;
    }
    const record = merge(mine, { ...theirs, node }, next.mutants);
    next = change(next, { held: next.handOver.held.delete(metadataUid) });
    next = tell(hold(next, [record]), { changed: [statusOf(record)] });
    if (record.phase === 'terminating') next = post(next, node, { terminate: [uid as Uid] });
  }
  return [next, rest];
}
