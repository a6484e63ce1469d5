/** Properties of wants (protocol 8). */
import type { ReplicaSetFact } from '../facts.ts';
import type { Want } from '../vocabulary.ts';
import type { StateProperty, StepProperty } from './property.ts';
import { isReached, liveOf, marksOf, mintedBy, stageOfStep } from './steps.ts';
import type { History, StageView, StepView, WorldView } from './view.ts';

/** @see spec/protocol.md 10 @public */
export const ScaleNotLost: StateProperty = {
  kind: 'state',
  statement: 'an external write of the replicas is never overwritten by a write-back that had not seen it',
  check: (view) => {
    for (const [deployment, values] of Object.entries(view.history.overwritten))
      if (values.length > 0) return `${deployment}: ${values.join(', ')} was overwritten unseen`;
    return null;
  },
};

/**
 * R ends only what a count, a user, a rollout or an invalidation gave up: while a Deployment's live Pods are no more
 * than what was last asked for it, R marks none of its own accord.
 * @see spec/protocol.md 10 @public
 */
export const NoNeedlessEnd: StepProperty = {
  kind: 'step',
  statement:
    'R ends only what a count, a user, a rollout or an invalidation gave up; K drains for no void mark',
  check: (step) => {
    const drained = drainedForVoid(step);
    if (drained !== null) return `${drained} was drained for a mark older than the leader that it serves`;
    const marked = marksOf(step);
    const stage = stageOfStep(step);
    if (marked.length === 0 || stage === null || step.event === null) return null;
    // Values that may still be on their way: any that was ever asked for is an excuse; the least of them counts.
    const live = sum(liveOf(stage.is).values());
    const least = Math.min(...step.after.history.everAsked);
    return live >= least
      ? null
      : `R ended ${marked.join(', ')} and holds ${live}, fewer than any want ever (${least})`;
  },
};

/** A node that this step shows drained for a mark of an incarnation below the one that it had accepted. */
function drainedForVoid({ before, after }: StepView): string | null {
  for (const { name, drained } of after.nodes) {
    const was = before.nodes.find((node) => node.name === name);
    if (drained === null || was === undefined || drained === was.drained) continue;
    if (drained.incarnation < was.fence.incarnation) return name;
  }
  return null;
}

const sum = (counts: Iterable<number>) => [...counts].reduce((all, count) => all + count, 0);

/** Deployment → its ReplicaSets, as R has seen them. */
function workloads({ replicaSets }: StageView): ReadonlyMap<string, readonly ReplicaSetFact[]> {
  return Map.groupBy(
    replicaSets.filter((one) => one.deployment !== null),
    (one) => one.deployment as string,
  );
}

/** The least that may be meant: the want that R holds, what was asked for after it, and what was reached so far. */
function leastMeant(history: History, deployment: string, want: Want): number {
  const asked = history.asked[deployment] ?? [];
  const from = Math.max(0, asked.indexOf(want.value));
  return Math.min(history.reached[deployment] ?? 0, want.value, ...asked.slice(from));
}

/** Pods that stock has of a Deployment: as many as its unmanaged ReplicaSets ask for. */
function stockCount({ replicaSets = [] }: WorldView, deployment: string): number {
  return sum(
    replicaSets
      .filter((one) => one.unmanaged && one.deployment === deployment)
      .map(({ replicas }) => replicas),
  );
}

/**
 * Nothing but the mode can have changed: one count was ever asked for, in one ReplicaSet, no node was given up, and no Pod came back that R
 * had replaced, since no K could see it (protocol 9: a Node without an agent).
 */
function isUndisturbed({ history, replicaSets = [] }: WorldView, deployment: string, seen: number): boolean {
  const counts = new Set(history.asked[deployment] ?? []);
  const standing = replicaSets.filter((one) => one.deployment === deployment).length;
  const sameNodes = Object.keys(history.cancelled).length === 0 && !history.reappeared.includes(deployment);
  return counts.size === 1 && seen === 1 && standing <= 1 && sameNodes;
}

/**
 * A change of mode alone ends no Pod: in ending some, R neither takes a Deployment below what is wanted of it, nor
 * takes back what it had made too many, where no other count was ever asked for.
 * @see spec/protocol.md 8 @public
 */
export const NoDipOnModeChange: StepProperty = {
  kind: 'step',
  statement: 'a change of mode alone ends no Pod',
  check: (step) => {
    const marked = new Set(marksOf(step));
    const stage = stageOfStep(step);
    if (marked.size === 0 || stage === null) return null;
    const { history } = step.after;
    const counts = liveOf(stage.is);
    for (const [deployment, replicaSets] of workloads(stage.is)) {
      const want = stage.is.wants.find((one) => one.deployment === deployment);
      const standing = replicaSets.filter(({ deleting }) => !deleting);
      const hasEnded = [...marked].some((uid) => {
        const { replicaSet } = stage.is.records.get(uid) ?? {};
        return standing.some((one) => one.uid === replicaSet);
      });
      if (want === undefined || !hasEnded) continue;
      const ours = sum(standing.map(({ uid }) => counts.get(uid) ?? 0));
      const live = ours + stockCount(step.after, deployment);
      const least = leastMeant(history, deployment, want);
      if (live < least) return `R ended Pods of ${deployment} and holds ${live}, while ${least} are wanted`;
      if (isUndisturbed(step.after, deployment, replicaSets.length))
        return `R ended Pods of ${deployment}, of which never another number was wanted`;
    }
    return null;
  },
};

/** @see spec/protocol.md 8 @public */
export const NoStaleDirect: StepProperty = {
  kind: 'step',
  statement: 'no direct want changes a ReplicaSet that a rollout has left or not yet reached',
  check: (step) => {
    const stage = stageOfStep(step);
    const marked = new Set(marksOf(step));
    const minted = new Set(mintedBy(step));
    if (stage === null || marked.size + minted.size === 0) return null;
    const counts = liveOf(stage.is);
    for (const want of stage.is.wants) {
      const replicaSets = workloads(stage.is).get(want.deployment) ?? [];
      if (want.mode !== 'direct' || isReached(want, replicaSets)) continue;
      for (const { uid, replicas, deleting } of replicaSets) {
        const isMine = (one: string) => stage.is.records.get(one)?.replicaSet === uid;
        const live = counts.get(uid) ?? 0;
        // By its own replicas R follows it: that is no doing of the want's.
        const made = live > replicas && [...minted].some(isMine);
        const ended = live < replicas && !deleting && [...marked].some(isMine);
        if (made || ended)
          return `R has ${live} of ${uid}, which asks for ${replicas}, by a want for ${want.replicaSet}`;
      }
    }
    return null;
  },
};

/** @see spec/protocol.md 8 @public */
export const NoneForDeleted: StepProperty = {
  kind: 'step',
  statement: 'R mints nothing in a ReplicaSet that it knows to be deleted',
  check: (step) => {
    const stage = stageOfStep(step);
    if (stage === null) return null;
    const deleted = new Set(stage.is.replicaSets.flatMap(({ uid, deleting }) => (deleting ? [uid] : [])));
    const made = mintedBy(step).find((uid) => deleted.has(stage.is.records.get(uid)?.replicaSet ?? ''));
    return made === undefined ? null : `R minted ${made} in a ReplicaSet that is deleted`;
  },
};
