/** Properties of the owner switch (protocol 9): the fence, one side at a time, and who may say that it has let go. */
import type { Effect } from '../effects.ts';
import type { PodFact } from '../facts.ts';
import { compareWantVersions, isUndrained } from '../vocabulary.ts';
import type { RestProperty, StateProperty, StepProperty } from './property.ts';
import { marksOf, mintedBy, stageOfStep } from './steps.ts';
import type { Acknowledgement, StageView, StepView, WorldView } from './view.ts';

/** @see spec/protocol.md 9 @public */
export const FenceHolds: StateProperty = {
  kind: 'state',
  statement: 'while the switch is effective, the side it denies creates and deletes no managed Pod',
  check: (view) => {
    const [name] = view.history.trespassed;
    return name === undefined
      ? null
      : `${name} was made or ended by the side that ${view.switch.owner} denies`;
  },
};

/** Whether a stage has acknowledged the switch as it stands. */
function hasSaid(view: WorldView, peer: string): boolean {
  const said = view.acknowledged[peer];
  return said?.owner === view.switch.owner && said.switchVersion === view.switch.resourceVersion;
}

/** Whether a stage's acknowledgement of the switch as it stands is `stock`. */
const hasLetGo = (view: WorldView, peer: string) => view.switch.owner === 'stock' && hasSaid(view, peer);

const isLive = ({ deleting, phase }: PodFact) => !deleting && phase !== 'Failed' && phase !== 'Succeeded';

/** The live object that an effect of K would end. */
function endedBy(effect: Effect, objects: readonly PodFact[]): PodFact | undefined {
  if (effect.type === 'deletePod')
    return objects.find((pod) => pod.metadataUid === effect.metadataUid && isLive(pod));
  if (effect.type !== 'stopPod') return undefined;
  const { uid } = effect;
  return objects.find((pod) => (pod.uid === uid || `a-${pod.metadataUid}` === uid) && isLive(pod));
}

/** What a stage that knows that stock owns the Pods did about them all the same. */
function interference(step: StepView, was: StageView): string | null {
  const { before, effects } = step;
  if (was.peer === 'replicaset') {
    const uids = [...mintedBy(step), ...marksOf(step)];
    return uids.length === 0 ? null : `minted or ended ${uids.join(', ')}`;
  }
  if (was.peer === 'scheduler') {
    const effect = effects.find(
      (one) => one.type === 'mark' || (one.type === 'send' && one.message.kind === 'Assign'),
    );
    return effect === undefined ? null : effect.type === 'mark' ? 'cancelled a node' : 'bound Pods';
  }
  if (!was.peer.startsWith('kubelet/')) return null;
  if (effects.some(({ type }) => type === 'publish')) return 'published a Pod';
  if (!hasLetGo(before, was.peer)) return null;
  const ended = effects.map((effect) => endedBy(effect, before.objects)).find((pod) => pod !== undefined);
  return ended === undefined ? null : `ended ${ended.name} after it had acknowledged`;
}

/** @see spec/protocol.md 9 @public */
export const OneSide: StepProperty = {
  kind: 'step',
  statement: 'the two sides never both create or end managed Pods of one ReplicaSet',
  check: (step) => {
    for (const [replicaSet, sides] of Object.entries(step.after.history.acted))
      if (sides.length > 1)
        return `both sides acted on Pods of ${replicaSet} under ${step.after.switch.owner}`;
    const stage = stageOfStep(step);
    if (stage === null || stage.was.owner !== 'stock' || stage.is.owner !== 'stock') return null;
    const what = interference(step, stage.was);
    return what === null ? null : `${stage.was.peer} knew of stock, and ${what}`;
  },
};

/** Whether an object was adopted under this uid: anew each time that K has let it go. */
export const isOfObject = (uid: string, metadataUid: string): boolean =>
  uid === `a-${metadataUid}` || uid.startsWith(`a-${metadataUid}.`);

