/**
 * Writes to the API Server at the moment that they are done, and what the API Server's own people do: garbage
 * collection, the owner switch's policy. Each gives the answer that its sender will get, if it is told.
 */
import { mayStand } from '../../machines/ownership/registration.ts';
import type { Effect } from '../../spec/effects.ts';
import type { Refusal, StageEvent } from '../../spec/events.ts';
import type { DeploymentFact, NodeFact, PodFact } from '../../spec/facts.ts';
import { EMPTY_JOURNAL } from '../../spec/journal.ts';
import type { PodRecord } from '../../spec/vocabulary.ts';
import { publishedPod, unboundPod } from '../../spec/worlds/objects.ts';
import { markEnded } from './history.ts';
import { podName } from './reads.ts';
import { acknowledge, admits, noteAct } from './stock.ts';
import { type Api, type Flight, isTail, nodeOf, type World, withEntry } from './world.ts';

/** A world, and the answer on its way back. */
export type Landed = readonly [World, StageEvent | null];

const bump = (resourceVersion: string) => String(Number(resourceVersion) + 1);

/** The world with a changed Node. */
export function putNode(world: World, name: string, change: Partial<NodeFact>): World {
  const node = world.api.nodes[name];
  if (node === undefined) return world;
  const next = { ...node, ...change, resourceVersion: bump(node.resourceVersion) };
  return { ...world, api: { ...world.api, nodes: withEntry(world.api.nodes, name, next) } };
}

/** The world with a Pod changed, made (no such name yet) or removed (null). History sees it end. */
export function putPod(world: World, name: string, change: Partial<PodFact> | null): World {
  const pod = world.api.pods[name];
  const next =
    change === null
      ? undefined
      : ({ ...pod, ...change, resourceVersion: bump(pod?.resourceVersion ?? '0') } as PodFact);
  const ends =
    pod !== undefined && pod.uid !== null && (next === undefined || (next.deleting && !pod.deleting));
  const history = ends ? markEnded(world.history, pod.uid as string, 'shown') : world.history;
  return { ...world, history, api: { ...world.api, pods: withEntry(world.api.pods, name, next) } };
}

/** Where a write lands: who the policy admits there. */
export interface Landing {
  readonly mutants: ReadonlySet<string>;
  /** At an API server that has not seen the switch. */
  readonly late: boolean;
}

/** Whether the policy denies our side; to complete a deletion that others began is never denied. */
function denied(api: Api, pod: PodFact | null, { late, mutants }: Landing): boolean {
  return pod?.deleting !== true && !admits(api, 'ours', late, mutants);
}

function landPublish(
  world: World,
  flight: Flight,
  effect: Effect & { type: 'publish' },
  landing: Landing,
): Landed {
  const { record } = effect;
  const fail = (refusal: Refusal): Landed => [
    world,
    { type: 'publishFailed', uid: record.uid, refusal, text: refusal },
  ];
  if (denied(world.api, null, landing)) return fail('switch');
  const name = podName(world.api, record.replicaSet, record.uid);
  const node = nodeOf(flight.peer);
  if (world.api.pods[name] !== undefined) return fail('alreadyExists');
  if (!isTail(flight.peer)) return landUnbound(world, flight, name, record);
  if (world.api.nodes[node] === undefined) return fail('notFound');
  const runs = world.containers[node]?.[record.uid] === 'running';
  const pod = publishedPod(name, `m${flight.incarnation}-${record.uid}`, record, { node, runs });
  const after = putPod({ ...world, history: noteAct(world, 'ours', pod) }, name, pod);
  return [after, { type: 'published', uid: record.uid, pod }];
}

/** S publishes a Pod that has found no room. */
function landUnbound(world: World, flight: Flight, name: string, record: PodRecord): Landed {
  const pod = unboundPod(name, `u${flight.incarnation}-${record.uid}`, record);
  const after = putPod({ ...world, history: noteAct(world, 'ours', pod) }, name, pod);
  return [after, { type: 'published', uid: record.uid, pod }];
}

function landDelete(
  world: World,
  effect: Effect & { type: 'deletePod' | 'deleteStray' },
  landing: Landing,
): readonly [World, 'accepted' | Refusal] {
  const pod = Object.values(world.api.pods).find((one) => one.metadataUid === effect.metadataUid);
  if (pod === undefined) return [world, 'notFound'];
  if (denied(world.api, pod, landing)) return [world, 'switch'];
  if (
    effect.type === 'deleteStray' &&
    (effect.resourceVersion ?? pod.resourceVersion) !== pod.resourceVersion
  )
    return [world, 'conflict'];
  const noted = pod.deleting ? world : { ...world, history: noteAct(world, 'ours', pod) };
  if (pod.node === null || effect.graceSeconds === 0) return [putPod(noted, pod.name, null), 'accepted'];
  return [pod.deleting ? world : putPod(noted, pod.name, { deleting: true }), 'accepted'];
}

