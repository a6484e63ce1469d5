/** The simulated nodes: each bound Pod is stepped through `podMachine`, and what it asks for is done at the API Server. */
import { type AnyMachineSnapshot, transition } from 'xstate';
import { conditionOf, type Node, type Pod } from '../../apiserver/kube.ts';
import { pods as podResource } from '../../apiserver/registry.ts';
import { objectAt } from '../../apiserver/store.ts';
import { timestamp } from '../../mint.ts';
import { getIn, type OrderedMap, removeIn, setIn } from '../../orderedMap.ts';
import type { SyncOutcome } from '../replicaSet/sync.ts';
import { allocatable, lacking, plus, podRequests, podsOn } from '../resources.ts';
import { call, record, type Session, target } from '../session.ts';
import { type PodEffect, type PodFact, type PodLifeState, podMachine } from './podMachine.ts';

/** What a node remembers of a Pod. @public */
export interface PodLife {
  readonly uid: string;
  readonly state: PodLifeState;
  /** When its timer fires, Unix milliseconds. */
  readonly timer?: number;
  readonly ip?: string;
}

/** How nodes behave. @public */
export interface NodeBehaviour {
  readonly podStartDelayMs: number;
  readonly podStopDelayMs: number;
  /** Refuse what does not fit, as a kubelet does and kwok does not. */
  readonly refuseOvercommit: boolean;
}

/** Lives within one step. @internal */
export interface NodeSync {
  readonly session: Session;
  readonly behaviour: NodeBehaviour;
  lives: OrderedMap<PodLife>;
  /** Addresses given out so far. */
  addresses: number;
}

const SNAPSHOTS = new Map<PodLifeState, AnyMachineSnapshot>();

function snapshotOf(state: PodLifeState): AnyMachineSnapshot {
  const known = SNAPSHOTS.get(state);
  if (known !== undefined) return known;
  const made = podMachine.resolveState({ value: state });
  SNAPSHOTS.set(state, made);
  return made;
}

/** The nodes that are simulated: those that kwok would take for its own. */
export function isSimulated(node: Node | undefined): boolean {
  return node?.metadata.annotations?.['kwok.x-k8s.io/node'] === 'fake';
}

const TAKES_ROOM: ReadonlySet<PodLifeState> = new Set(['starting', 'running', 'stopping', 'ending']);

/** What the Pod lacks on its node, as a kubelet's admission sees it; undefined if it fits. */
function lackOf(sync: NodeSync, pod: Pod, node: Node): ReturnType<typeof lacking> {
  if (!sync.behaviour.refuseOvercommit) return undefined;
  const admitted = podsOn(sync.session.api, node.metadata.name).filter((other) => {
    const life = getIn(sync.lives, lifeKey(other));
    return other.metadata.uid !== pod.metadata.uid && life !== undefined && TAKES_ROOM.has(life.state);
  });
  return lacking(allocatable(node), admitted.map(podRequests).reduce(plus, {}), podRequests(pod));
}

function lifeKey(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}

/** The fact that moves this Pod on now, if there is one. */
function factOf(sync: NodeSync, pod: Pod, node: Node, life: PodLife): PodFact | undefined {
  const { state, timer } = life;
  const deleting = pod.metadata.deletionTimestamp !== undefined;
  if (deleting && state !== 'stopping' && state !== 'ending') return { type: 'deletionSeen' };
  if (state === 'assigned')
    return { type: lackOf(sync, pod, node) === undefined ? 'roomFound' : 'roomLacking' };
  if ((state === 'starting' || state === 'stopping') && timer !== undefined && timer <= sync.session.now) {
    return { type: 'timerFired' };
  }
  return undefined;
}

function nodeUser(node: string) {
  return { username: `system:node:${node}`, groups: ['system:nodes', 'system:authenticated'] };
}

function writeStatus(sync: NodeSync, pod: Pod, status: object): void {
  const node = pod.spec.nodeName ?? '';
  const body = { metadata: { uid: pod.metadata.uid }, status };
  const asked = {
    verb: 'patch',
    ...target(podResource, pod),
    subresource: 'status',
    body,
    patchType: 'strategic',
  } as const;
  call(sync.session, { ...asked, user: nodeUser(node), unlimited: true });
}

function addressOf(sync: NodeSync): string {
  sync.addresses += 1;
  const n = sync.addresses;
  return `10.${128 + ((n >> 16) & 127)}.${(n >> 8) & 255}.${n & 255}`;
}

