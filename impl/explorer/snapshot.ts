/** Draws the {@link WorldView} that the properties look at. */
import { adoptedObject } from '../../machines/ownership/adoption.ts';
import type { PodFact, ReplicaSetFact, SwitchFact } from '../../spec/facts.ts';
import { EMPTY_JOURNAL, type JournalState } from '../../spec/journal.ts';
import type { Message } from '../../spec/messages.ts';
import type { NodeView, PlacedView, StageView, WorldView } from '../../spec/properties/index.ts';
import type { PeerName, Resources } from '../../spec/vocabulary.ts';
import { stateText } from './encode.ts';
import { observe } from './host.ts';
import { livesOnAs } from './livesOn.ts';
import { podName } from './reads.ts';
import { isTail, nodeOf, type Process, type Setting, type World } from './world.ts';

const stageViews = new WeakMap<Process, StageView>();
const views = new WeakMap<World, WorldView>();
const NO_REPLICA_SETS: readonly ReplicaSetFact[] = [];
const NONE: Resources = { cpu: 0, memory: 0, pods: 0 };

function stageView(setting: Setting, world: World, process: Process): StageView {
  const known = stageViews.get(process);
  const held = isTail(process.peer)
    ? (world.api.nodes[nodeOf(process.peer)]?.agent ?? 0)
    : (world.api.leases[process.peer] ?? 0);
  const holdsLease = held <= process.incarnation;
  if (known?.holdsLease === holdsLease) return known;
  const seen = observe(setting, process);
  const view: StageView = {
    process: process.id,
    peer: process.peer,
    incarnation: process.incarnation,
    holdsLease,
    records: new Map(seen.records.map((record) => [record.uid, record])),
    links: seen.links,
    wants: seen.wants,
    preemptions: seen.preemptions,
    replicaSets: seen.replicaSets ?? NO_REPLICA_SETS,
    owner: (process.seen['switch/switch'] as SwitchFact | undefined)?.owner ?? null,
    text: stateText(setting, process),
  };
  stageViews.set(process, view);
  return view;
}

const placedViews = new WeakMap<JournalState, ReadonlyMap<string, PlacedView>>();

/** What a journal has. */
function placedIn(journal: JournalState): ReadonlyMap<string, PlacedView> {
  const known = placedViews.get(journal);
  if (known !== undefined) return known;
  const placed = new Map(
    [...journal.pods].map(([uid, { record, terminating }]) => [
      uid,
      { replicaSet: record.replicaSet, priority: record.priority, terminating },
    ]),
  );
  placedViews.set(journal, placed);
  return placed;
}

const upIn = ({ containers }: World, name: string): readonly string[] =>
  Object.entries(containers[name] ?? {}).flatMap(([uid, state]) => (state === 'running' ? [uid] : []));

function nodeView(world: World, name: string): NodeView {
  const fact = world.api.nodes[name];
  const journal = world.journals[name] ?? EMPTY_JOURNAL;
  const running = new Map<string, Resources>();
  for (const uid of Object.keys(world.containers[name] ?? {})) {
    const bearing = Object.values(world.api.pods).filter(
      (one) => one.uid === uid || adoptedObject(uid) === one.metadataUid,
    );
    const pod = bearing.find(({ managed }) => managed);
    // One that has lost its label is nobody's of ours.
    if (pod === undefined && bearing.length > 0) continue;
    const now = livesOnAs(journal, uid, (replicaSet, of) => podName(world.api, replicaSet, of));
    running.set(now, journal.pods.get(now)?.record.requests ?? pod?.requests ?? NONE);
  }
  let foreign = NONE;
  for (const pod of Object.values(world.api.pods)) {
    if (pod.managed || pod.node !== name || pod.phase === 'Failed') continue;
    const { cpu, memory, pods } = pod.requests;
    foreign = { cpu: foreign.cpu + cpu, memory: foreign.memory + memory, pods: foreign.pods + pods };
  }
  return {
    name,
    capacity: fact?.capacity ?? NONE,
    mark: fact?.mark ?? null,
    drained: journal.drained ?? fact?.drained ?? null,
    fence: journal.fence,
    ended: journal.ended,
    placed: placedIn(journal),
    isRenewed: (world.lives[`kubelet/${name}`] ?? 0) > 1,
    running,
    up: new Set(upIn(world, name)),
    foreign,
  };
}

