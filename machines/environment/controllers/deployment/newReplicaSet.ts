/** The ReplicaSet of the present template: found, kept up to date, or made (`getNewReplicaSet`). */
import type { Deployment, ReplicaSet } from '../../apiserver/kube.ts';
import { replicaSets } from '../../apiserver/registry.ts';
import { findObject } from '../../apiserver/store.ts';
import { equal } from '../../json.ts';
import { controllerOf, controllerReference } from '../ownership.ts';
import { call, errorText, succeeded, target } from '../session.ts';
import { newSetReplicas } from './amounts.ts';
import { newSetAnnotations, REVISION, revisionOf } from './annotations.ts';
import {
  isSameTemplate,
  type Sync,
  SyncFailed,
  say,
  templateHash,
  withConditions,
  writeStatus,
} from './context.ts';
import { afterFact, rolloutState } from './progress.ts';
import type { RolloutEvent } from './rolloutMachine.ts';

/** All ReplicaSets of a Deployment, parted. */
export interface Sets {
  readonly newest: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

const byAge = (a: ReplicaSet, b: ReplicaSet): number =>
  a.metadata.creationTimestamp === b.metadata.creationTimestamp
    ? a.metadata.name < b.metadata.name
      ? -1
      : 1
    : a.metadata.creationTimestamp < b.metadata.creationTimestamp
      ? -1
      : 1;

/** Oldest first. */
export function oldestFirst(sets: readonly ReplicaSet[]): ReplicaSet[] {
  return [...sets].sort(byAge);
}

/** The oldest ReplicaSet that has the Deployment's template. */
export function findNew(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return oldestFirst(sets).find((set) => isSameTemplate(set.spec.template, deployment.spec.template));
}

function conditionsAfter(
  sync: Sync,
  type: RolloutEvent['type'] & ('replicaSetCreated' | 'replicaSetFound' | 'replicaSetRefused'),
  name: string,
  more?: string,
) {
  const { deployment, session } = sync;
  const conditions = deployment.status?.conditions ?? [];
  if (deployment.spec.progressDeadlineSeconds === undefined) return conditions;
  return afterFact(
    deployment,
    conditions,
    { type },
    { name, now: session.now, ...(more === undefined ? {} : { more }) },
  );
}

/** The Deployment's own revision annotation goes with its status: it raises no generation. */
function noteRevision(
  sync: Sync,
  revision: string | undefined,
  conditions: NonNullable<NonNullable<Deployment['status']>['conditions']>,
): void {
  const { deployment } = sync;
  const annotations = {
    ...deployment.metadata.annotations,
    ...(revision === undefined ? {} : { [REVISION]: revision }),
  };
  const changed = !equal(annotations, deployment.metadata.annotations ?? {});
  if (!changed && equal(conditions, deployment.status?.conditions ?? [])) return;
  const draft = withConditions(deployment, conditions);
  writeStatus(sync, { ...draft, metadata: { ...draft.metadata, annotations } });
}

function keepUp(sync: Sync, set: ReplicaSet, revision: number): ReplicaSet {
  const { deployment, session } = sync;
  const annotations = newSetAnnotations(deployment, set.metadata.annotations ?? {}, revision);
  const minReadySeconds = deployment.spec.minReadySeconds;
  if (
    !equal(annotations, set.metadata.annotations ?? {}) ||
    (minReadySeconds ?? 0) !== (set.spec.minReadySeconds ?? 0)
  ) {
    const spec = { ...set.spec, ...(minReadySeconds === undefined ? {} : { minReadySeconds }) };
    const body = { ...set, metadata: { ...set.metadata, annotations }, spec };
    const response = call(session, { verb: 'update', ...target(replicaSets, set), body });
    if (!succeeded(response)) throw new SyncFailed(errorText(response));
    return response.object as ReplicaSet;
  }
  const unknown = rolloutState(deployment) === 'unknown';
  const conditions = unknown
    ? conditionsAfter(sync, 'replicaSetFound', set.metadata.name)
    : (deployment.status?.conditions ?? []);
  noteRevision(sync, set.metadata.annotations?.[REVISION], conditions);
  return set;
}

function bodyOf(
  deployment: Deployment,
  old: readonly ReplicaSet[],
  revision: number,
): { body: object; name: string; size: number } {
  const { spec, metadata, status } = deployment;
  const hash = { 'pod-template-hash': templateHash(spec.template, status?.collisionCount) };
  const labels = { ...spec.template.metadata?.labels, ...hash };
  const name = `${metadata.name.slice(0, 242)}-${hash['pod-template-hash']}`;
  const size = newSetReplicas(deployment, old, 0);
  const body = {
    metadata: {
      name,
      namespace: metadata.namespace,
      labels,
      annotations: newSetAnnotations(deployment, undefined, revision),
      ownerReferences: [controllerReference('Deployment', deployment)],
    },
    spec: {
      replicas: size,
      ...(spec.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, ...hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
  return { body, name, size };
}

/** The name is taken: by our own ReplicaSet, or by another template with the same hash. */
function taken(sync: Sync, name: string): ReplicaSet {
  const { deployment, session } = sync;
  const set = findObject(session.api, replicaSets, deployment.metadata.namespace, name) as
    | ReplicaSet
    | undefined;
  const own = set !== undefined && controllerOf(set)?.uid === deployment.metadata.uid;
  if (own && isSameTemplate(set.spec.template, deployment.spec.template)) return set;
  const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
  writeStatus(sync, { ...deployment, status: { ...deployment.status, collisionCount } });
  throw new SyncFailed(`replica set ${name} is another one's: hash collision`);
}

function make(sync: Sync, old: readonly ReplicaSet[], revision: number): ReplicaSet {
  const { deployment, session } = sync;
  const { body, name, size } = bodyOf(deployment, old, revision);
  const response = call(session, {
    verb: 'create',
    of: replicaSets,
    namespace: deployment.metadata.namespace,
    body,
  });
  if (response.code === 409) {
    const set = taken(sync, name);
    noteRevision(sync, String(revision), deployment.status?.conditions ?? []);
    return set;
  }
  if (!succeeded(response)) {
    const error = errorText(response);
    writeStatus(sync, withConditions(deployment, conditionsAfter(sync, 'replicaSetRefused', name, error)));
    say(sync, 'Warning', 'ReplicaSetCreateError', `Failed to create new replica set "${name}": ${error}`);
    throw new SyncFailed(error);
  }
  if (size > 0) say(sync, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${size}`);
  noteRevision(sync, String(revision), conditionsAfter(sync, 'replicaSetCreated', name));
  return response.object as ReplicaSet;
}

/** Parts the ReplicaSets into the new one and the old ones; makes the new one if asked to and it is missing. */
export function partSets(sync: Sync, sets: readonly ReplicaSet[], create: boolean): Sets {
  const existing = findNew(sync.deployment, sets);
  const old = sets.filter((set) => set !== existing);
  const revision = Math.max(0, ...old.map(revisionOf)) + 1;
  if (existing !== undefined) return { newest: keepUp(sync, existing, revision), old };
  return { newest: create ? make(sync, old, revision) : undefined, old };
}
