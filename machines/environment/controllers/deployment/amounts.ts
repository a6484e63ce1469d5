/** Surge, unavailability and the numbers that follow from them (`pkg/controller/deployment/util/deployment_util.go`). */
import type { Deployment, ReplicaSet } from '../../apiserver/kube.ts';

function resolve(
  value: number | string | undefined,
  total: number,
  round: (value: number) => number,
): number {
  if (typeof value === 'number') return value;
  const percent = Number(/^(\d+)%$/.exec(value ?? '0%')?.[1] ?? 0);
  return round((percent * total) / 100);
}

/** `ResolveFenceposts`: surge rounds up, unavailability down; both zero would stand still. */
function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const { maxSurge, maxUnavailable } = deployment.spec.strategy.rollingUpdate ?? {};
  const { replicas } = deployment.spec;
  const surge = resolve(maxSurge, replicas, Math.ceil);
  const unavailable = resolve(maxUnavailable, replicas, Math.floor);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** True for the strategy RollingUpdate. */
export function isRolling(deployment: Deployment): boolean {
  return deployment.spec.strategy.type === 'RollingUpdate';
}

/** How many Pods may be over `spec.replicas`. */
export function maxSurge(deployment: Deployment): number {
  return isRolling(deployment) ? fenceposts(deployment).surge : 0;
}

/** How many Pods may be missing. */
export function maxUnavailable(deployment: Deployment): number {
  if (!isRolling(deployment) || deployment.spec.replicas === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, deployment.spec.replicas);
}

/** Sum of `spec.replicas`. */
export function wantedReplicas(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, one) => sum + one.spec.replicas, 0);
}

/** Sum of a count in the status. */
export function counted(
  sets: readonly ReplicaSet[],
  field: 'replicas' | 'readyReplicas' | 'availableReplicas' | 'terminatingReplicas',
): number {
  return sets.reduce((sum, one) => sum + (one.status[field] ?? 0), 0);
}

/** `NewRSNewReplicas`: how large the new ReplicaSet may be now. */
export function newSetReplicas(deployment: Deployment, all: readonly ReplicaSet[], current: number): number {
  const { replicas } = deployment.spec;
  if (!isRolling(deployment)) return replicas;
  const room = replicas + maxSurge(deployment) - wantedReplicas(all);
  if (room <= 0) return current;
  return current + Math.min(room, replicas - current);
}