/** Pods that were ours, by stamp, or by what some K has accepted, and have lost their label. */
function unlabelledIn({ api, history }: World): readonly PodFact[] {
  const gone = Object.values(api.pods).filter(({ managed, node }) => !managed && node !== null);
  if (gone.length === 0) return gone;
  const adopted = new Set(Object.keys(history.accepted).map(adoptedObject));
  return gone.filter(({ uid, metadataUid }) => uid !== null || adopted.has(metadataUid));
}

/** Pods that are or were ours, by stamp, label, or what some K has accepted, that are shown Running and have no containers of any name. */
function hollowIn(world: World): readonly PodFact[] {
  const adopted = new Set(Object.keys(world.history.accepted).map(adoptedObject));
  return Object.values(world.api.pods).filter(({ node, phase, managed, uid, metadataUid }) => {
    if (node === null || phase !== 'Running') return false;
    if (!managed && uid === null && !adopted.has(metadataUid)) return false;
    const containers = Object.keys(world.containers[node] ?? {});
    return !containers.some((one) => one === uid || adoptedObject(one) === metadataUid);
  });
}

/** uids that a message says are gone. */
function goneBy(message: Message): readonly string[] {
  if (message.kind === 'Terminated') return message.uids;
  if (message.kind === 'Refused') return message.pods.map(({ uid }) => uid);
  return message.kind === 'Invalidate' ? message.lost.map(({ uid }) => uid) : [];
}

/** The world as the properties see it. */
export function snapshot(setting: Setting, world: World): WorldView {
  const known = views.get(world);
  if (known !== undefined) return known;
  const view: WorldView = {
    stages: Object.values(world.processes).map((process) => stageView(setting, world, process)),
    nodes: Object.keys(world.api.nodes)
      .sort()
      .map((name) => nodeView(world, name)),
    withoutNodes: setting.description.nodes.length === 0,
    traffic: Object.values(world.network.connections).map(
      ({ up, down, upstream, n, broken, toDown, toUp }) => ({
        up,
        down,
        session: { upstream, n },
        broken,
        underWay: toDown.length + toUp.length,
        gone: toUp.flatMap(goneBy),
      }),
    ),
    objects: Object.values(world.api.pods).filter(({ managed }) => managed),
    unlabelled: unlabelledIn(world),
    hollow: setting.description.runtime === 'runs' ? hollowIn(world) : [],
    deletes: world.flights.flatMap(({ by, peer, effect }) =>
      peer === 'scheduler' && effect.type === 'deleteStray' && world.processes[by] !== undefined
        ? effect.metadataUid
        : [],
    ),
    replicas: Object.fromEntries(
      Object.values(world.api.deployments).map(({ uid, replicas }) => [uid, replicas]),
    ),
    written: Object.fromEntries(
      Object.values(world.api.deployments).map(({ uid, written }) => [uid, written]),
    ),
    replicaSets: Object.values(world.api.replicaSets),
    managed: Object.values(world.api.deployments).flatMap(({ uid, unmanaged, deleting }) =>
      unmanaged || deleting ? [] : [uid],
    ),
    leaving: Object.values(world.api.deployments).flatMap(({ uid, unmanaged, written }) =>
      unmanaged && written !== null ? [uid] : [],
    ),
    paused: Object.values(world.api.deployments).flatMap(({ uid, paused }) => (paused ? [uid] : [])),
    switch: world.api.switch,
    acknowledged: world.api.acknowledged,
    down: Object.keys(world.down) as PeerName[],
    history: world.history,
  };
  views.set(world, view);
  return view;
}