function runningStatus(pod: Pod, node: Node, podIP: string, now: number): object {
  const time = timestamp(now);
  const kept = conditionOf(pod.status, 'PodScheduled');
  const condition = (type: string) => ({
    type,
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: time,
  });
  const scheduled = kept?.status === 'True' ? [] : [condition('PodScheduled')];
  const conditions = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady'].map(condition);
  const hostIP = node.status.addresses?.find((one) => one.type === 'InternalIP')?.address ?? '';
  const containerStatuses = pod.spec.containers.map((container) => ({
    name: container.name,
    image: container.image,
    imageID: '',
    containerID: `simulated://${pod.metadata.uid}/${container.name}`,
    ready: true,
    started: true,
    restartCount: 0,
    state: { running: { startedAt: time } },
    lastState: {},
  }));
  return {
    phase: 'Running',
    conditions: [...conditions, ...scheduled],
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: time,
    containerStatuses,
  };
}

function failedStatus(sync: NodeSync, pod: Pod, node: Node): { reason: string; message: string } {
  const lack = lackOf(sync, pod, node);
  const { name = 'cpu', requested = 0, used = 0, capacity = 0 } = lack ?? {};
  // The kubelet counts cpu in millicores, all else in units.
  const unit = name === 'cpu' ? 1 : 1000;
  const numbers = `requested: ${requested / unit}, used: ${used / unit}, capacity: ${capacity / unit}`;
  return {
    reason: `OutOf${name}`,
    message: `Pod was rejected: Node didn't have enough resource: ${name}, ${numbers}`,
  };
}

function stopDelay(sync: NodeSync, pod: Pod): number {
  const grace = (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  return Math.min(sync.behaviour.podStopDelayMs, grace);
}

/** Carries out one effect. */
function perform(sync: NodeSync, effect: PodEffect, pod: Pod, node: Node, life: PodLife): PodLife {
  const { now } = sync.session;
  const { timer: _, ...rest } = life;
  switch (effect) {
    case 'setStartTimer':
      return { ...rest, timer: now + sync.behaviour.podStartDelayMs };
    case 'setStopTimer':
      return { ...rest, timer: now + stopDelay(sync, pod) };
    case 'clearTimer':
      return rest;
    case 'reportRunning': {
      const ip = addressOf(sync);
      writeStatus(sync, pod, runningStatus(pod, node, ip, now));
      return { ...rest, ip };
    }
    case 'reportFailed': {
      const { reason, message } = failedStatus(sync, pod, node);
      writeStatus(sync, pod, { phase: 'Failed', reason, message, startTime: timestamp(now) });
      record(sync.session, {
        about: pod,
        kind: 'Pod',
        apiVersion: 'v1',
        type: 'Warning',
        reason,
        message,
        component: 'kubelet',
      });
      return rest;
    }
    case 'deleteObject': {
      const options = { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } };
      const user = nodeUser(node.metadata.name);
      call(sync.session, { verb: 'delete', ...target(podResource, pod), options, user, unlimited: true });
      return rest;
    }
  }
}

function moved(life: PodLife, fact: PodFact): { state: PodLifeState; effects: PodEffect[] } {
  const [snapshot, actions] = transition(podMachine, snapshotOf(life.state) as never, fact);
  return {
    state: snapshot.value as PodLifeState,
    effects: actions.map((action) => action.type as PodEffect),
  };
}

/** Steps one Pod until nothing moves it now. */
export function syncPod(sync: NodeSync, key: string): SyncOutcome {
  const name = key.slice('pods/'.length);
  for (;;) {
    const pod = objectAt(sync.session.api, key) as Pod | undefined;
    const known = getIn(sync.lives, name);
    const same = known !== undefined && known.uid === pod?.metadata.uid;
    if (known !== undefined && !same) {
      const { state } = moved(known, { type: 'objectGone' });
      if (state === 'gone') sync.lives = removeIn(sync.lives, name);
    }
    const node = nodeOf(sync, pod);
    if (pod === undefined || node === undefined) return { failed: false };
    // A Pod that was found Failed or Succeeded has nothing to run; one that ran before this cluster model began, runs.
    const life: PodLife = same ? known : { uid: pod.metadata.uid, state: initialState(pod) };
    const fact = factOf(sync, pod, node, life);
    if (fact === undefined) {
      if (!same) sync.lives = setIn(sync.lives, name, life);
      return { failed: false, ...(life.timer === undefined ? {} : { again: life.timer }) };
    }
    const { state, effects } = moved(life, fact);
    // Noted before its effects: what they change is seen by the next round.
    sync.lives = setIn(sync.lives, name, { ...life, state });
    const after = effects.reduce((so, effect) => perform(sync, effect, pod, node, so), { ...life, state });
    sync.lives = setIn(sync.lives, name, after);
  }
}

function initialState(pod: Pod): PodLifeState {
  if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') return 'refused';
  return pod.status?.phase === 'Running' ? 'running' : 'assigned';
}

function nodeOf(sync: NodeSync, pod: Pod | undefined): Node | undefined {
  const name = pod?.spec.nodeName;
  const node =
    name === undefined ? undefined : (objectAt(sync.session.api, `nodes/${name}`) as Node | undefined);
  return isSimulated(node) ? node : undefined;
}
