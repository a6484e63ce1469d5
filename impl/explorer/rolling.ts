/**
 * The stock Deployment controller where it waits for Pods as a rolling update does (`maxSurge` and `maxUnavailable` 25 %), and sizes in
 * proportion what is scaled or paused in the middle of one: the arithmetic of `machines/environment/controllers/deployment`, over facts.
 */
import type { DeploymentFact, ReplicaSetFact } from '../../spec/facts.ts';

/** A Deployment, its ReplicaSets, and how many Pods of each are available. */
export interface Rolling {
  readonly deployment: DeploymentFact;
  readonly sets: readonly ReplicaSetFact[];
  readonly available: (uid: string) => number;
}

const surge = (replicas: number) => Math.ceil(replicas / 4);
const sum = (sets: readonly ReplicaSetFact[]) => sets.reduce((total, { replicas }) => total + replicas, 0);
const isActive = ({ replicas }: ReplicaSetFact) => replicas > 0;
const byAge = (a: ReplicaSetFact, b: ReplicaSetFact) => a.revisionNumber - b.revisionNumber;

function sized({ deployment }: Rolling, set: ReplicaSetFact, replicas: number): readonly ReplicaSetFact[] {
  return replicas === set.replicas ? [] : [{ ...set, replicas, desired: deployment.replicas }];
}

/** How large the new one may be now. */
export function newSize({ deployment: { replicas }, sets }: Rolling, current: number): number {
  const room = replicas + surge(replicas) - sum(sets);
  return room <= 0 ? current : current + Math.min(room, replicas - current);
}

/** What of a change in size falls to one. */
function fraction({ deployment: { replicas } }: Rolling, set: ReplicaSetFact): number {
  if (replicas === 0) return -set.replicas;
  const before = (set.desired ?? 0) + surge(set.desired ?? 0);
  return before === 0 ? 0 : Math.round((set.replicas * (replicas + surge(replicas))) / before) - set.replicas;
}

/** All of them in one act, each at its share; what is left falls to the largest. */
function inProportion(rolling: Rolling, active: readonly ReplicaSetFact[]): readonly ReplicaSetFact[] {
  const { replicas } = rolling.deployment;
  const toAdd = replicas + surge(replicas) - sum(active);
  const ordered = [...active].sort(
    (a, b) => b.replicas - a.replicas || (toAdd > 0 ? byAge(b, a) : byAge(a, b)),
  );
  let added = 0;
  const sizes = ordered.map((set) => {
    if (toAdd === 0 || toAdd === added) return set.replicas;
    const share = fraction(rolling, set);
    const part = toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
    added += part;
    return set.replicas + part;
  });
  return ordered.map((set, at) => {
    const left = at === 0 && toAdd !== 0 ? toAdd - added : 0;
    return { ...set, replicas: Math.max(0, (sizes[at] ?? 0) + left), desired: replicas };
  });
}

function scaled(rolling: Rolling, newest: ReplicaSetFact | undefined): readonly ReplicaSetFact[] {
  const { deployment, sets, available } = rolling;
  const active = sets.filter(isActive);
  const only = active.length > 1 ? undefined : (active[0] ?? newest ?? [...sets].sort(byAge).at(-1));
  if (only !== undefined) return sized(rolling, only, deployment.replicas);
  const { replicas } = deployment;
  const isFull =
    newest?.replicas === replicas && newest.desired === replicas && available(newest.uid) === replicas;
  const olds = active.filter((one) => one !== newest);
  if (isFull) return olds.slice(0, 1).flatMap((one) => sized(rolling, one, 0));
  const all = inProportion(rolling, active);
  const isNews = all.some((one) => {
    const was = sets.find(({ uid }) => uid === one.uid);
    return was?.replicas !== one.replicas || was.desired !== one.desired;
  });
  return isNews ? all : [];
}

/** The old ones, as far as enough Pods are available without: what does not run first, then the oldest. */
function lowered(
  rolling: Rolling,
  newest: ReplicaSetFact,
  olds: readonly ReplicaSetFact[],
): readonly ReplicaSetFact[] {
  const { deployment, sets, available } = rolling;
  const missing = newest.replicas - available(newest.uid);
  const most = sum(sets) - deployment.replicas - missing;
  if (most <= 0) return [];
  for (const one of olds) {
    const idle = Math.min(most, one.replicas - available(one.uid));
    if (idle > 0) return sized(rolling, one, one.replicas - idle);
  }
  const spare = sets.reduce((total, { uid }) => total + available(uid), 0) - deployment.replicas;
  const [oldest] = olds;
  return spare <= 0 || oldest === undefined
    ? []
    : sized(rolling, oldest, oldest.replicas - Math.min(spare, oldest.replicas));
}

/** What it writes next to ReplicaSets that there are; `null`: the new one is to be made. */
export function rollingWrites(rolling: Rolling): readonly ReplicaSetFact[] | null {
  const { deployment, sets } = rolling;
  const newest = sets.find(({ template }) => template === deployment.template);
  if (newest !== undefined && JSON.stringify(newest.written) !== JSON.stringify(deployment.written))
    return [{ ...newest, written: deployment.written }];
  // One that bears no such number (made by hand, then adopted) is no sign of it.
  const isScaling = sets.some(
    (one) => isActive(one) && one.desired !== null && one.desired !== deployment.replicas,
  );
  if (deployment.paused || isScaling) return scaled(rolling, newest);
  if (newest === undefined) return null;
  const size =
    newest.replicas > deployment.replicas ? deployment.replicas : newSize(rolling, newest.replicas);
  const raised = sized(rolling, newest, size);
  if (raised.length > 0) return raised;
  const olds = sets.filter((one) => one !== newest && isActive(one)).sort(byAge);
  return lowered(rolling, newest, olds);
}
