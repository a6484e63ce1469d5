/**
 * Recovery (`spec/protocol.md` 5): journal × containers × object, read after registering and before any `Hello`.
 *
 * It only says where each Pod is; what follows is {@link nextAct}'s decision, as at any other time. Every record gets a
 * version of this incarnation, since changes of the last life were not journalled.
 */
import type { PodFact } from '../../spec/facts.ts';
import type { JournalPod, JournalState } from '../../spec/journal.ts';
import { EMPTY_JOURNAL } from '../../spec/journal.ts';
import type { PodRecord, Uid } from '../../spec/vocabulary.ts';
import { adoptedUid } from '../ownership/adoption.ts';
import type { ContainersState, ObjectState } from '../ownership/tailPod.ts';
import { OBJECT_TABLE } from '../ownership/tailPod.ts';
import { heedMark, journalNode, startDrain } from './cancel.ts';
import { act, type Ending, type KubeletContext, type TailPod } from './context.ts';
import { beginDoubt } from './doubt.ts';
import { takeFound } from './found.ts';
import { advanceAll, awaitAmbiguous, endGone } from './life.ts';
import { observe, reconcile, seenOf, stampOf } from './observe.ts';
import { nextVersion, putPod } from './pods.ts';
import { kill } from './runtime.ts';
import { hearTail } from './tail.ts';

/** What there is of one Pod at a start. */
interface Remains {
  readonly journal: JournalPod;
  readonly object: PodFact | null;
  readonly runs: boolean;
}

/** Where the object of a recovered Pod is. A create of the last life may be in flight unless its object was seen. */
function objectOf({ journal, object }: Remains): ObjectState {
  if (object !== null) return OBJECT_TABLE.unpublished[seenOf(object)];
  if (!journal.publishIntent) return 'unpublished';
  return journal.metadataUid === null ? 'unsure' : 'vanished';
}

/** Where its containers are. Without a sign of them, a start of the last life may still be in flight (†). */
function containersOf(context: KubeletContext, { runs }: Remains): ContainersState {
  if (context.runtime === 'publish') return 'none';
  if (runs) return 'running';
  return context.mutants.has('start-in-flight-ignored') ? 'quiet' : 'starting';
}

/** Why a recovered live Pod is ended; null: it is kept, or goes on. The rows of the table. */
export function endingOf(runtime: 'publish' | 'runs', remains: Remains): Ending | null {
  const { journal, object, runs } = remains;
  if (journal.terminating) return { tell: 'terminated', reason: 'Terminated' };
  if (runtime === 'runs' && !runs)
    return { tell: 'lost', reason: object === null ? 'NeverStarted' : 'ContainersGone' };
  if (journal.publishIntent && object === null) return { tell: 'lost', reason: 'PublishAmbiguous' };
  return null;
}

/** After a letting go the containers still bear the uid that the object is stamped with, or that it was adopted under first (†). */
function containerUidOf(
  { mutants }: KubeletContext,
  { record, metadataUid }: JournalPod,
  object: PodFact | null,
): Uid {
  const adopted = metadataUid !== null && record.uid.startsWith('a-');
  if (!adopted) return record.uid;
  const first = mutants.has('containers-by-last-uid') ? record.uid : adoptedUid(metadataUid, null);
  return object?.uid ?? first;
}

/** Puts one Pod of the journal where it is. */
function recoverPod(
  context: KubeletContext,
  remains: Remains,
  containerUid: Uid,
): readonly [KubeletContext, TailPod] {
  const { journal, object } = remains;
  const [counted, version] = nextVersion(context);
  const containers = containersOf(context, remains);
  const up = context.runtime === 'runs' ? containers === 'running' : object?.phase === 'Running';
  const phase = journal.terminating ? 'terminating' : up ? 'running' : 'accepted';
  const ready = phase === 'running' && (object?.ready ?? false);
  const record: PodRecord = { ...journal.record, phase, ready, version };
  const pod: TailPod = {
    record,
    object: objectOf(remains),
    containers,
    metadataUid: object?.metadataUid ?? journal.metadataUid,
    name: object === null ? journal.name : { namespace: object.namespace, name: object.name },
    containerUid,
    wroteReady: context.runtime === 'runs' && object !== null ? object.ready : null,
    ending: journal.terminating ? endingOf(context.runtime, remains) : null,
  };
  const held = putPod(counted, pod);
  return [pod.object === 'unsure' ? awaitAmbiguous(held, record.uid) : held, pod];
}