/** What a stage still had to do. */
function unfinished(view: WorldView, { peer, records, wants }: StageView): string | null {
  if (peer === 'deployment') {
    const kept = wants.find(({ deployment, version, value }) => {
      const written = view.written[deployment]?.version;
      const isWritten = written != null && compareWantVersions(written, version) >= 0;
      return view.replicas[deployment] !== value && !isWritten;
    });
    return kept === undefined ? null : `the want ${kept.value} of ${kept.deployment} was not written`;
  }
  const objects = [...view.objects, ...(view.unlabelled ?? [])];
  for (const { uid, phase } of records.values()) {
    const pod = objects.find((one) => one.uid === uid || isOfObject(uid, one.metadataUid));
    if (phase === 'terminating' && pod !== undefined && isLive(pod))
      return `${uid} is marked and ${pod.name} lives`;
    // R knows only who has accepted a Pod; K, whether its object was ever seen.
    const wasShown = pod !== undefined || uid.startsWith('a-') || view.history.ended[uid]?.includes('shown');
    const isUnpublished = peer === 'replicaset' ? phase === 'created' || phase === 'bound' : !wasShown;
    if (phase !== 'terminating' && isUnpublished) return `${uid} is not published`;
  }
  return null;
}

/** A tombstone of a live object that S holds and its K has yet to hear of; S acknowledges nothing, so R must know of it. */
function heldBetween(view: WorldView, { peer, records }: StageView): string | null {
  if (peer !== 'replicaset') return null;
  const schedulers = view.stages.filter((stage) => stage.peer === 'scheduler');
  const tails = view.stages.filter((stage) => stage.peer.startsWith('kubelet/'));
  for (const { uid, phase } of schedulers.flatMap((stage) => [...stage.records.values()])) {
    const below = tails.flatMap((stage) => stage.records.get(uid) ?? []);
    const isNews = phase === 'terminating' && below.some((record) => record.phase !== 'terminating');
    if (isNews && records.get(uid)?.phase !== 'terminating') return `S has yet to end ${uid}`;
  }
  const doomed = view.objects.find((pod) => view.deletes?.includes(pod.metadataUid) && isLive(pod));
  if (doomed !== undefined) return `a delete of ${doomed.name} by S is under way`;
  return null;
}

const same = (a: Acknowledgement | undefined, b: Acknowledgement | undefined) =>
  a?.owner === b?.owner && a?.switchVersion === b?.switchVersion;

/** An acknowledgement that asks for something to be done before. */
function isDue(view: WorldView, peer: string, said: Acknowledgement | undefined): boolean {
  if (said === undefined || said.switchVersion !== view.switch.resourceVersion) return false;
  return said.owner === 'stock' || (peer === 'deployment' && view.switch.flush === true);
}

/** Stages that must acknowledge the release: D where it is not a stub, R, and each K that is not cancelled and has a Node to say it on. */
function mustAcknowledge(view: WorldView): readonly string[] {
  const cancelled = new Set(
    view.nodes.filter(({ mark, drained }) => isUndrained(mark, drained)).map(({ name }) => `kubelet/${name}`),
  );
  const stands = (peer: string) =>
    peer.startsWith('kubelet/') && view.nodes.some(({ name }) => peer === `kubelet/${name}`);
  return view.stages
    .filter(({ peer, owner }) => owner !== null && !cancelled.has(peer))
    .map(({ peer }) => peer)
    .filter((peer) => ['deployment', 'replicaset'].includes(peer) || stands(peer));
}

/** @see spec/protocol.md 9 @public */
export const ReleaseAcknowledged: RestProperty = {
  kind: 'rest',
  statement: 'under stock D, R and each K acknowledge it, and none before its own part is done',
  check: (view) => {
    if (view.switch.owner !== 'stock') return null;
    const silent = mustAcknowledge(view).find((peer) => !hasLetGo(view, peer));
    return silent === undefined ? null : `${silent} does not acknowledge`;
  },
  onTheWay: (step) => {
    const stage = stageOfStep(step);
    if (stage === null) return null;
    const { peer } = stage.is;
    const [was, said] = [step.before.acknowledged[peer], step.after.acknowledged[peer]];
    if (same(was, said) || !isDue(step.after, peer, said)) return null;
    const text = unfinished(step.after, stage.is) ?? heldBetween(step.after, stage.is);
    return text === null ? null : `${peer} acknowledged, and ${text}`;
  },
};

/** @see spec/protocol.md 9 @public */
export const TakenBack: RestProperty = {
  kind: 'rest',
  statement: 'after a release and a take back each stage that must has acknowledged direct',
  check: (view) => {
    const wasReleased = (peer: string) => view.acknowledged[peer] !== undefined;
    if (view.switch.owner !== 'direct' || view.switch.flush === true) return null;
    const silent = mustAcknowledge(view).find((peer) => wasReleased(peer) && !hasSaid(view, peer));
    return silent === undefined ? null : `${silent} does not take its Pods back`;
  },
};