function landMark(world: World, effect: Effect & { type: 'mark' }): Landed {
  const node = world.api.nodes[effect.node];
  const answer = (outcome: 'written' | 'conflict' | 'gone'): StageEvent => ({
    type: 'marked',
    node: effect.node,
    mark: effect.mark,
    outcome,
  });
  if (node === undefined || node.uid !== effect.nodeUid) return [world, answer('gone')];
  if (node.resourceVersion !== effect.resourceVersion) return [world, answer('conflict')];
  const journal = world.journals[effect.node] ?? EMPTY_JOURNAL;
  const cancelled = {
    ...world.history.cancelled,
    [effect.node]: { mark: effect.mark, uids: [...journal.pods.keys()].sort() },
  };
  const marked = putNode(world, effect.node, { mark: effect.mark });
  return [{ ...marked, history: { ...marked.history, cancelled } }, answer('written')];
}

function landReplicas(world: World, effect: Effect & { type: 'writeReplicas' }, mutant: boolean): Landed {
  const was = world.api.deployments[effect.deployment];
  const fail = (refusal: Refusal): Landed => [
    world,
    { type: 'replicasWritten', deployment: effect.deployment, after: null, refusal },
  ];
  if (was === undefined) return fail('notFound');
  const isStale = effect.resourceVersion !== '' && was.resourceVersion !== effect.resourceVersion;
  if (isStale && !mutant) return fail('conflict');
  const changes = effect.value !== null && effect.value !== was.replicas;
  const after: DeploymentFact = {
    ...was,
    replicas: effect.value ?? was.replicas,
    replicasOwner: changes ? 'kubedirect-d/Update/' : was.replicasOwner,
    written: effect.last ? null : effect.written,
    generation: was.generation + 1,
    resourceVersion: bump(was.resourceVersion),
  };
  const external = world.history.external[was.uid] ?? 0;
  const unseen = changes && effect.written.version.generation < external;
  const overwritten = unseen
    ? {
        ...world.history.overwritten,
        [was.uid]: [...(world.history.overwritten[was.uid] ?? []), was.replicas],
      }
    : world.history.overwritten;
  return [
    {
      ...world,
      api: { ...world.api, deployments: withEntry(world.api.deployments, was.uid, after) },
      history: { ...world.history, overwritten },
    },
    { type: 'replicasWritten', deployment: was.uid, after, refusal: null },
  ];
}

/** Do a write that was under way. */
export function land(world: World, flight: Flight, landing: Landing): Landed {
  const { effect } = flight;
  switch (effect.type) {
    case 'publish':
      return landPublish(world, flight, effect, landing);
    case 'deletePod': {
      const [after, outcome] = landDelete(world, effect, landing);
      return [after, { type: 'deleteAnswered', uid: effect.uid, outcome }];
    }
    case 'deleteStray': {
      const [after, outcome] = landDelete(world, effect, landing);
      return [after, { type: 'deleteAnswered', uid: `a-${effect.metadataUid}`, outcome }];
    }
    case 'mark':
      return landMark(world, effect);
    case 'register': {
      const name = nodeOf(flight.peer);
      const stands = mayStand(flight.incarnation, world.api.nodes[name]?.agent ?? null, landing.mutants);
      const after = stands
        ? putNode(world, name, { agent: flight.incarnation, address: flight.peer })
        : world;
      const node = after.api.nodes[name];
      return [after, node === undefined ? null : { type: 'registered', node }];
    }
    case 'failPod':
    case 'writePodStatus':
      return [writeNow(world, flight), null];
    case 'writeReplicas':
      return landReplicas(world, effect, landing.mutants.has('environment/no-precondition'));
    default:
      return [world, null];
  }
}

/** Whether a write can be done now: registration waits for its Node. */
export function canLand(world: World, flight: Flight): boolean {
  return flight.effect.type !== 'register' || world.api.nodes[nodeOf(flight.peer)] !== undefined;
}

/** Whether the owner switch's policy looks at the write. */
export function isFenced({ effect }: Flight): boolean {
  return effect.type === 'publish' || effect.type === 'deletePod' || effect.type === 'deleteStray';
}

/** Whether the effect is a write that takes time. */
export function isFlight(effect: Effect, slow = false): boolean {
  if (slow && (effect.type === 'failPod' || effect.type === 'writePodStatus')) return true;
  return ['publish', 'deletePod', 'deleteStray', 'mark', 'register', 'writeReplicas'].includes(effect.type);
}

/** Writes that are done at once, since nothing reads them back but a person or an idle wait. */
export function writeNow(world: World, flight: Flight): World {
  const { effect, peer } = flight;
  if (effect.type === 'reportDrain' && isTail(peer))
    return putNode(world, nodeOf(peer), { drained: effect.mark });
  if (effect.type === 'acknowledgeOwner') return acknowledge(world, peer, effect.owner, effect.switchVersion);
  if (effect.type !== 'failPod' && effect.type !== 'writePodStatus') return world;
  const pod = Object.values(world.api.pods).find((one) => one.metadataUid === effect.metadataUid);
  if (pod === undefined) return world;
  return effect.type === 'failPod'
    ? putPod(world, pod.name, { phase: 'Failed', ready: false })
    : putPod(world, pod.name, { phase: 'Running', ready: effect.ready });
}