/** Finds each journalled Pod's object: by `metadata.uid` where that is known, else by its stamp. */
function objectsOf(context: KubeletContext, facts: readonly PodFact[]) {
  const byUid = new Map(facts.map((fact) => [fact.metadataUid, fact]));
  const byStamp = new Map<Uid, PodFact>();
  for (const fact of facts) {
    const stamp = stampOf(context, fact);
    // A copy may bear the stamp, and not the label.
    if (stamp !== null && (fact.managed || !byStamp.has(stamp))) byStamp.set(stamp, fact);
  }
  return ({ record, metadataUid }: JournalPod): PodFact | null =>
    (metadataUid === null ? byStamp.get(record.uid) : byUid.get(metadataUid)) ?? null;
}

/** Teeth: what the rules of the table, left out, would keep. */
function keptByMutant({ mutants }: KubeletContext, ending: Ending | null, pod: TailPod): TailPod | null {
  if (mutants.has('publish-again') && ending?.reason === 'PublishAmbiguous')
    return { ...pod, object: 'unpublished' };
  if (mutants.has('node-crash-kept') && ending?.reason === 'ContainersGone') return pod;
  return null;
}

/** The first consistent list has arrived: K recovers, then serves. */
export function recover(context: KubeletContext, facts: readonly PodFact[]): KubeletContext {
  const journal = context.journal ?? EMPTY_JOURNAL;
  const running = new Set(context.running ?? []);
  const here = facts.filter(({ node }) => node === context.node);
  const objectFor = objectsOf(context, here);
  let now: KubeletContext = { ...context, journal: null, running: null };
  const ends: (readonly [TailPod, Ending])[] = [];
  for (const pod of journal.pods.values()) {
    const object = objectFor(pod);
    const containerUid = containerUidOf(context, pod, object);
    const remains: Remains = { journal: pod, object, runs: running.has(containerUid) };
    const [next, recovered] = recoverPod(now, remains, containerUid);
    const ending = endingOf(context.runtime, remains);
    const kept = keptByMutant(context, ending, recovered);
    now = kept === null ? next : putPod(next, kept);
    if (ending !== null && kept === null) ends.push([recovered, ending]);
    running.delete(containerUid);
  }
  now = takeFound(now, journal.nodeUid === null, here, running);
  for (const fact of here) now = observe(now, fact);
  for (const containerUid of running) now = kill(now, containerUid);
  for (const [pod, ending] of ends) now = endFound(now, pod, ending);
  now = beginDoubt(settleNode(now));
  return replayEarly(advanceAll(now, journal.pods.keys()));
}

/**
 * Ends what the start found gone. One that the list shows to be let go is no longer held, but its containers are looked for all the same, and
 * when they are quiet its object says so (†).
 */
function endFound(
  context: KubeletContext,
  { record, containerUid }: TailPod,
  ending: Ending,
): KubeletContext {
  if (context.pods.has(record.uid)) return endGone(context, record.uid, ending);
  if (!context.orphans.has(containerUid) || context.mutants.has('left-while-down-unasked')) return context;
  return act(context, { type: 'stopPod', uid: containerUid });
}

/** Serving, on the Node that was registered. If it is another than the journal's, all Pods end, and only then it moves. */
function settleNode(context: KubeletContext): KubeletContext {
  const node = context.registered;
  if (node === null) return context;
  const { journalledNode } = context;
  const drained = later(node.drained, context.drained);
  const moved: KubeletContext = { ...context, serving: true, nodeUid: node.uid, drained, registered: null };
  const another = journalledNode !== null && journalledNode !== node.uid;
  return heedMark(another ? startDrain(moved, null) : journalNode(moved), node.mark);
}

function later(a: JournalState['drained'], b: JournalState['drained']) {
  if (a === null || b === null) return a ?? b;
  return a.incarnation > b.incarnation || (a.incarnation === b.incarnation && a.n > b.n) ? a : b;
}

/** Registered again, and listed again: K goes on with the Pods it holds. */
export function resume(context: KubeletContext, facts: readonly PodFact[]): KubeletContext {
  return settleNode(reconcile(context, facts));
}

/** What was heard before recovery, in order: the watch was older or younger than the list, and both count. */
function replayEarly(context: KubeletContext): KubeletContext {
  const { early } = context;
  return early.reduce(hearTail, { ...context, early: early.clear() });
}
