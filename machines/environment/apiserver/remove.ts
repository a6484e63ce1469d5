/** DELETE: preconditions, grace of Pods, finalizers, propagation (`rest.BeforeDelete`, `registry/generic/registry/store.go`). */
import { equal } from '../json.ts';
import { timestamp } from '../mint.ts';
import { admitByPolicies } from './admission.ts';
import { draftOf } from './decode.ts';
import { isPodFinished, type Namespace, type Pod } from './kube.ts';
import { namespaces } from './registry.ts';
import { conflict, forbidden } from './status.ts';
import { erase, type Transaction, write } from './transaction.ts';
import type { KubeObject } from './types.ts';

/** The finalizer with which dependents go first. @internal */
export const FOREGROUND = 'foregroundDeletion';
/** The finalizer with which dependents are let go. @internal */
export const ORPHAN = 'orphan';
const PROTECTED_NAMESPACES = new Set(['default', 'kube-system', 'kube-public']);

function checkPreconditions(tx: Transaction, object: KubeObject): void {
  const { uid, resourceVersion } = tx.options.preconditions ?? {};
  const { name, uid: actual, resourceVersion: version } = object.metadata;
  const named = { ...tx.definition, plural: tx.definition.kind };
  if (uid !== undefined && uid !== actual) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${actual}). The object might have been deleted and then recreated`;
    throw conflict(named, name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== version) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${version}). The object might have been modified`;
    throw conflict(named, name, why);
  }
}

/** Grace period of this delete: what is not scheduled or has ended goes at once. */
function graceOf(tx: Transaction, object: KubeObject): number {
  const pod = object as Pod;
  if (pod.spec.nodeName === undefined || pod.spec.nodeName === '' || isPodFinished(pod)) return 0;
  const wanted = tx.options.gracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 0;
  return wanted < 0 ? 1 : wanted;
}

function finalizersOf(tx: Transaction, object: KubeObject): string[] {
  const kept = (object.metadata.finalizers ?? []).filter((one) => one !== FOREGROUND && one !== ORPHAN);
  switch (tx.options.propagationPolicy) {
    case 'Foreground':
      return [...kept, FOREGROUND];
    case 'Orphan':
      return [...kept, ORPHAN];
    case 'Background':
      return kept;
    default:
      return object.metadata.finalizers ?? [];
  }
}

function mark(draft: KubeObject, at: number, grace: number): void {
  const { metadata } = draft;
  const first = metadata.deletionTimestamp === undefined;
  metadata.deletionTimestamp = timestamp(at);
  metadata.deletionGracePeriodSeconds = grace;
  if (first && (metadata.generation ?? 0) > 0) metadata.generation = (metadata.generation ?? 0) + 1;
}

/** What is left of the object after a delete. @internal */
export interface Removal {
  readonly object: KubeObject;
  /** True if the object is no longer there. */
  readonly gone: boolean;
}

function removeNamespace(tx: Transaction, object: KubeObject): Removal {
  const { name } = object.metadata;
  if (PROTECTED_NAMESPACES.has(name)) throw forbidden(namespaces, name, 'this namespace may not be deleted');
  admitByPolicies(tx, 'DELETE', undefined, object);
  if (object.metadata.deletionTimestamp !== undefined) return { object, gone: false };
  const draft = draftOf(object) as Namespace;
  draft.metadata.deletionTimestamp = timestamp(tx.request.now);
  draft.status = { ...draft.status, phase: 'Terminating' };
  return { object: write(tx, draft), gone: false };
}

/** The grace period of a Pod that is already going may only become shorter. Undefined: this delete changes nothing. */
function shortened(tx: Transaction, object: KubeObject): { at: number; grace: number } | undefined {
  const { deletionTimestamp, deletionGracePeriodSeconds: before = 0 } = object.metadata;
  const wanted = tx.options.gracePeriodSeconds;
  if (wanted === undefined || deletionTimestamp === undefined) return undefined;
  const grace = wanted < 0 ? 1 : wanted;
  if (grace >= before) return undefined;
  const at = Date.parse(deletionTimestamp) + (grace - before) * 1000;
  if (at >= tx.request.now) return { at, grace };
  return { at: tx.request.now, grace: grace === 0 ? 0 : 1 };
}

function removeGracefully(tx: Transaction, object: KubeObject): Removal {
  const draft = draftOf(object);
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = object.metadata;
  if (deletionTimestamp !== undefined && deletionGracePeriodSeconds > 0) {
    const sooner = shortened(tx, object);
    if (sooner === undefined) return { object, gone: false };
    mark(draft, sooner.at, sooner.grace);
  } else if (deletionTimestamp === undefined) {
    const grace = graceOf(tx, object);
    mark(draft, tx.request.now + grace * 1000, grace);
  } else return removeNow(tx, object);
  admitByPolicies(tx, 'DELETE', undefined, object);
  setFinalizers(draft, finalizersOf(tx, object));
  const marked = write(tx, draft);
  const stays =
    (marked.metadata.deletionGracePeriodSeconds ?? 0) > 0 || (marked.metadata.finalizers?.length ?? 0) > 0;
  return stays ? { object: marked, gone: false } : { object: erase(tx, marked), gone: true };
}

function removeNow(tx: Transaction, object: KubeObject): Removal {
  admitByPolicies(tx, 'DELETE', undefined, object);
  const finalizers = finalizersOf(tx, object);
  if (finalizers.length === 0) return { object: erase(tx, object), gone: true };
  const draft = draftOf(object);
  setFinalizers(draft, finalizers);
  if (draft.metadata.deletionTimestamp === undefined) mark(draft, tx.request.now, 0);
  return { object: equal(draft, object) ? object : write(tx, draft), gone: false };
}

function setFinalizers(draft: KubeObject, finalizers: string[]): void {
  if (finalizers.length === 0) delete draft.metadata.finalizers;
  else draft.metadata.finalizers = finalizers;
}

/** Deletes one object, or begins to. */
export function removeObject(tx: Transaction, object: KubeObject): Removal {
  checkPreconditions(tx, object);
  if (tx.definition === namespaces) return removeNamespace(tx, object);
  return tx.definition.graceful === true ? removeGracefully(tx, object) : removeNow(tx, object);
}
