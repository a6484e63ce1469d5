/** How the ReplicaSets of a Deployment are sized: scaled in proportion, rolled, or recreated. */
import { type Deployment, isPodFinished, type ReplicaSet } from '../../apiserver/kube.ts';
import { replicaSets } from '../../apiserver/registry.ts';
import { podsOf } from '../ownership.ts';
import { call, succeeded, target } from '../session.ts';
import { counted, isRolling, maxSurge, maxUnavailable, newSetReplicas, wantedReplicas } from './amounts.ts';
import { DESIRED, MAX, revisionOf } from './annotations.ts';
import { type Sync, SyncFailed, scaleSet } from './context.ts';
import { oldestFirst, partSets, type Sets } from './newReplicaSet.ts';
import { isComplete, syncRolloutStatus, syncStatus } from './status.ts';

const isActive = (set: ReplicaSet): boolean => set.spec.replicas > 0;
const all = ({ newest, old }: Sets): ReplicaSet[] => (newest === undefined ? [...old] : [...old, newest]);

/** True if `spec.replicas` changed since a ReplicaSet was last sized. */
export function isScaling(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
  return sets.some((set) => {
    const desired = set.metadata.annotations?.[DESIRED];
    return isActive(set) && desired !== undefined && Number(desired) !== deployment.spec.replicas;
  });
}

function activeOrLatest({ newest, old }: Sets): ReplicaSet | undefined {
  const active = [...old, ...(newest === undefined ? [] : [newest])].filter(isActive);
  if (active.length > 1) return undefined;
  return active[0] ?? newest ?? oldestFirst(old).at(-1);
}

function isSaturated(deployment: Deployment, set: ReplicaSet | undefined): boolean {
  const { replicas } = deployment.spec;
  return (
    set !== undefined &&
    set.spec.replicas === replicas &&
    Number(set.metadata.annotations?.[DESIRED]) === replicas &&
    (set.status.availableReplicas ?? 0) === replicas
  );
}

