/** Carries out what {@link nextAct} decides, until nothing is left to do (`spec/protocol.md` 4, 5, 9). */
import type { Effect } from '../../spec/effects.ts';
import type { PodName } from '../../spec/facts.ts';
import { TIMERS } from '../../spec/timers.ts';
import type { PodRecord, Uid } from '../../spec/vocabulary.ts';
import { adoptedUid } from '../ownership/adoption.ts';
import type { Ending, KubeletContext, TailPod } from './context.ts';
import { act, isOwner, persist, tell } from './context.ts';
import { withEnded } from './ended.ts';
import { type NextAct, nextAct } from './next.ts';
import {
  changeRecord,
  containersHeard,
  dropPod,
  nextVersion,
  objectHeard,
  putForeign,
  putPod,
} from './pods.ts';

const NOTHING = { cpu: 0, memory: 0, pods: 0 };

/** Goes on with one Pod as far as it can go now. */
export function advance(context: KubeletContext, uid: Uid): KubeletContext {
  let now = context;
  for (;;) {
    const pod = now.pods.get(uid);
    if (pod === undefined) return now;
    const next = nextAct(pod, now);
    if (next === null) return now;
    now = carryOut(now, pod, next);
  }
}

/** Goes on with each of them. */
export function advanceAll(context: KubeletContext, uids: Iterable<Uid>): KubeletContext {
  let now = context;
  for (const uid of uids) now = advance(now, uid);
  return now;
}

function carryOut(context: KubeletContext, pod: TailPod, next: NonNullable<NextAct>): KubeletContext {
  const { uid } = pod.record;
  switch (next.do) {
    case 'start': {
      const record = pod.containerUid === uid ? pod.record : { ...pod.record, uid: pod.containerUid };
      return act(containersHeard(context, uid, 'startSent'), { type: 'startPod', record });
    }
    case 'create':
      return create(context, pod);
    case 'writeStatus':
      return act(putPod(context, { ...pod, wroteReady: pod.record.ready }), {
        type: 'writePodStatus',
        ...objectOf(pod),
        ready: pod.record.ready,
      });
    case 'stop':
      return act(containersHeard(context, uid, 'stopSent'), { type: 'stopPod', uid: pod.containerUid });
    case 'delete': {
      const graceSeconds = context.mutants.has('grace-zero') ? 0 : 1;
      return act(objectHeard(context, uid, 'deleteSent'), deletion(pod, graceSeconds));
    }
    case 'finish':
      return act(objectHeard(context, uid, 'finishSent'), deletion(pod, 0));
    case 'fail':
      return act(objectHeard(context, uid, 'failSent'), {
        type: 'failPod',
        ...objectOf(pod),
        reason: pod.ending?.reason ?? 'Ended',
      });
    case 'read':
      return act(objectHeard(context, uid, 'readSent'), readOf(pod));
    case 'end':
      return tombstone(context, pod, next.ending);
    case 'confirm':
      return confirm(context, pod);
    case 'settle':
      return settle(context, pod);
    case 'letGo':
      return letGo(context, pod);
  }
}

/** What a delete, a status write and a failing say of the object. It has been seen, so it has a name. */
function objectOf(pod: TailPod): { uid: Uid; metadataUid: string; name: PodName } {
  return { uid: pod.record.uid, metadataUid: pod.metadataUid as string, name: pod.name as PodName };
}
const deletion = (pod: TailPod, graceSeconds: number): Effect => ({
  type: 'deletePod',
  ...objectOf(pod),
  graceSeconds,
});
/** A consistent read of the object. */
export const readOf = ({ record, name }: TailPod): Effect => ({
  type: 'readPod',
  uid: record.uid,
  replicaSet: record.replicaSet,
  name,
});

/** Publish intent before the create (†). */
function create(context: KubeletContext, pod: TailPod): KubeletContext {
  const { uid } = pod.record;
  const meant = context.mutants.has('intent-not-journalled')
    ? context
    : persist(context, { kind: 'publishIntent', uid, incarnation: context.incarnation });
  return act(objectHeard(meant, uid, 'createSent'), { type: 'publish', record: pod.record });
}

/**
 * Marks a Pod for termination, journalled before the first effect of it (†). Never un-marked.
 *
 * @param silently - the upstream asked for it: it has the mark already
 */
