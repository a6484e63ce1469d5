/** Lives of R, S and K, as the modules of the stages write them. */
import type { viewOfKubelet } from '../../../machines/kubelet/index.ts';
import type { Upward } from '../../../machines/ownership/upward.ts';
import type { viewOfReplicaSet } from '../../../machines/replicaset/index.ts';
import type { SchedulerState, viewOfScheduler } from '../../../machines/scheduler/index.ts';
import type { Refusal, StageEvent } from '../../../spec/events.ts';
import type { NodeFact, PodFact, ReplicaSetFact, SwitchFact } from '../../../spec/facts.ts';
import type { Fence, PodRecord, SessionId } from '../../../spec/vocabulary.ts';
import type { Pending, Process } from '../../explorer/world.ts';
import { fenceOf, sessionOf } from '../link/messages.ts';
import { bagOf, option } from '../text.ts';
import {
  drainedOfferOf,
  isOurs,
  nodeFactOf,
  objectOf,
  objectPair,
  offerOf,
  podFactOf,
  publisherOf,
  reasonOf,
  recordOf,
  recordsOf,
  statusOf,
  uidOf,
} from './messages.ts';

type ReplicaSetView = ReturnType<typeof viewOfReplicaSet>;
type SchedulerView = ReturnType<typeof viewOfScheduler>;
type KubeletView = ReturnType<typeof viewOfKubelet>;

// ---- What is on its way ----------------------------------------------------------------------

/** `peer/node/n1/2`, `verify/upstream/1/1`, `hello/4`: what is asked, and the numbers. */
const tokenOf = (token: string): readonly unknown[] =>
  token.split('/').flatMap((part, at): unknown[] => {
    if (at === 0) return [part];
    return /^\d+$/.test(part) ? [Number(part)] : [];
  });

function answerOf(event: StageEvent): unknown {
  switch (event.type) {
    case 'leaseRead':
      return event.incarnation ?? 0;
    case 'nodeRead':
      return nodeFactOf(event.node as NodeFact);
    case 'nodesListed':
      return new Map(event.nodes.map((node) => [node.name, nodeFactOf(node)]));
    case 'podsListed':
      return event.pods.filter(isOurs).map(podFactOf);
    case 'podRead':
      return option(event.pod, podFactOf);
    default:
      throw new Error(`${event.type} answers no read of a world of the chain`);
  }
}

/** What is read: as the stage's module calls it. */
type Subject = (peer: string) => string;

function readOf({ reads, candidates }: Pending, subjectOf: Subject, forAll: boolean) {
  const answers = new Set(candidates.map(answerOf));
  switch (reads?.type) {
    case 'readLease':
      return { token: tokenOf(reads.token), of: subjectOf(reads.subject), candidates: answers };
    case 'readNode':
      return { token: tokenOf(reads.token), of: 'node', candidates: answers };
    case 'listNodes':
      return { token: ['list'], of: 'nodes', candidates: answers };
    case 'listPods':
      return { token: ['list'], of: forAll ? 'all' : 'pods', candidates: answers };
    case 'readPod':
      return { token: ['pod', uidOf(reads.uid)], of: 'pod', candidates: answers };
    default:
      throw new Error(`${reads?.type} is read by nobody in a world of the chain`);
  }
}
/** @param forAll - Pods are listed of all nodes */
const readsOf = (pending: readonly Pending[], subjectOf: Subject, forAll = false) =>
  bagOf(pending.filter(({ reads }) => reads !== null).map((one) => readOf(one, subjectOf, forAll)));

const isLow = (subject: string) => subject.startsWith('kubelet/');
/** Answers that are what they are. */
const fixedOf = ({ pending }: Process) =>
  pending.flatMap(({ reads, candidates: [event] }) => (reads === null && event !== undefined ? [event] : []));

/** News that queued. */
const queuedOf = ({ assigned, changed, adopted, lost, refused, terminated }: Upward) => ({
  assigned: assigned.map(statusOf),
  changed: changed.map(statusOf),
  adopted: adopted.map(recordOf),
  lost: lost.map(reasonOf),
  refused: refused.map(reasonOf),
  terminated: terminated.map(uidOf),
});

interface SideView {
  readonly state: string;
  readonly fence: Fence;
  readonly hello: SessionId | null;
  readonly seen: number;
  readonly barrierPassed: boolean;
}
const sideOf = ({ state, fence, hello, seen, barrierPassed }: SideView) => ({
  state,
  fence: fenceOf(fence),
  hello: option(hello, sessionOf),
  seen,
  passed: barrierPassed,
});

