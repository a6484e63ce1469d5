/**
 * The stock ReplicaSet controller (`pkg/controller/replicaset/replica_set.go`): as many Pods as `spec.replicas`, created in
 * slow-start batches, ended by rank; counts in the status. The owner switch is met as any other denial.
 */
import {
  conditionOf,
  isPodFinished,
  isPodReady,
  type Pod,
  type ReplicaSet,
  type ReplicaSetStatus,
} from '../../apiserver/kube.ts';
import { pods as podResource, replicaSets } from '../../apiserver/registry.ts';
import { objectAt } from '../../apiserver/store.ts';
import type { ApiResponse, ApiState } from '../../apiserver/types.ts';
import { equal } from '../../json.ts';
import { timestamp } from '../../mint.ts';
import { withCondition, withoutCondition } from '../conditions.ts';
import { claimed, controlledBy, controllerOf, controllerReference, podsOf } from '../ownership.ts';
import { call, errorText, record, type Session, succeeded, target } from '../session.ts';
import { byDeletionOrder } from './ranking.ts';

/** `BurstReplicas`: the most Pods created or ended in one sync. */
const BURST = 500;

/** What a sync leaves to do. @internal */
export interface SyncOutcome {
  /** True if it failed and is to be tried again after a backoff. */
  readonly failed: boolean;
  /** When to look again, Unix milliseconds. */
  readonly again?: number;
}

