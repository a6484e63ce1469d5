/** Liveness: what holds once wants are stable, faults are over and all is at rest (protocol 10). */
import type { PodFact, ReplicaSetFact } from '../facts.ts';
import { compareWantVersions, type Resources, sameSession, type Want } from '../vocabulary.ts';
import { isOfObject } from './owner.ts';
import { undrainedMark } from './pods.ts';
import type { RestProperty } from './property.ts';
import type { NodeView, StepView, WorldView } from './view.ts';

const adoptedUid = (metadataUid: string) => `a-${metadataUid}`;
const isTail = (peer: string) => peer.startsWith('kubelet/');
const holdsPods = (peer: string) => peer === 'replicaset' || peer === 'scheduler' || isTail(peer);

/** Live uids of a stage, or of all tails together. */
function liveOf(view: WorldView, which: (peer: string) => boolean): Set<string> {
  const uids = new Set<string>();
  for (const stage of view.stages) {
    if (!which(stage.peer)) continue;
    for (const record of stage.records.values()) if (record.phase !== 'terminating') uids.add(record.uid);
  }
  return uids;
}

/** Deployment → the want of the highest version that any stage holds. */
function highestWants(view: WorldView): ReadonlyMap<string, Want> {
  const highest = new Map<string, Want>();
  for (const want of view.stages.flatMap(({ wants }) => wants)) {
    const known = highest.get(want.deployment);
    if (known === undefined || compareWantVersions(want.version, known.version) > 0)
      highest.set(want.deployment, want);
  }
  return highest;
}

/** ReplicaSets that are not being deleted, of a Deployment or of none, where R follows them. */
function setsOf(view: WorldView, of: string | null): readonly ReplicaSetFact[] {
  const follower = view.stages.find(({ peer }) => peer === 'replicaset');
  if (follower === undefined) return [];
  return (view.replicaSets ?? follower.replicaSets).filter(
    ({ deployment, deleting }) => deployment === of && !deleting,
  );
}

const replicasOf = (sets: readonly ReplicaSetFact[]) => sets.reduce((sum, { replicas }) => sum + replicas, 0);

/**
 * What is asked for by a want. A rollout whose new Pods find no room stands still, with those beside the old ones, as stock's would; so does
 * one that is paused, `maxSurge` among them.
 */
function askedBy(view: WorldView, { deployment, value, mode }: Want): number {
  const sets = setsOf(view, deployment).filter(({ replicas }) => replicas > 0);
  if (view.paused?.includes(deployment)) return replicasOf(sets.filter(({ unmanaged }) => !unmanaged));
  const waits = withoutRoom(view).some(({ replicaSet }) => sets.some(({ uid }) => uid === replicaSet));
  return mode === 'follow' && sets.length > 1 && waits ? Math.max(value, replicasOf(sets)) : value;
}

/** Whether a Pod fits on a node beside these. */
function fitsBeside(node: NodeView, others: Iterable<Resources>, requests: Resources): boolean {
  const all = [node.foreign, ...(node.unlabelled ? [node.unlabelled] : []), ...others, requests];
  const sum = (part: keyof Resources) => all.reduce((total, one) => total + one[part], 0);
  return (['cpu', 'memory', 'pods'] as const).every((part) => sum(part) <= node.capacity[part]);
}

/** Live records of S. */
const liveAtScheduler = (view: WorldView) =>
  view.stages
    .filter(({ peer }) => peer === 'scheduler')
    .flatMap(({ records }) => [...records.values()].filter(({ phase }) => phase !== 'terminating'));

/** Pods that wait for a node, and fit on none beside what runs there. */
const withoutRoom = (view: WorldView) =>
  liveAtScheduler(view).filter(
    ({ node, phase, requests }) =>
      node === null &&
      phase === 'created' &&
      !view.nodes.some((one) => fitsBeside(one, one.running.values(), requests)),
  );

/**
 * The replicas are what was asked for last. Of a life that has ended, or that was superseded, a want may be lost that
 * nobody else had seen: then any that was asked for since the last external write.
 */
function askedInVain(view: WorldView): string | null {
  const minters = view.stages.filter(({ peer }) => peer === 'autoscaler');
  const first =
    view.isFirstMinter ??
    (minters.length > 0 ? minters : view.stages).every(({ incarnation }) => incarnation === 1);
  for (const [deployment, { values }] of Object.entries(view.history.due)) {
    const value = view.replicas[deployment];
    if (value === undefined || (first ? values.at(-1) === value : values.includes(value))) continue;
    return `${deployment} is at ${value}, and was asked for ${values.join(', then ')}`;
  }
  return null;
}

