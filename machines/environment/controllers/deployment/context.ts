/** One sync of one Deployment under way. */
import type { Condition, Deployment, PodTemplate, ReplicaSet } from '../../apiserver/kube.ts';
import { deployments, replicaSets } from '../../apiserver/registry.ts';
import { canonical, equal } from '../../json.ts';
import { fnv32a, safeEncode } from '../../mint.ts';
import { call, record, type Session, succeeded, target } from '../session.ts';
import { replicasAnnotations } from './annotations.ts';

/** Thrown when a write fails: the sync stops and is tried again after a backoff. @internal */
export class SyncFailed extends Error {}

/** @internal */
export interface Sync {
  readonly session: Session;
  /** As last written by this sync. */
  deployment: Deployment;
}

const HASH_LABEL = 'pod-template-hash';

/** `ComputeHash`. Not the same number as Go's, which hashes a dump of Go's structures; as long, and from the same alphabet. */
export function templateHash(template: PodTemplate, collisions: number | undefined): string {
  const text = canonical(template) + (collisions === undefined ? '' : String(collisions));
  return safeEncode(String(fnv32a(text)));
}

function withoutHash(template: PodTemplate): PodTemplate {
  const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** `EqualIgnoreHash`. */
export function isSameTemplate(a: PodTemplate, b: PodTemplate): boolean {
  return equal(withoutHash(a), withoutHash(b));
}

/** Says something in an Event of the Deployment. */
export function say(sync: Sync, type: 'Normal' | 'Warning', reason: string, message: string): void {
  const about = sync.deployment;
  record(sync.session, {
    about,
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    type,
    reason,
    message,
    component: 'deployment-controller',
  });
}

/** Writes the Deployment's status, and its annotations as they are in the draft. */
export function writeStatus(sync: Sync, draft: Deployment): void {
  if (equal(draft, sync.deployment)) return;
  const response = call(sync.session, {
    verb: 'update',
    ...target(deployments, draft),
    subresource: 'status',
    body: draft,
  });
  if (!succeeded(response)) throw new SyncFailed(String(response.body?.message));
  sync.deployment = response.object as Deployment;
}

/** The Deployment with another set of conditions. */
export function withConditions(deployment: Deployment, conditions: readonly Condition[]): Deployment {
  return { ...deployment, status: { ...deployment.status, conditions: [...conditions] } };
}

/**
 * `scaleReplicaSet`: sizes a ReplicaSet, and notes on it what the Deployment wants.
 * @param force - also where only the note would change
 */
export function scaleSet(sync: Sync, set: ReplicaSet, size: number, force = false): ReplicaSet {
  const before = set.spec.replicas;
  const wanted = replicasAnnotations(sync.deployment);
  const noted = Object.entries(wanted).every(([key, value]) => set.metadata.annotations?.[key] === value);
  if (before === size && (!force || noted)) return set;
  const body: ReplicaSet = {
    ...set,
    metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...wanted } },
    spec: { ...set.spec, replicas: size },
  };
  const response = call(sync.session, { verb: 'update', ...target(replicaSets, set), body });
  if (!succeeded(response)) throw new SyncFailed(String(response.body?.message));
  if (before !== size) {
    const direction = before < size ? 'up' : 'down';
    say(
      sync,
      'Normal',
      'ScalingReplicaSet',
      `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${size}`,
    );
  }
  return response.object as ReplicaSet;
}