/** Not ended, and not on its way. */
export function isActive(pod: Pod): boolean {
  return !isPodFinished(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** When the Pod becomes available; undefined if it is not ready. */
function availableAt(pod: Pod, minReadySeconds: number): number | undefined {
  if (!isPodReady(pod)) return undefined;
  if (minReadySeconds === 0) return 0;
  return Date.parse(conditionOf(pod.status, 'Ready')?.lastTransitionTime ?? '') + minReadySeconds * 1000;
}

function podBody(replicaSet: ReplicaSet): object {
  const { metadata, spec } = replicaSet.spec.template;
  const { labels, annotations, finalizers } = metadata ?? {};
  return {
    metadata: {
      generateName: `${replicaSet.metadata.name}-`,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference('ReplicaSet', replicaSet)],
    },
    spec,
  };
}

function say(
  session: Session,
  about: ReplicaSet,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): void {
  record(session, {
    about,
    kind: 'ReplicaSet',
    apiVersion: 'apps/v1',
    type,
    reason,
    message,
    component: 'replicaset-controller',
  });
}

function createOne(session: Session, replicaSet: ReplicaSet): ApiResponse {
  const { namespace } = replicaSet.metadata;
  const response = call(session, { verb: 'create', of: podResource, namespace, body: podBody(replicaSet) });
  if (succeeded(response))
    say(session, replicaSet, 'Normal', 'SuccessfulCreate', `Created pod: ${response.object?.metadata.name}`);
  else say(session, replicaSet, 'Warning', 'FailedCreate', `Error creating: ${errorText(response)}`);
  return response;
}

/** Batches of 1, 2, 4, …: the first batch with a failure is the last. */
function createPods(session: Session, replicaSet: ReplicaSet, count: number): string | undefined {
  let left = count;
  for (let batch = 1; left > 0; batch *= 2) {
    const size = Math.min(batch, left);
    let error: string | undefined;
    for (let i = 0; i < size; i++) {
      const response = createOne(session, replicaSet);
      if (!succeeded(response)) error ??= errorText(response);
    }
    if (error !== undefined) return error;
    left -= size;
  }
  return undefined;
}

/** Active Pods on each node, over all ReplicaSets of the same owner. */
function nodeCounts(api: ApiState, replicaSet: ReplicaSet): Map<string, number> {
  const counts = new Map<string, number>();
  const owner = controllerOf(replicaSet)?.uid;
  const siblings =
    owner === undefined ? [replicaSet] : (controlledBy(api, owner, replicaSets.storage) as ReplicaSet[]);
  for (const sibling of siblings) {
    for (const pod of podsOf(api, sibling)) {
      const node = pod.spec.nodeName ?? '';
      if (isActive(pod)) counts.set(node, (counts.get(node) ?? 0) + 1);
    }
  }
  return counts;
}

function endPods(
  session: Session,
  replicaSet: ReplicaSet,
  active: readonly Pod[],
  count: number,
): string | undefined {
  const counts = nodeCounts(session.api, replicaSet);
  const order = byDeletionOrder(active, (node) => counts.get(node) ?? 0, session.now);
  let error: string | undefined;
  for (const pod of order.slice(0, count)) {
    const preconditions = { uid: pod.metadata.uid };
    const response = call(session, {
      verb: 'delete',
      ...target(podResource, pod),
      options: { preconditions },
    });
    if (succeeded(response))
      say(session, replicaSet, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
    else if (response.code !== 404) {
      say(session, replicaSet, 'Warning', 'FailedDelete', `Error deleting: ${errorText(response)}`);
      error ??= errorText(response);
    }
  }
  return error;
}

function manage(
  session: Session,
  replicaSet: ReplicaSet,
  active: readonly Pod[],
): { error?: string; creating: boolean } {
  const surplus = active.length - replicaSet.spec.replicas;
  const count = Math.min(Math.abs(surplus), BURST);
  if (count === 0) return { creating: false };
  const error =
    surplus < 0 ? createPods(session, replicaSet, count) : endPods(session, replicaSet, active, count);
  return error === undefined ? { creating: surplus < 0 } : { error, creating: surplus < 0 };
}

function statusOf(
  session: Session,
  replicaSet: ReplicaSet,
  pods: readonly Pod[],
  failure: { error?: string; creating: boolean },
): ReplicaSetStatus {
  const wanted = Object.entries(replicaSet.spec.template.metadata?.labels ?? {});
  const active = pods.filter(isActive);
  const minReady = replicaSet.spec.minReadySeconds ?? 0;
  const fully = active.filter((pod) =>
    wanted.every(([key, value]) => pod.metadata.labels?.[key] === value),
  ).length;
  const ready = active.filter(isPodReady).length;
  const available = active.filter(
    (pod) => (availableAt(pod, minReady) ?? Number.POSITIVE_INFINITY) <= session.now,
  ).length;
  const terminating = pods.filter(
    (pod) => pod.metadata.deletionTimestamp !== undefined && !isPodFinished(pod),
  ).length;
  let conditions = replicaSet.status.conditions ?? [];
  if (failure.error === undefined) conditions = withoutCondition(conditions, 'ReplicaFailure');
  else if (conditionOf(replicaSet.status, 'ReplicaFailure') === undefined) {
    const reason = failure.creating ? 'FailedCreate' : 'FailedDelete';
    const lastTransitionTime = timestamp(session.now);
    conditions = withCondition(conditions, {
      type: 'ReplicaFailure',
      status: 'True',
      reason,
      message: failure.error,
      lastTransitionTime,
    });
  }
  return {
    replicas: active.length,
    ...(fully === 0 ? {} : { fullyLabeledReplicas: fully }),
    ...(ready === 0 ? {} : { readyReplicas: ready }),
    ...(available === 0 ? {} : { availableReplicas: available }),
    terminatingReplicas: terminating,
    ...(replicaSet.metadata.generation === undefined
      ? {}
      : { observedGeneration: replicaSet.metadata.generation }),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

/** When the next Pod becomes available by the passing of time. */
function nextAvailable(pods: readonly Pod[], minReady: number, now: number): number | undefined {
  const times = pods.map((pod) => availableAt(pod, minReady) ?? 0).filter((time) => time > now);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** One sync of one ReplicaSet. */
export function syncReplicaSet(session: Session, key: string): SyncOutcome {
  const found = objectAt(session.api, key) as ReplicaSet | undefined;
  if (found === undefined) return { failed: false };
  const claim = { owner: found, kind: 'ReplicaSet', selector: found.spec.selector, of: podResource } as const;
  const before = claimed(session, claim, (pod) => !isPodFinished(pod as Pod)) as Pod[];
  // The status tells of the Pods that there were when the sync began; the new ones bring the next sync.
  const pods = podsOf(session.api, found).filter(
    (pod) => pod.metadata.deletionTimestamp !== undefined || before.includes(pod),
  );
  const deleting = found.metadata.deletionTimestamp !== undefined;
  const outcome = deleting ? { creating: false } : manage(session, found, before.filter(isActive));
  const live = objectAt(session.api, key) as ReplicaSet | undefined;
  if (live === undefined) return { failed: false };
  const status = statusOf(session, live, pods, outcome);
  if (!equal(status, live.status)) {
    const body = { ...live, status };
    const response = call(session, {
      verb: 'update',
      ...target(replicaSets, live),
      subresource: 'status',
      body,
    });
    if (!succeeded(response)) return { failed: true };
  }
  const again = nextAvailable(pods, live.spec.minReadySeconds ?? 0, session.now);
  return {
    failed: 'error' in outcome && outcome.error !== undefined,
    ...(again === undefined ? {} : { again }),
  };
}