/** A managed Deployment bears what D last wrote of it, not a copy of what was written of another. */
function copiedFrom({ stages, managed = [], written }: WorldView): string | null {
  if (stages.every(({ peer }) => peer !== 'deployment')) return null;
  const copy = managed.find((uid) => (written[uid]?.deployment ?? uid) !== uid);
  return copy === undefined ? null : `${copy} bears what was written of ${written[copy]?.deployment}`;
}

/** A Deployment that stands, and of which an A that leads holds no want: what is asked of it waits for ever. */
function unheardOf({ stages, managed = [] }: WorldView): string | null {
  for (const { peer, process, holdsLease, wants } of stages) {
    if (peer !== 'autoscaler' || !holdsLease) continue;
    const missing = managed.find((uid) => wants.every(({ deployment }) => deployment !== uid));
    if (missing !== undefined) return `${process} holds no want of ${missing}, which stands`;
  }
  return null;
}

/**
 * Pods that stock runs where there is no agent, and that S answers for (7, *No room*). Others there are strays, which take nobody's place:
 * R deletes them once enough others run (9).
 */
function answeredFor(view: WorldView, peers: ReadonlySet<string>): number {
  const objects = view.objects.filter(
    ({ managed, uid, node, deleting, phase }) =>
      managed &&
      uid === null &&
      node !== null &&
      !deleting &&
      phase === 'Running' &&
      !peers.has(`kubelet/${node}`),
  );
  // S knows no node of what it answers for: to it such a Pod is accepted, or waits.
  const records = liveAtScheduler(view).filter(({ node, phase }) => node === null && phase !== 'created');
  return Math.min(objects.length, records.length);
}

/** @see spec/protocol.md 10 @public */
export const Converges: RestProperty = {
  kind: 'rest',
  statement: 'running Pods are the highest want, or what fits of it, and every view agrees',
  check: (view) => {
    if (view.down.length > 0) return `${view.down.join(', ')} does not run`;
    const wants = highestWants(view);
    for (const [deployment, { value }] of wants)
      if (view.replicas[deployment] !== value)
        return `${deployment} is at ${view.replicas[deployment]}, and ${value} is wanted`;
    for (const { peer, wants: held } of view.stages)
      for (const { deployment, version } of held)
        if (compareWantVersions(version, (wants.get(deployment) as Want).version) !== 0)
          return `${peer} holds an older want of ${deployment} than the highest`;
    const vain = askedInVain(view) ?? unheardOf(view) ?? copiedFrom(view);
    if (vain !== null) return vain;
    const [leaving] = view.leaving ?? [];
    if (leaving !== undefined) return `${leaving} has lost its label, and is not let go`;
    const followed = replicasOf(setsOf(view, null));
    const asked = [...wants.values()].reduce((sum, want) => sum + askedBy(view, want), followed);
    const peers = new Set<string>(view.stages.map(({ peer }) => peer));
    const running = view.nodes.flatMap(({ name, running: pods }) =>
      peers.has(`kubelet/${name}`) ? [...pods.keys()] : [],
    );
    const hasNodes = view.stages.some(({ peer }) => isTail(peer));
    const elsewhere = answeredFor(view, peers);
    const fits = asked - withoutRoom(view).length - elsewhere;
    if (hasNodes && running.length !== fits)
      return `${running.length} Pods run, ${asked} are wanted, ${fits} fit`;
    for (const peer of new Set(view.stages.map((stage) => stage.peer).filter(holdsPods))) {
      const live = liveOf(view, (one) => (isTail(peer) ? isTail(one) : one === peer));
      const due = isTail(peer) ? fits : asked;
      if (live.size !== due) return `${peer} holds ${live.size} live Pods, ${due} are wanted`;
      if (!hasNodes) continue;
      for (const uid of running) if (!live.has(uid)) return `${uid} runs, and ${peer} does not know it`;
    }
    for (const stage of view.stages.filter(({ peer }) => !isNowhere(view, peer)))
      for (const end of stage.links)
        if (end.state !== 'open' && view.stages.some(({ peer }) => peer === end.peer))
          return `${stage.peer}: the link to ${end.peer} is ${end.state}`;
    return null;
  },
};

/** @see spec/protocol.md 8 @public */
export const RolloutsEnd: RestProperty = {
  kind: 'rest',
  statement: 'no rollout stands still, but one that is paused, or whose Pods find no room',
  check: (view) => {
    const waiting = new Set(withoutRoom(view).map(({ replicaSet }) => replicaSet));
    for (const deployment of Object.keys(view.replicas)) {
      if (view.paused?.includes(deployment)) continue;
      const all = setsOf(view, deployment);
      const newest = Math.max(...all.map(({ revisionNumber }) => revisionNumber));
      const sets = all.filter(({ replicas }) => replicas > 0);
      // Also one that was held before its first step.
      const isOld = sets.some(({ revisionNumber }) => revisionNumber < newest);
      if (isOld && !sets.some(({ uid }) => waiting.has(uid)))
        return `${deployment} stands still with ${sets.map(({ name }) => name).join(' and ')}`;
    }
    return null;
  },
};

