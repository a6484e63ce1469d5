/** The garbage collector: dependents go with their last owner, or first, or not at all (`pkg/controller/garbagecollector`). */

import { keyOf } from '../apiserver/definition.ts';
import { resourceOfKind, resourceOfStorage } from '../apiserver/registry.ts';
import { FOREGROUND, ORPHAN } from '../apiserver/remove.ts';
import { objectAt, ownedBy } from '../apiserver/store.ts';
import type { ApiState, KubeObject, OwnerReference } from '../apiserver/types.ts';
import type { SyncOutcome } from './replicaSet/sync.ts';
import { call, type Session, succeeded, target } from './session.ts';

/** The owner, if it still is that object; `unknown` for a kind that this server does not have. */
function findOwner(
  api: ApiState,
  dependent: KubeObject,
  owner: OwnerReference,
): KubeObject | 'unknown' | undefined {
  const definition = resourceOfKind(owner.apiVersion, owner.kind);
  if (definition === undefined) return 'unknown';
  const found = objectAt(api, keyOf(definition, dependent.metadata.namespace, owner.name));
  return found?.metadata.uid === owner.uid ? found : undefined;
}

/** True if an object names an owner that is not there. */
export function hasLostOwner(api: ApiState, object: KubeObject): boolean {
  return (object.metadata.ownerReferences ?? []).some((owner) => findOwner(api, object, owner) === undefined);
}

/** True if an object waits for the garbage collector before it goes. */
export function waitsForCollector(object: KubeObject): boolean {
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  return deletionTimestamp !== undefined && (finalizers.includes(FOREGROUND) || finalizers.includes(ORPHAN));
}

function dropFinalizer(session: Session, storage: string, object: KubeObject, finalizer: string): boolean {
  const finalizers = (object.metadata.finalizers ?? []).filter((one) => one !== finalizer);
  const body = {
    metadata: { uid: object.metadata.uid, finalizers: finalizers.length === 0 ? null : finalizers },
  };
  return succeeded(
    call(session, { verb: 'patch', ...target(resourceOfStorage(storage), object), body, patchType: 'merge' }),
  );
}

function letGo(session: Session, key: string, owner: string): boolean {
  const dependent = objectAt(session.api, key);
  if (dependent === undefined) return true;
  const ownerReferences = (dependent.metadata.ownerReferences ?? []).filter((one) => one.uid !== owner);
  const body = {
    metadata: {
      uid: dependent.metadata.uid,
      ownerReferences: ownerReferences.length === 0 ? null : ownerReferences,
    },
  };
  const of = target(resourceOfStorage(storageOf(key)), dependent);
  return succeeded(call(session, { verb: 'patch', ...of, body, patchType: 'merge' }));
}

function storageOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

function remove(session: Session, key: string, policy: 'Background' | 'Foreground'): boolean {
  const object = objectAt(session.api, key);
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) return true;
  const options = { propagationPolicy: policy, preconditions: { uid: object.metadata.uid } };
  const response = call(session, {
    verb: 'delete',
    ...target(resourceOfStorage(storageOf(key)), object),
    options,
  });
  return succeeded(response) || response.code === 404;
}

function collectOwner(session: Session, key: string, object: KubeObject): SyncOutcome {
  const storage = storageOf(key);
  const { uid, finalizers = [] } = object.metadata;
  const dependents = [...ownedBy(session.api, uid)];
  if (finalizers.includes(ORPHAN)) {
    const free = dependents.map((one) => letGo(session, one, uid)).every(Boolean);
    return { failed: !(free && dropFinalizer(session, storage, object, ORPHAN)) };
  }
  const blocking = dependents.filter((one) => {
    const references = objectAt(session.api, one)?.metadata.ownerReferences ?? [];
    return references.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true);
  });
  if (blocking.length === 0) return { failed: !dropFinalizer(session, storage, object, FOREGROUND) };
  return { failed: !blocking.map((one) => remove(session, one, 'Foreground')).every(Boolean) };
}

/** Looks at one object: collects it if its owners are gone, or does what its finalizer waits for. */
export function collect(session: Session, key: string): SyncOutcome {
  const object = objectAt(session.api, key);
  if (object === undefined) return { failed: false };
  if (waitsForCollector(object)) return collectOwner(session, key, object);
  const owners = object.metadata.ownerReferences ?? [];
  if (owners.length === 0) return { failed: false };
  const absent = owners.filter((owner) => findOwner(session.api, object, owner) === undefined);
  if (absent.length === 0) return { failed: false };
  if (absent.length === owners.length) return { failed: !remove(session, key, 'Background') };
  return { failed: !absent.map((owner) => letGo(session, key, owner.uid)).every(Boolean) };
}
