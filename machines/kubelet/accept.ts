/** `Assign` and `Terminate` (`spec/protocol.md` 3, 4, 7): what K takes, refuses and ends for its upstream. */
import type { PodRecord, Uid } from '../../spec/vocabulary.ts';
import { type KubeletContext, persist, type TailPod, tell } from './context.ts';
import { isGone } from './doubt.ts';
import { hasEnded } from './ended.ts';
import { advance, endPod } from './life.ts';
import { nextVersion, noRoomFor, putPod, statusOf } from './pods.ts';

/** Takes what fits, refuses the rest: one batch. */
export function assignPods(context: KubeletContext, records: readonly PodRecord[]): KubeletContext {
  return records.reduce(assignPod, context);
}

function assignPod(context: KubeletContext, record: PodRecord): KubeletContext {
  const held = context.pods.get(record.uid);
  if (held !== undefined) return tell(context, ['assigned', statusOf(held.record)]);
  const reason = refusalOf(context, record);
  if (reason !== null) return tell(context, ['refused', { uid: record.uid, reason }]);
  return acceptPod(context, record);
}

/** Why K does not take a Pod; null if it does. */
function refusalOf(context: KubeletContext, record: PodRecord): string | null {
  if (hasEnded(context.ended, record.uid) && !context.mutants.has('ended-accepted')) return 'Ended';
  if (record.node !== context.node) return 'WrongNode';
  if (context.owner !== 'direct') return 'OwnedByStock';
  if (context.draining !== null) return 'Draining';
  return noRoomFor(context, record.requests);
}

/** Acceptance is journalled before anything is started (†). */
function acceptPod(context: KubeletContext, assigned: PodRecord): KubeletContext {
  const [counted, version] = nextVersion(context);
  const record: PodRecord = { ...assigned, node: context.node, phase: 'accepted', ready: false, version };
  const pod: TailPod = {
    record,
    object: 'unpublished',
    containers: 'none',
    metadataUid: null,
    name: null,
    containerUid: record.uid,
    wroteReady: null,
    ending: null,
  };
  const journalled = context.mutants.has('acceptance-not-journalled')
    ? counted
    : persist(counted, { kind: 'accepted', record, metadataUid: null, name: null });
  return advance(tell(putPod(journalled, pod), ['assigned', statusOf(record)]), record.uid);
}

/** Ends these Pods; one that K does not hold is confirmed at once (†), or once there is no doubt. */
export function terminatePods(context: KubeletContext, uids: readonly Uid[]): KubeletContext {
  return uids.reduce(
    (now, uid) => (now.pods.has(uid) ? markPod(now, uid) : confirmStranger(now, uid)),
    context,
  );
}

function confirmStranger(context: KubeletContext, uid: Uid): KubeletContext {
  if (isGone(context, uid)) return tell(context, ['terminated', uid]);
  return { ...context, doubted: context.doubted.add(uid) };
}

/** The upstream has a tombstone; so has K, which need not tell it. */
export function markPod(context: KubeletContext, uid: Uid): KubeletContext {
  return endPod(context, uid, { tell: 'terminated', reason: 'Terminated' }, true);
}