/** @see spec/protocol.md 10 @public */
export const TombstonesCollected: RestProperty = {
  kind: 'rest',
  statement: 'no tombstone remains',
  check: (view) => {
    for (const stage of view.stages)
      for (const record of stage.records.values())
        if (record.phase === 'terminating') return `${stage.peer} holds a tombstone of ${record.uid}`;
    return null;
  },
};

/** An agent whose Node is not there: nobody's to meet. */
function isNowhere(view: WorldView, peer: string): boolean {
  if (!isTail(peer) || view.withoutNodes) return false;
  return !view.nodes.some(({ name }) => peer === `kubelet/${name}`);
}

/** @see spec/protocol.md 10 @public */
export const HoldersMeet: RestProperty = {
  kind: 'rest',
  statement: 'every link is open between the holders of its two Leases',
  check: (view) => {
    if (view.down.length > 0) return `${view.down.join(', ')} does not run`;
    const holders = view.stages.filter(({ holdsLease }) => holdsLease);
    const isLed = holders.some(({ peer }) => peer === 'scheduler');
    for (const { peer, process, links } of isLed ? holders : [])
      if (isTail(peer) && !isNowhere(view, peer) && links.some(({ state }) => state !== 'open'))
        return `${process} has no open link`;
    for (const upper of holders)
      for (const end of upper.links) {
        if (end.side !== 'up' || isNowhere(view, end.peer)) continue;
        const lower = holders.find(({ peer }) => peer === end.peer);
        const other = lower?.links.find(({ side }) => side === 'down');
        const isOpen = end.state === 'open' && other?.state === 'open';
        if (!isOpen || end.session === null || other.session === null)
          return `${upper.process} and ${lower?.process ?? end.peer} have no open link`;
        if (!sameSession(end.session, other.session))
          return `${upper.process} and ${lower?.process} are open in different sessions`;
      }
    return null;
  },
};

/** @see spec/protocol.md 6 @public */
export const SupersededStops: RestProperty = {
  kind: 'rest',
  statement: 'a K on whose Node a newer agent stands has stopped',
  check: ({ stages }) => {
    const superseded = stages.find(({ peer, holdsLease }) => isTail(peer) && !holdsLease);
    return superseded === undefined ? null : `${superseded.process} goes on, superseded`;
  },
};

/** @see spec/protocol.md 10 @public */
export const NoLeak: RestProperty = {
  kind: 'rest',
  statement: 'nothing runs, and nothing of ours stands at the API Server, that no stage knows',
  check: (view) => {
    const tails = view.stages.filter(({ peer }) => isTail(peer));
    const known = (uid: string) => tails.some((stage) => stage.records.has(uid));
    if (tails.length === 0) return null;
    // Where there is no agent S answers for what stock has bound.
    const answers = (name: string) =>
      tails.some(({ peer }) => peer === `kubelet/${name}`)
        ? tails
        : view.stages.filter(({ peer }) => peer === 'scheduler');
    for (const node of view.nodes)
      for (const uid of node.running.keys())
        if (!answers(node.name).some((stage) => stage.records.has(uid)))
          return `${uid} runs on ${node.name} unknown`;
    const isAdopted = (metadataUid: string) =>
      tails.some(({ records }) => [...records.keys()].some((uid) => isOfObject(uid, metadataUid)));
    for (const { uid, name, phase, metadataUid } of view.objects)
      if (uid !== null && phase !== 'Failed' && !known(uid) && !isAdopted(metadataUid))
        return `${name} stands unknown`;
    for (const { name, node, deleting } of [...view.objects, ...(view.unlabelled ?? [])])
      if (deleting && tails.some(({ peer }) => peer === `kubelet/${node}`))
        return `${name} is being deleted, and nobody completes that`;
    return null;
  },
};

/**
 * What runs and stands, live, and is ended by a K that does not hold it: one that begins anew, or that takes it for another. Not what the
 * journal has terminating, or what a mark gives up.
 */
