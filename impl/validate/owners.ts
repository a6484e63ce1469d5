/** Lives of D, R and S as the owner switch sees them: tracks for `TraceOwner.tla`. */
import type { DeploymentState } from '../../machines/deployment/index.ts';
import { isKnown } from '../../machines/deployment/workloads.ts';
import { isUpstreamOpen } from '../../machines/ownership/link/index.ts';
import type { ReplicaSetState } from '../../machines/replicaset/index.ts';
import type { SchedulerState } from '../../machines/scheduler/index.ts';
import type { PodFact } from '../../spec/facts.ts';
import { configOf, type StepRecord } from '../../spec/trace.ts';
import type { Fence } from '../../spec/vocabulary.ts';
import { tlaSyntax } from '../tlc/syntax.ts';
import type { Words } from './encode.ts';
import type { Track } from './ends.ts';
import type { LifeStep, LifeTrace } from './lives.ts';

interface Heard {
  readonly kind: string;
  readonly [field: string]: unknown;
}
type Value = Readonly<Record<string, unknown>> & { readonly event: Heard; readonly acts: readonly object[] };

/** What is asked for in these matters; R begins again for the switch, or, by its link, for a Lease. */
function actsOf(words: Words, { event, effects }: StepRecord): readonly object[] {
  return effects.flatMap((effect): readonly object[] => {
    const { type } = effect;
    switch (type) {
      case 'listNodes':
      case 'listPods':
        return [{ do: type, detail: [] }];
      case 'acknowledgeOwner':
        return [{ do: type, detail: [effect.owner, effect.switchVersion] }];
      case 'relist':
        return [{ do: type, detail: [effect.what, effect.token] }];
      case 'deleteStray':
        return [{ do: type, detail: [effect.metadataUid, effect.resourceVersion ?? ''] }];
      case 'restart':
        return event.type === 'switchObserved'
          ? [{ do: type, detail: [words.incarnation(effect.above)] }]
          : [];
      case 'setTimer':
        return effect.timer === 'propagation' ? [{ do: type, detail: [effect.timer] }] : [];
      default:
        return [];
    }
  });
}

/** What all of them hear. */
function heard(event: StepRecord['event']): Heard {
  if (event.type === 'timerFired' && event.timer === 'propagation') return { kind: 'fired' };
  if (event.type !== 'switchObserved') return { kind: 'other' };
  const { owner, resourceVersion: version, flush } = event.switch;
  return { kind: 'switch', owner, version, flush: flush === true };
}

const fenceOf = (words: Words, fence: Fence | null) => (fence === null ? [] : [words.fence(fence)]);

const isOver = ({ deleting, phase }: PodFact) => deleting || phase === 'Failed' || phase === 'Succeeded';
const factOf = (pod: PodFact): object => ({
  meta: pod.metadataUid,
  stamp: pod.uid ?? '',
  node: pod.node ?? '',
  set: pod.replicaSet ?? '',
  rv: pod.resourceVersion,
  stands: pod.managed && pod.replicaSet !== null && !isOver(pod),
});

const strayOf = ({ metadataUid, uid, node, replicaSet, resourceVersion }: PodFact): object => ({
  meta: metadataUid,
  stamp: uid ?? '',
  node: node ?? '',
  set: replicaSet ?? '',
  rv: resourceVersion,
});

function heardByR(words: Words, event: StepRecord['event']): Heard {
  switch (event.type) {
    case 'nodesListed': {
      const nodes = event.nodes.filter(({ agent }) => agent !== null);
      const agents = nodes.map(({ name, mark, drained }) => ({
        name,
        mark: fenceOf(words, mark),
        drained: fenceOf(words, drained),
      }));
      return { kind: 'nodes', agents };
    }
    case 'podsListed':
      return { kind: 'pods', facts: event.pods.map(factOf) };
    case 'synced':
      if (event.what !== 'replicaSets') return { kind: 'other' };
      return { kind: 'sets', answer: event.token !== undefined };
    default:
      return heard(event);
  }
}

type R = ReplicaSetState['context'];

