/** What the runtime says, where K runs the containers (`spec/protocol.md` 4.4, 5). */
import type { StageEvent } from '../../spec/events.ts';
import type { Uid } from '../../spec/vocabulary.ts';
import { act, type KubeletContext } from './context.ts';
import { advance, endPod } from './life.ts';
import { tidy } from './observe.ts';
import { changeRecord, containersHeard, dropForeign, putForeign } from './pods.ts';

type Event<T extends StageEvent['type']> = Extract<StageEvent, { type: T }>;

const NOTHING = { cpu: 0, memory: 0, pods: 0 };
const heldAs = (context: KubeletContext, containerUid: Uid): Uid =>
  context.aliases.get(containerUid) ?? containerUid;

/** Kills containers that no Pod accounts for; K takes no `Hello` until they are quiet. */
export function kill(context: KubeletContext, containerUid: Uid): KubeletContext {
  if (context.killing.has(containerUid) || context.mutants.has('unknown-containers-left')) return context;
  return act(
    { ...context, killing: context.killing.add(containerUid) },
    { type: 'stopPod', uid: containerUid },
  );
}

/** The containers came up: running, upstream at once. */
export function podStarted(context: KubeletContext, event: Event<'podStarted'>): KubeletContext {
  const uid = heldAs(context, event.uid);
  if (!context.pods.has(uid))
    return context.orphans.has(event.uid)
      ? sayOfOrphan(cameUp(context, event.uid), event.uid, false)
      : kill(context, event.uid);
  const started = containersHeard(context, uid, 'started');
  const up = started.pods.get(uid)?.containers === 'running';
  const told = up
    ? changeRecord(started, uid, 'running', started.pods.get(uid)?.record.ready ?? false)
    : started;
  return advance(told, uid);
}

/** Nothing was started: what its template asks for is given for a Pod that stands at the API Server. It is published first (5). */
export function podNeedsObject(context: KubeletContext, event: Event<'podNeedsObject'>): KubeletContext {
  const uid = heldAs(context, event.uid);
  return context.pods.has(uid) ? advance(containersHeard(context, uid, 'needsObject'), uid) : context;
}

/** Ready, or no more. */
export function podReadiness(context: KubeletContext, event: Event<'podReadiness'>): KubeletContext {
  const uid = heldAs(context, event.uid);
  const pod = context.pods.get(uid);
  if (pod === undefined) return sayOfOrphan(context, event.uid, event.ready);
  if (pod.containers !== 'running' || pod.record.phase === 'terminating') return context;
  return advance(changeRecord(context, uid, 'running', event.ready), uid);
}

/** Nothing runs and no start is in flight. */
export function podStopped(context: KubeletContext, event: Event<'podStopped'>): KubeletContext {
  const uid = heldAs(context, event.uid);
  const pod = context.pods.get(uid);
  if (pod === undefined) return strangerStopped(context, event.uid);
  const quiet = containersHeard(context, uid, 'stopped');
  if (pod.record.phase === 'terminating') return advance(quiet, uid);
  return endPod(quiet, uid, { tell: 'lost', reason: event.failed ? 'ContainersFailed' : 'ContainersExited' });
}

function cameUp(context: KubeletContext, containerUid: Uid): KubeletContext {
  const orphan = context.foreign.get(context.orphans.get(containerUid) ?? '');
  return orphan === undefined ? context : putForeign(context, { ...orphan, containers: 'running' });
}

/** K is the kubelet of what it has let go: nobody else says that it runs, and whether it is ready (†). */
export function sayOfOrphan(context: KubeletContext, containerUid: Uid, ready: boolean): KubeletContext {
  const metadataUid = context.orphans.get(containerUid);
  const orphan = metadataUid === undefined ? undefined : context.foreign.get(metadataUid);
  if (orphan === undefined || orphan.asked === 'yes' || context.mutants.has('orphan-unsaid')) return context;
  const { name } = orphan;
  return act(context, {
    ...({ type: 'writePodStatus', uid: containerUid, name, ready } as const),
    metadataUid: orphan.metadataUid,
  });
}

function strangerStopped(context: KubeletContext, containerUid: Uid): KubeletContext {
  const rest = { ...context, killing: context.killing.delete(containerUid) };
  const metadataUid = rest.orphans.get(containerUid);
  const foreign = metadataUid === undefined ? undefined : rest.foreign.get(metadataUid);
  if (metadataUid === undefined || foreign === undefined) return rest;
  // An orphan whose containers ended: if it is being deleted, its kubelet completes that; else it says so on the object (†).
  const quiet = { ...foreign, containerUid: null, containers: 'quiet' } as const;
  const left = dropForeign(rest, metadataUid);
  if (foreign.deleting)
    return tidy(putForeign(left, { ...quiet, uid: containerUid, asked: 'no', kind: 'stray' }), metadataUid);
  // Others have said so already.
  if (foreign.asked === 'yes') return putForeign(left, { ...quiet, requests: NOTHING });
  const over = putForeign(left, { ...quiet, asked: 'yes' });
  if (rest.mutants.has('orphan-end-untold')) return over;
  const { name } = foreign;
  return act(over, { type: 'failPod', uid: containerUid, metadataUid, name, reason: 'ContainersEnded' });
}
