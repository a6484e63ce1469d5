/** Who owns whom, as the stock controllers see it (`pkg/controller/controller_ref_manager.go`). */

import type { ResourceDefinition } from '../apiserver/definition.ts';
import type { Deployment, LabelSelector, Pod, ReplicaSet } from '../apiserver/kube.ts';
import { matchesSelector } from '../apiserver/selectors.ts';
import { objectAt, objectsOf, ownedBy } from '../apiserver/store.ts';
import type { ApiState, KubeObject, OwnerReference } from '../apiserver/types.ts';
import { getIn } from '../orderedMap.ts';
import { call, type Session, succeeded, target } from './session.ts';

/** The owner that manages the object, or undefined. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

/** The objects of a storage name that `uid` controls. */
export function controlledBy(api: ApiState, uid: string, storage: string): KubeObject[] {
  const prefix = `${storage}/`;
  const found: KubeObject[] = [];
  for (const key of ownedBy(api, uid)) {
    const object = key.startsWith(prefix) ? getIn(api.objects, key) : undefined;
    if (object !== undefined && controllerOf(object)?.uid === uid) found.push(object);
  }
  return found;
}

/** The reference with which a controller marks what is its own. */
export function controllerReference(kind: 'Deployment' | 'ReplicaSet', owner: KubeObject): OwnerReference {
  const { name, uid } = owner.metadata;
  return { apiVersion: 'apps/v1', kind, name, uid, controller: true, blockOwnerDeletion: true };
}

interface Claim {
  readonly owner: Deployment | ReplicaSet;
  readonly kind: 'Deployment' | 'ReplicaSet';
  readonly selector: LabelSelector;
  readonly of: ResourceDefinition;
}

function adopt(session: Session, claim: Claim, object: KubeObject): KubeObject | undefined {
  const { uid } = object.metadata;
  const metadata = { uid, ownerReferences: [controllerReference(claim.kind, claim.owner)] };
  const response = call(session, {
    verb: 'patch',
    ...target(claim.of, object),
    body: { metadata },
    patchType: 'strategic',
  });
  return succeeded(response) ? response.object : undefined;
}

function release(session: Session, claim: Claim, object: KubeObject): void {
  const { uid } = object.metadata;
  const metadata = { uid, ownerReferences: [{ $patch: 'delete', uid: claim.owner.metadata.uid }] };
  call(session, { verb: 'patch', ...target(claim.of, object), body: { metadata }, patchType: 'strategic' });
}

/**
 * What the owner controls: what matches its selector, orphans adopted; what no longer matches is let go.
 * @param include - objects of no interest are left alone (finished Pods)
 */
export function claimed(
  session: Session,
  claim: Claim,
  include: (object: KubeObject) => boolean,
): KubeObject[] {
  const { owner, selector, of } = claim;
  const { uid, namespace, deletionTimestamp } = owner.metadata;
  const kept: KubeObject[] = [];
  for (const object of controlledBy(session.api, uid, of.storage)) {
    if (!include(object)) continue;
    if (matchesSelector(selector, object.metadata.labels)) kept.push(object);
    else if (deletionTimestamp === undefined) release(session, claim, object);
  }
  if (deletionTimestamp !== undefined) return kept;
  for (const object of orphans(session.api, of.storage, namespace ?? '')) {
    if (object.metadata.deletionTimestamp !== undefined || !include(object)) continue;
    if (!matchesSelector(selector, object.metadata.labels)) continue;
    const adopted = adopt(session, claim, object);
    if (adopted !== undefined) kept.push(adopted);
  }
  return kept;
}

/** Objects without a controller. A scan of the namespace: orphans are rare, so it runs over few in the usual case. */
function orphans(api: ApiState, storage: string, namespace: string): KubeObject[] {
  const found: KubeObject[] = [];
  for (const object of objectsOf(api, storage, namespace))
    if (controllerOf(object) === undefined) found.push(object);
  return found;
}

/** The object that an owner reference names, if it is still the same one. */
export function ownerAt(
  api: ApiState,
  storage: string,
  namespace: string | undefined,
  owner: OwnerReference,
): KubeObject | undefined {
  const found = objectAt(api, `${storage}/${namespace ?? ''}/${owner.name}`);
  return found?.metadata.uid === owner.uid ? found : undefined;
}

/** The Pods that a ReplicaSet controls. */
export function podsOf(api: ApiState, replicaSet: ReplicaSet): Pod[] {
  return controlledBy(api, replicaSet.metadata.uid, 'pods') as Pod[];
}