/** What R holds, each with the object that it was adopted from. */
function heldBy({ records, adopted }: R): readonly object[] {
  const metas = new Map([...adopted].map(([meta, uid]) => [uid, meta]));
  return [...records.values()].map(({ uid, phase }) => ({ uid, phase, meta: metas.get(uid) ?? '' }));
}

/** ReplicaSets of strays of which as many others are ready as are wanted. */
const readyOf = ({ replicaSets, index }: R, strays: readonly PodFact[]): ReadonlySet<string> =>
  new Set(
    strays.flatMap(({ replicaSet }) => {
      const fact = replicaSets.get(replicaSet ?? '');
      return fact !== undefined && (index.get(fact.uid)?.ready ?? 0) >= fact.replicas ? [fact.uid] : [];
    }),
  );

function ofR(words: Words, { place, before, after }: LifeStep): Value {
  const was = (before as ReplicaSetState).context;
  const { context: is, value: phase } = after as ReplicaSetState;
  const event = heardByR(words, place.line.event);
  return {
    event,
    phase,
    due: is.unacknowledged ?? '',
    back: is.takenBackAt ?? '',
    agents: new Set([...is.agents].map(([name, cancelled]) => ({ name, cancelled }))),
    strays: is.strays.map(strayOf),
    asked: is.lists.asked,
    held: event.kind === 'pods' && (before as ReplicaSetState).value === 'comparing' ? heldBy(is) : [],
    open: isUpstreamOpen(is.down),
    knows: is.up.context.barrierPassed,
    underway: is.index.some(({ terminating, unpublished }) => terminating.size > 0 || unpublished.size > 0),
    ready: readyOf(is, was.strays),
    acts: actsOf(words, place.line),
  };
}

function ofD(words: Words, { place, after }: LifeStep): Value {
  const { context, value: phase } = after as DeploymentState;
  const { owner, switchVersion: version, acknowledged: said, flush } = context;
  return {
    event: heard(place.line.event),
    ...{ phase, owner, version, said, flush },
    known: isKnown(context),
    unwritten: context.unflushed.size > 0,
    acts: actsOf(words, place.line),
  };
}

function ofS(_: Words, { place, after }: LifeStep): Value {
  const { owner, queue, preemptions } = (after as SchedulerState).context;
  const sends = place.line.effects.flatMap((effect) => (effect.type === 'send' ? [effect.message.kind] : []));
  const waits = queue.shapes.some(({ waiting }) => waiting.places.size > 0);
  return {
    event: heard(place.line.event),
    owner,
    assigns: sends.includes('Assign'),
    takes: sends.includes('Assigned'),
    keeps: waits || preemptions.size > 0,
    acts: [],
  };
}

const LINES = { replicaset: ofR, deployment: ofD, scheduler: ofS } as const;
const isOneOf = (stage: string): stage is keyof typeof LINES => stage in LINES;

/** What began: R may have to take the Pods back. */
function bornOf(words: Words, { incarnation, steps }: LifeTrace): object {
  const event = steps[0]?.place.line.event;
  const { acknowledged } = event?.type === 'started' ? configOf(event.config) : {};
  return { incarnation: words.incarnation(incarnation), began: acknowledged ?? '' };
}

/** The track of a life of D, R or S: a line where something is heard or asked for, or all is not as it was. */
export function ownerTracks(words: Words, life: LifeTrace): readonly Track[] {
  const { stage, incarnation, steps } = life;
  if (!isOneOf(stage)) return [];
  let was = '';
  const lines = steps.slice(1).flatMap((step) => {
    if (stage === 'scheduler' && (step.after as SchedulerState).value === 'ended') return [];
    const value = LINES[stage](words, step);
    const { event, acts, ...is } = value;
    const now = tlaSyntax(is);
    const isQuiet = event.kind === 'other' && acts.length === 0 && now === was;
    was = now;
    return isQuiet ? [] : [{ place: step.place, value }];
  });
  return [
    { name: `${stage} ${incarnation}, the switch`, kind: `owner/${stage}`, me: bornOf(words, life), lines },
  ];
}