function endedUnheld({ process, effects, before }: StepView): string | null {
  const tail = before.stages.find((stage) => stage.process === process);
  const node = before.nodes.find(({ name }) => tail?.peer === `kubelet/${name}`);
  if (tail === undefined || node === undefined || undrainedMark(node)) return null;
  const objects = [...before.objects, ...(before.unlabelled ?? [])];
  const isOf = (uid: string, pod: PodFact) => uid === pod.uid || isOfObject(uid, pod.metadataUid);
  for (const effect of effects) {
    const pod =
      effect.type === 'stopPod'
        ? objects.find((one) => isOf(effect.uid, one))
        : effect.type === 'deletePod' && objects.find((one) => one.metadataUid === effect.metadataUid);
    if (!pod || pod.deleting || pod.phase !== 'Running') continue;
    if (![...(node.up ?? [])].some((uid) => isOf(uid, pod))) continue;
    const isHeld = [...tail.records.keys()].some((uid) => isOf(uid, pod));
    const isEnding = [...(node.placed ?? [])].some(([uid, { terminating }]) => terminating && isOf(uid, pod));
    if (!isHeld && !isEnding)
      return `${process} ends ${pod.name}, which runs and stands, and which it does not hold`;
  }
  return null;
}

/** @see spec/protocol.md 5 @public */
export const ShownRuns: RestProperty = {
  kind: 'rest',
  statement:
    'what is shown Running where our agents run the containers has containers, and no K that does not hold it ends it',
  check: ({ hollow = [] }) => {
    const [first] = hollow;
    return first === undefined
      ? null
      : `${first.name} is shown Running on ${first.node}, and has no containers`;
  },
  onTheWay: endedUnheld,
};

/** @see spec/protocol.md 10 @public */
export const RunningShown: RestProperty = {
  kind: 'rest',
  statement: 'what runs on a node with an agent stands at the API Server, which shows it Running',
  check: ({ nodes, objects, unlabelled = [] }) => {
    const all = [...objects, ...unlabelled];
    const objectOf = (uid: string) => all.find((one) => one.uid === uid || isOfObject(uid, one.metadataUid));
    for (const { name, running, up = [] } of nodes) {
      for (const uid of running.keys())
        if (objectOf(uid) === undefined) return `${uid} runs on ${name}, and nobody sees it`;
      for (const uid of up) {
        const pod = objectOf(uid);
        if (pod !== undefined && pod.phase !== 'Running')
          return `${uid} runs on ${name}, and ${pod.name} is shown ${pod.phase}`;
      }
    }
    return null;
  },
};

/** @see spec/protocol.md 7 @public */
export const UnplacedShown: RestProperty = {
  kind: 'rest',
  statement:
    'what S has no node for stands at the API Server, and what stands there without an agent S answers for',
  check: (view) => {
    const schedulers = view.stages.filter(({ peer }) => peer === 'scheduler');
    const standing = view.objects.filter(
      ({ uid, managed, deleting, phase }) => managed && uid === null && !deleting && phase !== 'Failed',
    );
    const shown = new Set(standing.map(({ metadataUid }) => adoptedUid(metadataUid)));
    const agents = new Set(view.stages.map(({ peer }) => peer as string));
    for (const { process, records, owner } of schedulers) {
      if (owner !== 'direct') continue;
      for (const { uid, node } of records.values())
        if (node === null && !shown.has(uid)) return `${uid} waits at ${process}, and nobody sees it`;
      for (const { metadataUid, node, ready } of standing) {
        const uid = adoptedUid(metadataUid);
        const record = records.get(uid);
        if (!agents.has(`kubelet/${node}`) && record === undefined)
          return `${uid} stands on ${node ?? 'no node'}, unknown to ${process}`;
        if (record?.node === null && record.ready !== ready)
          return `${uid} is${ready ? '' : ' not'} ready, and ${process} does not say so`;
      }
    }
    return null;
  },
};

/** @see spec/protocol.md 7 @public */
export const PreemptorRuns: RestProperty = {
  kind: 'rest',
  statement: 'a preemptor for which room was made runs',
  check: (view) => {
    const running = new Set(view.nodes.flatMap((node) => [...node.running.keys()]));
    const records = liveAtScheduler(view);
    for (const { uid, node: at, phase, priority, requests } of records) {
      // What S answers for and stock has bound waits for nothing.
      if (running.has(uid) || (at === null && phase !== 'created')) continue;
      if (view.history.victims[uid] !== undefined) return `room was made for ${uid}, which waits`;
      const isLower = (other: string) => records.some((one) => one.uid === other && one.priority < priority);
      const others = (node: NodeView) =>
        [...node.running].flatMap(([other, its]) => (isLower(other) ? [] : [its]));
      const node = view.nodes.find((one) => fitsBeside(one, others(one), requests));
      if (node !== undefined)
        return `${uid} (priority ${priority}) waits; without lower ones it would fit on ${node.name}`;
    }
    return null;
  },
};