/** ReplicaSets by uid: version, replicas, whether it is being deleted. */
export const setsOf = (facts: readonly ReplicaSetFact[]) =>
  new Map(
    facts.map(({ uid, resourceVersion, replicas, deleting }) => [
      uid,
      [Number(resourceVersion), replicas, deleting],
    ]),
  );
const seenSets = ({ seen }: Process) =>
  setsOf(
    Object.entries(seen).flatMap(([key, one]) =>
      key.startsWith('replicaSets/') ? [one as ReplicaSetFact] : [],
    ),
  );

/** Who owns the Pods, and the version that says so. */
export const switchOf = ({ owner, resourceVersion }: SwitchFact) => [owner, Number(resourceVersion)];
/** What the watch last told of the switch; in worlds without it, that it is as it was at first. */
const heardSwitch = ({ seen }: Process) => {
  const fact = seen['switch/switch'] as SwitchFact | undefined;
  return fact === undefined ? ['direct', 1] : switchOf(fact);
};

// ---- R -----------------------------------------------------------------------------------------

/** What R is told when it takes the Pods back. */
function relistedOf(event: StageEvent): object {
  switch (event.type) {
    case 'replicaSetObserved': {
      const { uid } = event.replicaSet;
      return { type: 'set', set: uid, fact: setsOf([event.replicaSet]).get(uid) };
    }
    case 'synced':
      return { type: 'synced' };
    case 'deleteAnswered':
      return { type: 'deleted', uid: uidOf(event.uid), outcome: event.outcome };
    default:
      throw new Error(`${event.type} answers nothing that R asks in a world of the chain`);
  }
}

export function replicaSetLife(process: Process, view: ReplicaSetView) {
  const { down, up, minted, records, backoffs, unacknowledged } = view;
  return {
    state: down.state,
    n: down.n,
    offer: option(down.offer, offerOf),
    fence: fenceOf(down.fence),
    records: recordsOf(Object.values(records as Record<string, PodRecord>)),
    minted,
    dial: process.dials.map(({ n }) => n),
    reads: readsOf(process.pending, (subject) => (subject === 'scheduler' ? 'down' : 'up'), true),
    once: up.barrierPassed,
    backoff: new Map(Object.entries(backoffs as Record<string, object>)),
    timers: new Set(process.timers.map((timer) => timer.split('/'))),
    seen: setsOf(Object.values(view.replicaSets as Record<string, ReplicaSetFact>)),
    told: seenSets(process),
    answers: bagOf(fixedOf(process).map(relistedOf)),
    phase: view.state,
    heard: heardSwitch(process),
    due: option(unacknowledged, Number),
    back: option(view.takenBackAt, Number),
    began: option(view.acknowledged, (owner) => owner),
    agents: new Map(Object.entries((view.agents ?? {}) as Record<string, boolean>)),
    strays: (view.strays ?? []).map(podFactOf),
  };
}

// ---- S -----------------------------------------------------------------------------------------

/** Whose the read is: of a node, or of S as a whole. */
function nodeOfRead({ reads }: Pending): string | null {
  if (reads?.type === 'readNode') return reads.node;
  if (reads?.type !== 'readLease') return null;
  return /\/(n\d)\//.exec(reads.token)?.[1] ?? null;
}

/** The `Offer` that waits for a mark's fate; of it the view tells the session alone. */
function heldOf({ state }: Process, node: string) {
  const { context } = state as SchedulerState;
  return context.nodes.get(node)?.cancellation.context.held ?? null;
}

function nodeLife(
  process: Process,
  name: string,
  one: SchedulerView['nodes'][number][1],
  view: SchedulerView,
) {
  const { link, cancellation } = one;
  const here = view.records.map(([, record]) => record).filter(({ node }) => node === name);
  const marks = fixedOf(process).flatMap((event) =>
    event.type === 'marked' && event.node === name
      ? [{ mark: fenceOf(event.mark), outcome: event.outcome }]
      : [],
  );
  return {
    state: link.state,
    n: link.n,
    offer: option(link.offer, drainedOfferOf),
    fence: fenceOf(link.fence),
    records: recordsOf(here),
    dial: process.dials.filter((dial) => dial.link === `node/${name}`).map(({ n }) => n),
    reads: readsOf(
      process.pending.filter((pending) => nodeOfRead(pending) === name),
      (subject) => (isLow(subject) ? 'agent' : 'up'),
    ),
    marks: bagOf(marks),
    timer: process.timers.includes(`unreachable/${name}`),
    cancel: {
      state: cancellation.state,
      read: cancellation.read,
      mark: option(cancellation.mark, fenceOf),
      held: option(heldOf(process, name), drainedOfferOf),
    },
    reached: view.reached.includes(name),
  };
}

/** Answers to what S asks of Pods; those to its marks are with their nodes. */
const isAnswer = ({ type }: StageEvent) => ['published', 'publishFailed', 'deleteAnswered'].includes(type);

