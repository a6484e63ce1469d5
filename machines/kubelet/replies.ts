/** What the API Server answered to K, and timers about it (`spec/protocol.md` 4.4, 5). */
import type { Refusal, StageEvent } from '../../spec/events.ts';
import { TIMERS } from '../../spec/timers.ts';
import type { Uid } from '../../spec/vocabulary.ts';
import { act, isOwner, type KubeletContext } from './context.ts';
import { advance, awaitAmbiguous, endPod, readOf } from './life.ts';
import { observe, stampOf, tidy } from './observe.ts';
import { dropForeign, objectHeard, putForeign } from './pods.ts';

type Event<T extends StageEvent['type']> = Extract<StageEvent, { type: T }>;

/** The create was done. Old news of a Pod that K no longer holds: it saw the object before it let go of the Pod. */
export function published(context: KubeletContext, { uid, pod: fact }: Event<'published'>): KubeletContext {
  const pod = context.pods.get(uid);
  if (pod === undefined) return context.mutants.has('late-reply-heeded') ? observe(context, fact) : context;
  if (pod.metadataUid !== null) return context;
  const { metadataUid, namespace, name } = fact;
  const seen = { metadataUid, name: { namespace, name } };
  return observe(objectHeard(context, uid, 'created', seen), fact);
}

/** Why a Pod ends whose create was refused; CamelCase, as Events have it. */
const REASONS: Readonly<Record<Refusal, string>> = {
  switch: 'OwnedByStock',
  quota: 'QuotaExceeded',
  forbidden: 'Forbidden',
  invalid: 'Invalid',
  notFound: 'ReplicaSetNotFound',
  conflict: 'Conflict',
  alreadyExists: 'AlreadyExists',
  ambiguous: 'PublishLost',
};

/** The create was refused, or its reply was lost. Whose object has a name that is taken, a consistent read says (†). */
export function publishFailed(
  context: KubeletContext,
  { uid, refusal, text }: Event<'publishFailed'>,
): KubeletContext {
  const pod = context.pods.get(uid);
  if (pod === undefined || pod.object !== 'publishing') return context;
  if (refusal === 'ambiguous') return awaitAmbiguous(objectHeard(context, uid, 'createLost'), uid);
  if (refusal === 'alreadyExists' && !context.mutants.has('taken-name-unread'))
    return act(objectHeard(context, uid, 'nameTaken'), readOf(pod));
  const reason = REASONS[refusal];
  const { replicaSet } = pod.record;
  const told = act(context, { type: 'report', reason, subject: uid, text, on: { replicaSet } });
  return endOrAdvance(objectHeard(told, uid, 'createRefused'), uid, 'lost', reason);
}

function endOrAdvance(
  context: KubeletContext,
  uid: Uid,
  tell: 'lost' | 'refused',
  reason: string,
): KubeletContext {
  return context.pods.get(uid)?.record.phase === 'terminating'
    ? advance(context, uid)
    : endPod(context, uid, { tell, reason });
}

/** A consistent read by name, before a confirmation or of a name that was taken. */
export function podRead(context: KubeletContext, { uid, pod: fact }: Event<'podRead'>): KubeletContext {
  const pod = context.pods.get(uid);
  const asked = pod?.object === 'checking' || pod?.object === 'contested';
  if (pod === undefined || !asked) return context;
  const mine =
    fact !== null &&
    (pod.metadataUid === null ? stampOf(context, fact) === uid : fact.metadataUid === pod.metadataUid);
  if (mine) return observe(context, fact);
  const none = objectHeard(context, uid, 'readNone');
  // Whatever else bears the name is told by the watch.
  return pod.object === 'contested'
    ? endOrAdvance(none, uid, 'refused', 'AlreadyExists')
    : advance(none, uid);
}

const later = (context: KubeletContext, uid: Uid): KubeletContext =>
  act(context, { type: 'setTimer', timer: `retry/${uid}`, milliseconds: TIMERS.deleteRetry });

/** A delete was answered. One whose fate is not known is asked again after a pause (†). */
export function deleteAnswered(
  context: KubeletContext,
  { uid, outcome }: Event<'deleteAnswered'>,
): KubeletContext {
  const pod = context.pods.get(uid);
  if (pod === undefined) return strayAnswered(context, uid, outcome);
  if (outcome === 'ambiguous' && context.mutants.has('lost-delete-unasked')) return context;
  if (outcome === 'accepted') return advance(objectHeard(context, uid, 'deleteAccepted'), uid);
  if (outcome === 'notFound' || outcome === 'conflict')
    return pod.object === 'publishing' ? context : advance(objectHeard(context, uid, 'vanished'), uid);
  const heard = objectHeard(context, uid, outcome === 'switch' ? 'deleteDenied' : 'deleteFailed');
  return advance(heard === context ? context : later(heard, uid), uid);
}

function strayAnswered(
  context: KubeletContext,
  uid: Uid,
  outcome: Event<'deleteAnswered'>['outcome'],
): KubeletContext {
  const metadataUid = context.strays.get(uid);
  const foreign = metadataUid === undefined ? undefined : context.foreign.get(metadataUid);
  if (metadataUid === undefined || foreign === undefined || outcome === 'accepted') return context;
  if (outcome === 'notFound' || outcome === 'conflict') return dropForeign(context, metadataUid);
  const denied = outcome === 'switch' && !isOwner(context);
  return later(putForeign(context, { ...foreign, asked: denied ? 'denied' : 'no' }), uid);
}

/** The wait after a lost create is over. */
export function ambiguityPassed(context: KubeletContext, uid: Uid): KubeletContext {
  return advance(objectHeard(context, uid, 'waited'), uid);
}

/** Time to try a delete again. */
export function retryPassed(context: KubeletContext, uid: Uid): KubeletContext {
  if (context.pods.has(uid)) return advance(objectHeard(context, uid, 'retried'), uid);
  const metadataUid = context.strays.get(uid);
  return metadataUid === undefined ? context : tidy(context, metadataUid);
}