export function tombstone(
  context: KubeletContext,
  pod: TailPod,
  ending: Ending,
  silently = false,
): KubeletContext {
  const { uid, phase } = pod.record;
  if (phase === 'terminating') return context;
  const { metadataUid, name } = pod;
  const marked = putPod(context, { ...pod, ending });
  const told = changeRecord(marked, uid, 'terminating', false, silently);
  return context.mutants.has('termination-not-journalled')
    ? told
    : persist(told, { kind: 'terminating', uid, metadataUid, name });
}

/** Ends a Pod of which nothing runs, as a start has found: also under `stock` there is nothing that could be let go (†). */
export function endGone(context: KubeletContext, uid: Uid, ending: Ending): KubeletContext {
  const pod = context.pods.get(uid);
  if (pod === undefined || context.mutants.has('gone-let-go')) return endPod(context, uid, ending);
  return advance(tombstone(context, pod, ending), uid);
}

/** K's own decision to end a Pod, or the upstream's. */
export function endPod(context: KubeletContext, uid: Uid, ending: Ending, silently = false): KubeletContext {
  const pod = context.pods.get(uid);
  if (pod === undefined) return context;
  // Under `stock` a live Pod that has not been signalled is let go instead (†); also one that is being started.
  const unsignalled = pod.record.phase !== 'terminating' && pod.object === 'standing';
  const { containers } = pod;
  const goesOn = context.runtime === 'publish' || containers === 'running' || containers === 'starting';
  if (context.owner === 'stock' && unsignalled && goesOn && !context.mutants.has('tombstone-held-at-release'))
    return advance(letGo(context, pod), uid);
  return advance(tombstone(context, pod, ending, silently), uid);
}

/** Truly gone: the end is journalled, then told. */
function confirm(context: KubeletContext, pod: TailPod): KubeletContext {
  const { uid } = pod.record;
  const { tell: how, reason } = pod.ending ?? { tell: 'terminated', reason: 'Ended' };
  const over = forget(context, uid);
  if (how === 'terminated') return tell(over, ['terminated', uid]);
  return tell(over, [how, { uid, reason }]);
}

function forget(context: KubeletContext, uid: Uid): KubeletContext {
  const over = persist(dropPod(context, uid), { kind: 'ended', uid });
  return {
    ...act(over, { type: 'cancelTimer', timer: `ambiguous/${uid}` }),
    ended: withEnded(over.ended, uid),
  };
}

/** Failed, and nothing of it runs: its end is told now; its object is deleted when we may. */
function settle(context: KubeletContext, pod: TailPod): KubeletContext {
  const { uid } = pod.record;
  const { metadataUid, name } = objectOf(pod);
  const reason = pod.ending?.reason ?? 'Failed';
  const told = tell(forget(context, uid), ['lost', { uid, reason }]);
  const stray = { metadataUid, name, uid, requests: NOTHING, kind: 'stray' } as const;
  const left = putForeign(told, {
    ...{ ...stray, deleting: false, containerUid: null, containers: 'none' },
    asked: isOwner(context) ? 'yes' : 'denied',
  });
  return isOwner(context) ? act(left, deletion(pod, context.runtime === 'runs' ? 0 : 1)) : left;
}

/** Lets a Pod go and adopts its object under a new uid: it was tombstoned and never signalled (9, †). */
function letGo(context: KubeletContext, pod: TailPod): KubeletContext {
  const { metadataUid, name } = objectOf(pod);
  const old = pod.record.uid;
  const uid = adoptedUid(metadataUid, old);
  const [counted, version] = nextVersion(dropPod(context, old));
  const phase = pod.containers === 'running' || pod.record.ready ? 'running' : 'accepted';
  const record: PodRecord = { ...pod.record, uid, phase, version };
  const journalled = persist(
    counted,
    { kind: 'released', uid: old, metadataUid },
    { kind: 'accepted', record, metadataUid, name },
    { kind: 'publishIntent', uid, incarnation: context.incarnation },
  );
  const ended = withEnded(journalled.ended, old);
  const released = journalled.released.add(metadataUid);
  const held = putPod(
    { ...journalled, ended, released },
    { ...pod, record, object: 'standing', ending: null },
  );
  return tell(held, ['lost', { uid: old, reason: 'OwnedByStock' }], ['adopted', record]);
}

/** A create whose fate is not known: wait it out (4.4). */
export function awaitAmbiguous(context: KubeletContext, uid: Uid): KubeletContext {
  return act(context, { type: 'setTimer', timer: `ambiguous/${uid}`, milliseconds: TIMERS.ambiguous });
}