const keyOf = (metadataUid: string) => objectOf(metadataUid).key;
const keysOf = (objects: readonly string[]) => new Set(objects.map(keyOf));

/** What S hands over, and answers for. */
function handOf(process: Process, { handOver }: SchedulerView) {
  const [handing, shown] = [handOver?.handing ?? [], handOver?.shown ?? []];
  return {
    on: handOver !== undefined,
    handing: new Set(handing.map(uidOf)),
    shown: new Map(shown.map(([metadataUid, fact]) => [keyOf(metadataUid), podFactOf(fact)])),
    held: keysOf((handOver?.held ?? []).map(([metadataUid]) => metadataUid)),
    reported: keysOf(handOver?.reported ?? []),
    asked: keysOf(handOver?.asked ?? []),
    bare: new Set(handOver?.bare ?? []),
    clocks: new Set(handOver?.clocks ?? []),
    awaited: new Set((handOver?.awaited ?? []).map(([set, uids]) => [set, new Set(uids.map(uidOf))])),
    seen: factsBy(process.seen, ({ resourceVersion, metadataUid }) => [
      Number(resourceVersion),
      publisherOf(metadataUid),
    ]),
    passed: factsBy(process.passed, podFactOf),
  };
}

export function schedulerLife(process: Process, view: SchedulerView) {
  const { records, nodes, queue, counter, cooling, noRoom, newerMark, upstream, queued } = view;
  const line = queue.shapes.flatMap(([, { waiting }]) => waiting).sort(([, a], [, b]) => a - b);
  const timers = process.timers.filter((timer) => !timer.startsWith('unreachable/'));
  return {
    link: sideOf(upstream),
    queued: queuedOf(queued),
    counter,
    arrivals: queue.arrivals,
    unbound: recordsOf(records.map(([, record]) => record).filter(({ node }) => node === null)),
    waiting: line.map(([uid, place]) => [uidOf(uid), place]),
    preemptions: view.preemptions.map(([uid, { node, requests, awaited }]) => ({
      preemptor: uidOf(uid),
      node,
      room: requests.pods,
      awaited: new Set(awaited.map(uidOf)),
    })),
    nodes: new Map(nodes.map(([name, one]) => [name, nodeLife(process, name, one, view)])),
    facts: new Map(nodes.map(([name, { fact }]) => [name, nodeFactOf(fact)])),
    cooling: new Set(cooling.map((key) => key.split('/'))),
    noRoom: new Set(noRoom),
    newer: option(newerMark, fenceOf),
    timers: new Set(
      timers.map((timer) => (timer.startsWith('ambiguous/') ? timerOf(timer) : timer.split('/'))),
    ),
    seen: seenSets(process),
    heard: heardSwitch(process),
    hand: handOf(process, view),
    answers: bagOf(fixedOf(process).filter(isAnswer).map(heardOf)),
    reads: readsOf(
      process.pending.filter((pending) => nodeOfRead(pending) === null),
      (subject) => (subject === 'replicaset' ? 'up' : 'down'),
    ),
  };
}

// ---- K -----------------------------------------------------------------------------------------

const TOLD: Readonly<Record<string, string>> = {
  podStarted: 'started',
  podReadiness: 'ready',
  podStopped: 'stopped',
};

/** What a create is answered that was not simply refused. */
const REFUSED: Partial<Record<Refusal, string>> = { ambiguous: 'publishLost', alreadyExists: 'publishTaken' };

/** What K hears of Pods. */
function heardOf(event: StageEvent): object {
  switch (event.type) {
    case 'podObserved':
      return { type: 'observed', fact: podFactOf(event.pod) };
    case 'podVanished':
      return {
        type: 'vanished',
        uid: objectOf(event.pod.metadataUid).key,
        meta: [publisherOf(event.pod.metadataUid)],
      };
    case 'published':
      return { type: 'published', fact: podFactOf(event.pod) };
    case 'publishFailed':
      return {
        type: REFUSED[event.refusal] ?? 'publishRefused',
        uid: uidOf(event.uid),
        reason: event.refusal,
      };
    case 'deleteAnswered':
      return { type: 'deleted', uid: uidOf(event.uid), outcome: event.outcome };
    case 'registered':
      return { type: 'registered', fact: nodeFactOf(event.node) };
    case 'podStarted':
    case 'podReadiness':
    case 'podStopped':
      return { type: TOLD[event.type], uid: uidOf(event.uid) };
    case 'synced':
      return { type: 'synced' };
    case 'timerFired':
      return { type: 'waited', uid: uidOf(event.timer.slice(event.timer.indexOf('/') + 1)) };
    default:
      throw new Error(`${event.type} says nothing of a Pod in a world of the chain`);
  }
}
const isTold = (event: StageEvent) => TOLD[event.type] !== undefined;

