/** A step of K as one of its Pods sees it, in the words of `TracePod.tla`. */
import type { KubeletState } from '../../machines/kubelet/index.ts';
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { PodFact } from '../../spec/facts.ts';
import type { StepRecord } from '../../spec/trace.ts';
import type { Uid } from '../../spec/vocabulary.ts';

type Context = KubeletState['context'];
type TailPod = NonNullable<ReturnType<Context['pods']['get']>>;

/** Something that is told of a Pod. */
export interface PodEvent {
  readonly kind: string;
  readonly [field: string]: unknown;
}

const OTHER: PodEvent = { kind: 'other' };
const maybe = <T>(value: T | null): readonly T[] => (value === null ? [] : [value]);

function seenOf({ deleting, phase }: PodFact): string {
  if (deleting) return 'seenDeleting';
  return phase === 'Failed' || phase === 'Succeeded' ? 'seenFailed' : 'seenLive';
}

/** An object, as far as it may be the Pod's. */
function factOf({ released }: Context, fact: PodFact, uid: Uid): object {
  const { metadataUid: meta, replicaSet, phase, ready } = fact;
  return {
    meta,
    stamped: fact.uid === uid && !released.has(meta),
    seen: seenOf(fact),
    orphan: replicaSet === null,
    running: phase === 'Running',
    ready,
  };
}

const TIMERS = [
  ['ambiguous/', 'waited'],
  ['retry/', 'retried'],
] as const;

function ofTimer(timer: string, uid: Uid): PodEvent {
  const [, kind] = TIMERS.find(([prefix]) => timer === prefix + uid) ?? [];
  return kind === undefined ? OTHER : { kind };
}

function ofMessage({ message }: Extract<StageEvent, { type: 'received' }>, uid: Uid): PodEvent {
  const named =
    (message.kind === 'Terminate' && message.uids.includes(uid)) ||
    (message.kind === 'Fetch' && message.tombstones.includes(uid));
  if (named) return { kind: 'terminate' };
  const assigned = message.kind === 'Assign' && message.records.some((record) => record.uid === uid);
  return assigned ? { kind: 'assign' } : OTHER;
}

function ofContainers(
  { aliases }: Context,
  event: Extract<StageEvent, { type: 'podStarted' | 'podNeedsObject' | 'podReadiness' | 'podStopped' }>,
  uid: Uid,
): PodEvent {
  if ((aliases.get(event.uid) ?? event.uid) !== uid) return OTHER;
  if (event.type === 'podStarted') return { kind: 'started' };
  if (event.type === 'podNeedsObject') return { kind: 'needsObject' };
  if (event.type === 'podReadiness') return { kind: 'ready', ready: event.ready };
  return { kind: 'stopped', failed: event.failed };
}

/** What an event tells of the Pod, or may tell. */
export function toldOf(
  before: Context,
  event: StepRecord['event'],
  uid: Uid,
  metas: ReadonlySet<string>,
): PodEvent {
  const mayBeIts = (fact: PodFact) =>
    fact.node === before.node && (fact.uid === uid || metas.has(fact.metadataUid));
  switch (event.type) {
    case 'podObserved':
    case 'podVanished': {
      const isIts = event.type === 'podVanished' || event.pod.node === before.node;
      if (!isIts || !(event.pod.uid === uid || metas.has(event.pod.metadataUid))) return OTHER;
      const kind = event.type === 'podObserved' ? 'observed' : 'vanished';
      return { kind, fact: factOf(before, event.pod, uid) };
    }
    case 'podsListed':
      return {
        kind: 'listed',
        facts: event.pods.filter(mayBeIts).map((fact) => factOf(before, fact, uid)),
      };
    case 'published':
      if (event.uid !== uid) return OTHER;
      return { kind: 'published', fact: factOf(before, event.pod, uid) };
    case 'publishFailed':
      return event.uid === uid ? { kind: 'publishFailed', refusal: event.refusal } : OTHER;
    case 'deleteAnswered':
      return event.uid === uid ? { kind: 'deleted', outcome: event.outcome } : OTHER;
    case 'podRead':
      if (event.uid !== uid) return OTHER;
      return { kind: 'read', facts: maybe(event.pod).map((fact) => factOf(before, fact, uid)) };
    case 'podStarted':
    case 'podNeedsObject':
    case 'podReadiness':
    case 'podStopped':
      return ofContainers(before, event, uid);
    case 'timerFired':
      return ofTimer(event.timer, uid);
    case 'received':
      return ofMessage(event, uid);
    default:
      return OTHER;
  }
}

/** Journal entries about the Pod; of one that K does not hold, none but from its acceptance on. */
export function entriesOf(effects: readonly Effect[], uid: Uid, isKnown: boolean): readonly object[] {
  const entries = effects
    .flatMap((effect) => (effect.type === 'journal' ? effect.entries : []))
    .flatMap((entry): readonly { kind: string; meta: readonly string[] }[] => {
      switch (entry.kind) {
        case 'accepted':
          return entry.record.uid === uid ? [{ kind: entry.kind, meta: maybe(entry.metadataUid) }] : [];
        case 'terminating':
        case 'released':
          return entry.uid === uid ? [{ kind: entry.kind, meta: maybe(entry.metadataUid) }] : [];
        case 'publishIntent':
        case 'ended':
          return entry.uid === uid ? [{ kind: entry.kind, meta: [] }] : [];
        default:
          return [];
      }
    });
  return isKnown || entries.some(({ kind }) => kind === 'accepted') ? entries : [];
}

/** What was asked for about the Pod. */
export function actsOn(
  effects: readonly Effect[],
  uid: Uid,
  metas: ReadonlySet<string>,
  containerUid: Uid,
): readonly object[] {
  return effects.flatMap((effect): readonly object[] => {
    const { type } = effect;
    switch (type) {
      case 'publish':
        return effect.record.uid === uid ? [{ do: type, detail: [] }] : [];
      case 'startPod':
        return effect.record.uid === containerUid ? [{ do: type, detail: [] }] : [];
      case 'stopPod':
        return effect.uid === containerUid ? [{ do: type, detail: [] }] : [];
      case 'readPod':
        return effect.uid === uid ? [{ do: type, detail: [] }] : [];
      case 'deletePod':
      case 'failPod':
      case 'writePodStatus': {
        if (effect.uid !== uid || !metas.has(effect.metadataUid)) return [];
        const meta = [effect.metadataUid];
        if (type === 'failPod') return [{ do: type, detail: [meta] }];
        return [{ do: type, detail: [type === 'deletePod' ? effect.graceSeconds : effect.ready, meta] }];
      }
      default:
        return [];
    }
  });
}

/** The Pod as the module has it. */
export function podOf({ record, object, containers, metadataUid, wroteReady, ending }: TailPod): object {
  const { phase, ready } = record;
  return {
    phase,
    ready,
    object,
    containers,
    meta: maybe(metadataUid),
    wrote: maybe(wroteReady),
    ending: maybe(ending),
  };
}