/** `getReplicaSetFraction`: what of a change in size falls to this ReplicaSet. */
function fraction(deployment: Deployment, set: ReplicaSet): number {
  if (deployment.spec.replicas === 0) return -set.spec.replicas;
  const before = Number(set.metadata.annotations?.[MAX] ?? 0) || (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  const size = (set.spec.replicas * (deployment.spec.replicas + maxSurge(deployment))) / before;
  return Math.round(size) - set.spec.replicas;
}

function scaleInProportion(sync: Sync, sets: Sets): void {
  const { deployment } = sync;
  const active = all(sets).filter(isActive);
  const allowed = deployment.spec.replicas > 0 ? deployment.spec.replicas + maxSurge(deployment) : 0;
  const toAdd = allowed - wantedReplicas(active);
  const ages = oldestFirst(active);
  const older = (set: ReplicaSet) => ages.indexOf(set);
  // The larger first; of the same size the newer when growing, the older when shrinking.
  const ordered = [...active].sort(
    (a, b) => b.spec.replicas - a.spec.replicas || (toAdd > 0 ? older(b) - older(a) : older(a) - older(b)),
  );
  let added = 0;
  const sizes = ordered.map((set) => {
    if (toAdd === 0 || toAdd === added) return set.spec.replicas;
    const share = fraction(deployment, set);
    const part = toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
    added += part;
    return set.spec.replicas + part;
  });
  ordered.forEach((set, i) => {
    const leftover = i === 0 && toAdd !== 0 ? toAdd - added : 0;
    scaleSet(sync, set, Math.max(0, (sizes[i] ?? 0) + leftover), true);
  });
}

function scale(sync: Sync, sets: Sets): void {
  const { replicas } = sync.deployment.spec;
  const only = activeOrLatest(sets);
  if (only !== undefined) {
    scaleSet(sync, only, replicas);
    return;
  }
  if (isSaturated(sync.deployment, sets.newest)) {
    for (const set of sets.old.filter(isActive)) scaleSet(sync, set, 0);
    return;
  }
  if (isRolling(sync.deployment)) scaleInProportion(sync, sets);
}

/** Sizes what there is and rolls nothing: for a scaling event, and while paused. */
export function scaleOnly(sync: Sync, list: readonly ReplicaSet[]): void {
  const sets = partSets(sync, list, false);
  scale(sync, sets);
  if (sync.deployment.spec.paused === true) cleanUp(sync, sets.old);
  syncStatus(sync, all(sets), sets.newest);
}

/** Old ReplicaSets beyond `revisionHistoryLimit` go, the oldest revision first. */
function cleanUp(sync: Sync, old: readonly ReplicaSet[]): void {
  const limit = sync.deployment.spec.revisionHistoryLimit ?? 10;
  const alive = old.filter((set) => set.metadata.deletionTimestamp === undefined);
  const surplus = alive.length - limit;
  if (surplus <= 0) return;
  const byRevision = [...alive].sort((a, b) => revisionOf(a) - revisionOf(b));
  for (const set of byRevision.slice(0, surplus)) {
    const settled =
      set.status.replicas === 0 &&
      !isActive(set) &&
      (set.status.observedGeneration ?? 0) >= (set.metadata.generation ?? 0);
    if (!settled) continue;
    const response = call(sync.session, { verb: 'delete', ...target(replicaSets, set) });
    if (!succeeded(response) && response.code !== 404) throw new SyncFailed(String(response.body?.message));
  }
}

function finish(sync: Sync, sets: Sets): number | undefined {
  if (isComplete(sync.deployment, sync.deployment.status ?? {})) cleanUp(sync, sets.old);
  return syncRolloutStatus(sync, all(sets), sets.newest);
}

/** `cleanupUnhealthyReplicas`: what is not available ends first, and frees room for the new. */
function endUnhealthy(
  sync: Sync,
  old: readonly ReplicaSet[],
  most: number,
): { sets: ReplicaSet[]; ended: number } {
  let ended = 0;
  const sets = oldestFirst(old).map((set) => {
    const unhealthy = set.spec.replicas - (set.status.availableReplicas ?? 0);
    const count = Math.min(most - ended, unhealthy);
    if (!isActive(set) || count <= 0) return set;
    ended += count;
    return scaleSet(sync, set, set.spec.replicas - count);
  });
  return { sets, ended };
}

function shrinkOld(sync: Sync, sets: Sets): boolean {
  const { deployment } = sync;
  const { newest, old } = sets;
  if (wantedReplicas(old) === 0 || newest === undefined) return false;
  const minAvailable = deployment.spec.replicas - maxUnavailable(deployment);
  const newUnavailable = newest.spec.replicas - (newest.status.availableReplicas ?? 0);
  const most = wantedReplicas(all(sets)) - minAvailable - newUnavailable;
  if (most <= 0) return false;
  const { sets: left, ended } = endUnhealthy(sync, old, most);
  const available = counted([...left, newest], 'availableReplicas');
  let toEnd = available - minAvailable;
  let shrunk = ended > 0;
  for (const set of oldestFirst(left)) {
    const count = Math.min(toEnd, set.spec.replicas);
    if (count <= 0) continue;
    scaleSet(sync, set, set.spec.replicas - count);
    toEnd -= count;
    shrunk = true;
  }
  return shrunk;
}

/** `rolloutRolling`: the new grows as far as surge allows, then the old shrinks as far as availability allows. */
export function rollingUpdate(sync: Sync, list: readonly ReplicaSet[]): number | undefined {
  const sets = partSets(sync, list, true);
  const { newest } = sets;
  if (newest === undefined) return undefined;
  const { replicas } = sync.deployment.spec;
  const size =
    newest.spec.replicas > replicas
      ? replicas
      : newSetReplicas(sync.deployment, all(sets), newest.spec.replicas);
  if (size !== newest.spec.replicas) {
    const scaled = scaleSet(sync, newest, size);
    return syncRolloutStatus(sync, [...sets.old, scaled], scaled);
  }
  if (shrinkOld(sync, sets)) return syncRolloutStatus(sync, all(sets), newest);
  return finish(sync, sets);
}

/** `rolloutRecreate`: all of the old is gone before any of the new is made. */
export function recreate(sync: Sync, list: readonly ReplicaSet[]): number | undefined {
  const sets = partSets(sync, list, false);
  const active = sets.old.filter(isActive);
  if (active.length > 0) {
    for (const set of active) scaleSet(sync, set, 0);
    return syncRolloutStatus(sync, all(sets), sets.newest);
  }
  const runs = sets.old.some((set) => podsOf(sync.session.api, set).some((pod) => !isPodFinished(pod)));
  if (runs) return syncRolloutStatus(sync, all(sets), sets.newest);
  const made = sets.newest === undefined ? partSets(sync, list, true) : sets;
  if (made.newest === undefined) return undefined;
  const newest = scaleSet(sync, made.newest, sync.deployment.spec.replicas);
  return finish(sync, { old: made.old, newest });
}