function toldOf(process: Process) {
  const told = new Map<string, string[]>();
  for (const event of fixedOf(process).filter(isTold))
    if ('uid' in event) told.set(event.uid, [...(told.get(event.uid) ?? []), TOLD[event.type] as string]);
  return new Map([...told].map(([uid, events]) => [uidOf(uid), events]));
}

const tailPodOf = (pod: KubeletView['pods'][number]) => ({
  object: pod.object,
  containers: pod.containers,
  as: uidOf(pod.containerUid),
  meta: option(pod.metadataUid, publisherOf),
  wrote: option(pod.wroteReady, (ready) => ready),
  ending: option(pod.ending, ({ tell, reason }) => ({ tell, reason })),
});

/** Not the object of an unmanaged Pod. */
const isOfWorld = (metadataUid: string) => !metadataUid.startsWith('foreign-');

/** `ambiguous/r1-1`, `retry/r1-1`, `propagation`. */
function timerOf(timer: string): readonly unknown[] {
  const [kind, uid] = timer.split('/');
  return uid === undefined ? [kind] : [kind, uidOf(uid)];
}

/** Facts of Pods by key: what a watch told last. */
function factsBy<T>(facts: Process['seen'], as: (fact: PodFact) => T): ReadonlyMap<unknown, T> {
  const pods = Object.entries(facts).flatMap(([key, one]) =>
    key.startsWith('pods/') ? [one as PodFact] : [],
  );
  return new Map(pods.filter(isOurs).map((fact) => [objectOf(fact.metadataUid).key, as(fact)]));
}

export function kubeletLife(process: Process, view: KubeletView) {
  const { link, records, pods, counter, accepted, drained, draining, waiting, reads } = view;
  const { registered, foreign, killing, ended, running, early, queued, node, incarnation } = view;
  const { acknowledged, released, listedFrom, heardSince } = view;
  return {
    node,
    incarnation,
    agent: (view.state as { readonly agent: string }).agent,
    link: sideOf(link),
    records: recordsOf(records),
    pods: new Map(pods.map((pod) => [uidOf(pod.uid), tailPodOf(pod)])),
    counter,
    accepted: fenceOf(accepted),
    drained: option(drained, fenceOf),
    draining: option(draining, ({ mark }) => fenceOf(mark as Fence)),
    waiting: option(waiting, ({ token, read }) => ({
      hello: tokenOf(token).slice(1),
      read: read === null ? 0 : tokenOf(read)[1],
    })),
    read: reads,
    registered: option(registered, nodeFactOf),
    foreign: new Map(
      foreign
        .filter(({ metadataUid }) => isOfWorld(metadataUid))
        .map(({ uid, kind, metadataUid, deleting, asked, requests }) => {
          const { key, meta } = objectOf(metadataUid);
          const known = { kind, meta: [meta], deleting, asked, room: requests.pods };
          return [key, { ...known, uid: uid === null ? [] : uidOf(uid) }];
        }),
    ),
    killing: new Set(killing.map(uidOf)),
    ended: new Set(ended.map(uidOf)),
    owner: (view.state as { readonly owner: string }).owner,
    heard: heardSwitch(process),
    acknowledged,
    released: new Set(released.map(objectPair)),
    listed: option(listedFrom, ({ held, foreign: others }) => ({
      held: new Set(held.map(objectPair)),
      foreign: new Set(others.filter(isOfWorld).map(objectPair)),
    })),
    since: new Set(heardSince.filter(isOfWorld).map(objectPair)),
    lists: view.lists,
    again: view.listAgain === true,
    doubt: view.doubt ?? 'none',
    shown: option(view.shown, (shown) => (shown === 'newer' ? shown : 'it')),
    nodeRead: view.nodeRead === null ? 0 : tokenOf(view.nodeRead)[1],
    running: option(running, (uids) => new Set(uids.map(uidOf))),
    early: early.filter((event) => event.type !== 'podObserved' || isOurs(event.pod)).map(heardOf),
    queued: queuedOf(queued),
    reads: readsOf(process.pending, (subject) => (isLow(subject) ? 'agent' : 'down')),
    answers: bagOf(
      fixedOf(process)
        .filter((event) => !isTold(event))
        .map(heardOf),
    ),
    told: toldOf(process),
    timers: new Set(process.timers.map(timerOf)),
    seen: factsBy(process.seen, ({ resourceVersion, metadataUid }) => [
      Number(resourceVersion),
      publisherOf(metadataUid),
    ]),
    passed: factsBy(process.passed, podFactOf),
  };
}
