/** The Deployment's status (`calculateStatus`, `syncRolloutStatus`). */
import {
  type Condition,
  conditionOf,
  type Deployment,
  type DeploymentStatus,
  type ReplicaSet,
} from '../../apiserver/kube.ts';
import { timestamp } from '../../mint.ts';
import { withCondition, withoutCondition } from '../conditions.ts';
import { counted, maxUnavailable, wantedReplicas } from './amounts.ts';
import { type Sync, writeStatus } from './context.ts';
import { afterFact, rolloutState } from './progress.ts';

function calculate(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newest: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const available = counted(all, 'availableReplicas');
  const ready = counted(all, 'readyReplicas');
  const replicas = counted(all, 'replicas');
  const updated = newest === undefined ? 0 : counted([newest], 'replicas');
  const unavailable = Math.max(0, wantedReplicas(all) - available);
  const enough = available >= deployment.spec.replicas - maxUnavailable(deployment);
  const time = timestamp(now);
  const availability: Condition = {
    type: 'Available',
    status: enough ? 'True' : 'False',
    lastUpdateTime: time,
    lastTransitionTime: time,
    reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: enough
      ? 'Deployment has minimum availability.'
      : 'Deployment does not have minimum availability.',
  };
  const { collisionCount, conditions = [] } = deployment.status ?? {};
  return {
    ...(deployment.metadata.generation === undefined
      ? {}
      : { observedGeneration: deployment.metadata.generation }),
    ...(replicas === 0 ? {} : { replicas }),
    ...(updated === 0 ? {} : { updatedReplicas: updated }),
    ...(ready === 0 ? {} : { readyReplicas: ready }),
    ...(available === 0 ? {} : { availableReplicas: available }),
    ...(unavailable === 0 ? {} : { unavailableReplicas: unavailable }),
    terminatingReplicas: counted(all, 'terminatingReplicas'),
    conditions: withCondition(conditions, availability),
    ...(collisionCount === undefined ? {} : { collisionCount }),
  };
}

/** `DeploymentComplete`. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const { replicas } = deployment.spec;
  return (
    (status.updatedReplicas ?? 0) === replicas &&
    (status.replicas ?? 0) === replicas &&
    (status.availableReplicas ?? 0) === replicas
  );
}

function hasProgressed(before: DeploymentStatus, now: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (now.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(now) < old(before) ||
    (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/** When the progress deadline passes; undefined if none runs. */
function deadlineOf(deployment: Deployment): number | undefined {
  const seconds = deployment.spec.progressDeadlineSeconds;
  const condition = conditionOf(deployment.status, 'Progressing');
  if (seconds === undefined || condition === undefined || deployment.spec.paused === true) return undefined;
  const state = rolloutState(deployment);
  if (state === 'complete' || state === 'timedOut') return undefined;
  return Date.parse(condition.lastUpdateTime ?? '') + seconds * 1000;
}

function progressConditions(
  sync: Sync,
  status: DeploymentStatus,
  newest: ReplicaSet | undefined,
): Condition[] {
  const { deployment, session } = sync;
  const conditions = status.conditions ?? [];
  const subject = { name: newest?.metadata.name ?? deployment.metadata.name, now: session.now };
  const onlyNew = (status.replicas ?? 0) === (status.updatedReplicas ?? 0);
  if (isComplete(deployment, status))
    return afterFact(deployment, conditions, { type: 'rolloutCompleted', onlyNew }, subject);
  if (hasProgressed(deployment.status ?? {}, status)) {
    return afterFact(deployment, conditions, { type: 'rolloutProgressed', onlyNew }, subject);
  }
  if ((deadlineOf(deployment) ?? Number.POSITIVE_INFINITY) >= session.now) return conditions;
  return afterFact(deployment, conditions, { type: 'deadlinePassed', onlyNew }, subject);
}

/** Writes the counts alone: while a Deployment is scaled, paused or going. */
export function syncStatus(sync: Sync, all: readonly ReplicaSet[], newest: ReplicaSet | undefined): void {
  const status = calculate(sync.deployment, all, newest, sync.session.now);
  writeStatus(sync, { ...sync.deployment, status });
}

/**
 * Writes the counts and how the rollout goes.
 * @returns when to look again for the progress deadline, Unix milliseconds
 */
export function syncRolloutStatus(
  sync: Sync,
  all: readonly ReplicaSet[],
  newest: ReplicaSet | undefined,
): number | undefined {
  const status = calculate(sync.deployment, all, newest, sync.session.now);
  const monitored = sync.deployment.spec.progressDeadlineSeconds !== undefined;
  status.conditions = monitored
    ? progressConditions(sync, status, newest)
    : withoutCondition(status.conditions ?? [], 'Progressing');
  const failing = [newest, ...all].find((set) => conditionOf(set?.status, 'ReplicaFailure') !== undefined);
  const failure = conditionOf(failing?.status, 'ReplicaFailure');
  const time = timestamp(sync.session.now);
  status.conditions =
    failure === undefined
      ? withoutCondition(status.conditions, 'ReplicaFailure')
      : withCondition(status.conditions, { ...failure, lastUpdateTime: time });
  writeStatus(sync, { ...sync.deployment, status });
  const deadline = deadlineOf(sync.deployment);
  return deadline === undefined ? undefined : deadline + 1000;
}
