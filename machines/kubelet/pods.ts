/** The Pods that K holds, and what is derived from them: indexes, room, what is unsettled (protocol 4, 7, 9). */
import type { PodName } from '../../spec/facts.ts';
import type { Phase, PodRecord, PodStatus, Resources, Uid, Version } from '../../spec/vocabulary.ts';
import { phaseAfter } from '../ownership/podLifecycle.ts';
import {
  CONTAINERS_TABLE,
  type ContainersEvent,
  OBJECT_TABLE,
  type ObjectEvent,
  type ObjectState,
} from '../ownership/tailPod.ts';
import type { Foreign, KubeletContext, TailPod } from './context.ts';
import { tell } from './context.ts';

const plus = (a: Resources, b: Resources): Resources => ({
  cpu: a.cpu + b.cpu,
  memory: a.memory + b.memory,
  pods: a.pods + b.pods,
});
const minus = (a: Resources, b: Resources): Resources => ({
  cpu: a.cpu - b.cpu,
  memory: a.memory - b.memory,
  pods: a.pods - b.pods,
});

/** Why a Pod of this size does not fit on the node, as a kubelet says it; null if it fits. */
export function noRoomFor(context: KubeletContext, requests: Resources): string | null {
  const { used, capacity, mutants } = context;
  if (mutants.has('no-room-check')) return null;
  if (used.pods + requests.pods > capacity.pods) return 'OutOfpods';
  if (used.cpu + requests.cpu > capacity.cpu) return 'OutOfcpu';
  if (used.memory + requests.memory > capacity.memory) return 'OutOfmemory';
  return null;
}

const UNPUBLISHED: ReadonlySet<ObjectState> = new Set<ObjectState>([
  'unpublished',
  'publishing',
  'unsure',
  'waitedOut',
  'contested',
  'refused',
  'checking',
]);
const LIVE: ReadonlySet<ObjectState> = new Set<ObjectState>([
  'standing',
  'deleteAsked',
  'deleteDelayed',
  'denied',
  'failAsked',
]);

/** Whether it stands in the way of acknowledging `stock` (9): unpublished, a create in flight, or a live tombstone. */
function isUnsettled(pod: TailPod): boolean {
  return UNPUBLISHED.has(pod.object) || (pod.record.phase === 'terminating' && LIVE.has(pod.object));
}

/** Holds a Pod in a new state. */
export function putPod(context: KubeletContext, pod: TailPod): KubeletContext {
  const { uid } = pod.record;
  const before = context.pods.get(uid);
  const unsettled = isUnsettled(pod);
  let { byObject, aliases } = context;
  if (pod.metadataUid !== null && before?.metadataUid !== pod.metadataUid) {
    if (before !== undefined && before.metadataUid !== null) byObject = byObject.delete(before.metadataUid);
    byObject = byObject.set(pod.metadataUid, uid);
  }
  if (before === undefined && pod.containerUid !== uid) aliases = aliases.set(pod.containerUid, uid);
  return {
    ...context,
    pods: context.pods.set(uid, pod),
    byObject,
    aliases,
    used: before === undefined ? plus(context.used, pod.record.requests) : context.used,
    unsettled: unsettled ? context.unsettled.add(uid) : context.unsettled.delete(uid),
  };
}

/** Holds a Pod no longer. */
export function dropPod(context: KubeletContext, uid: Uid): KubeletContext {
  const pod = context.pods.get(uid);
  if (pod === undefined) return context;
  const { metadataUid, containerUid } = pod;
  const named = metadataUid !== null && context.byObject.get(metadataUid) === uid;
  return {
    ...context,
    pods: context.pods.delete(uid),
    byObject: named ? context.byObject.delete(metadataUid) : context.byObject,
    aliases: containerUid === uid ? context.aliases : context.aliases.delete(containerUid),
    used: minus(context.used, pod.record.requests),
    unsettled: context.unsettled.delete(uid),
  };
}

/** Holds an object that is not one of K's Pods; it takes room. */
export function putForeign(context: KubeletContext, foreign: Foreign): KubeletContext {
  const free = dropForeign(context, foreign.metadataUid);
  const { uid, kind, metadataUid, containerUid } = foreign;
  return {
    ...free,
    foreign: free.foreign.set(metadataUid, foreign),
    strays: kind === 'stray' && uid !== null ? free.strays.set(uid, metadataUid) : free.strays,
    orphans: containerUid === null ? free.orphans : free.orphans.set(containerUid, metadataUid),
    used: plus(free.used, foreign.requests),
  };
}

/** Holds it no longer. */
export function dropForeign(context: KubeletContext, metadataUid: string): KubeletContext {
  const foreign = context.foreign.get(metadataUid);
  if (foreign === undefined) return context;
  const { uid, containerUid } = foreign;
  return {
    ...context,
    foreign: context.foreign.delete(metadataUid),
    strays:
      uid !== null && context.strays.get(uid) === metadataUid ? context.strays.delete(uid) : context.strays,
    orphans: containerUid === null ? context.orphans : context.orphans.delete(containerUid),
    used: minus(context.used, foreign.requests),
  };
}

/** Something was learned of the object. */
export function objectHeard(
  context: KubeletContext,
  uid: Uid,
  event: ObjectEvent,
  seen?: { readonly metadataUid: string; readonly name: PodName },
): KubeletContext {
  const pod = context.pods.get(uid);
  if (pod === undefined) return context;
  const object = OBJECT_TABLE[pod.object][event];
  const metadataUid = seen?.metadataUid ?? pod.metadataUid;
  const name = seen === undefined ? pod.name : { namespace: seen.name.namespace, name: seen.name.name };
  if (object === pod.object && metadataUid === pod.metadataUid) return context;
  return putPod(context, { ...pod, object, metadataUid, name });
}

/** Something happened to the containers. */
export function containersHeard(context: KubeletContext, uid: Uid, event: ContainersEvent): KubeletContext {
  const pod = context.pods.get(uid);
  if (pod === undefined) return context;
  const containers = CONTAINERS_TABLE[pod.containers][event];
  return containers === pod.containers ? context : putPod(context, { ...pod, containers });
}

/** The next version of a record changed by this K. */
export function nextVersion(context: KubeletContext): readonly [KubeletContext, Version] {
  const counter = context.counter + 1;
  return [
    { ...context, counter },
    { stage: context.self, incarnation: context.incarnation, counter },
  ];
}

/** What an invalidation carries of a record. */
export function statusOf(record: PodRecord): PodStatus {
  const { uid, node, phase, ready, version } = record;
  return { uid, node, phase, ready, version };
}

/** K changes a record: a new version, and the upstream hears of it. A phase never goes back. */
export function changeRecord(
  context: KubeletContext,
  uid: Uid,
  told: Phase,
  ready: boolean,
  silently = false,
): KubeletContext {
  const pod = context.pods.get(uid);
  if (pod === undefined) return context;
  const phase = phaseAfter(pod.record.phase, told);
  if (phase === pod.record.phase && ready === pod.record.ready) return context;
  const [next, version] = nextVersion(context);
  const record: PodRecord = { ...pod.record, phase, ready, version };
  const held = putPod(next, { ...pod, record });
  return silently ? held : tell(held, ['changed', statusOf(record)]);
}
