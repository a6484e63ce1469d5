/** PUT and PATCH, of an object, its status and its scale: `rest.BeforeUpdate`, optimistic concurrency, no write if nothing changes. */
import { copy, equal, isObject, type JsonObject } from '../json.ts';
import { admitByPolicies } from './admission.ts';
import { createDraft } from './create.ts';
import { decodeObject, encodeObject, isBlank } from './decode.ts';
import { apiVersionOf } from './definition.ts';
import { trackUpdate } from './managedFields.ts';
import { serverSideApply } from './patch/apply.ts';
import { jsonPatch, mergePatch } from './patch/merge.ts';
import { strategicMerge } from './patch/strategic.ts';
import { metadataCauses } from './resources/names.ts';
import { badRequest, conflict, invalid, invalidValue, MODIFIED, notFound, required } from './status.ts';
import { findObject } from './store.ts';
import { erase, live, requestName, type Transaction, write, writerOf } from './transaction.ts';
import type { KubeObject, ManagedFieldsEntry } from './types.ts';

/** 409 unless the draft was made from this very object, as far as it says. @internal */
export function checkVersion(tx: Transaction, previous: KubeObject, draft: KubeObject): void {
  const { uid, resourceVersion } = draft.metadata;
  const { name } = previous.metadata;
  if (uid !== undefined && uid !== '' && uid !== previous.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${previous.metadata.uid}`;
    throw conflict(tx.definition, name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== '') {
    if (resourceVersion !== previous.metadata.resourceVersion) throw conflict(tx.definition, name, MODIFIED);
  } else if (tx.definition.updateNeedsVersion === true && tx.request.verb === 'update') {
    // Seen on 1.36.3: here the kind is named by its plural.
    throw invalid({ ...tx.definition, kind: tx.definition.plural }, name, [
      invalidValue('metadata.resourceVersion', 0, 'must be specified for an update'),
    ]);
  }
}

/** What no client writes is put back. */
function restoreMetadata(draft: KubeObject, previous: KubeObject): void {
  const was = previous.metadata;
  const { labels, annotations, ownerReferences, finalizers, managedFields } = draft.metadata;
  draft.metadata = {
    name: was.name,
    ...(was.generateName === undefined ? {} : { generateName: was.generateName }),
    ...(was.namespace === undefined ? {} : { namespace: was.namespace }),
    uid: was.uid,
    resourceVersion: was.resourceVersion,
    ...(was.generation === undefined ? {} : { generation: was.generation }),
    creationTimestamp: was.creationTimestamp,
    ...(was.deletionTimestamp === undefined ? {} : { deletionTimestamp: was.deletionTimestamp }),
    ...(was.deletionGracePeriodSeconds === undefined
      ? {}
      : { deletionGracePeriodSeconds: was.deletionGracePeriodSeconds }),
    ...(isBlank(labels) ? {} : { labels }),
    ...(isBlank(annotations) ? {} : { annotations }),
    ...(isBlank(ownerReferences) ? {} : { ownerReferences }),
    ...(isBlank(finalizers) ? {} : { finalizers }),
    ...(managedFields === undefined ? {} : { managedFields }),
  };
}

/** The strategy's part: what this path of the object may change. */
function prepare(tx: Transaction, draft: KubeObject, previous: KubeObject): KubeObject {
  const { definition } = tx;
  restoreMetadata(draft, previous);
  if (tx.request.subresource === 'status') {
    const next = { ...copy(previous), metadata: draft.metadata, status: draft.status ?? {} };
    definition.prepareStatus?.(next, previous);
    return next;
  }
  if (definition.initialStatus !== undefined || definition.subresources?.includes('status')) {
    if (previous.status === undefined) delete draft.status;
    else draft.status = previous.status;
  }
  definition.applyDefaults?.(draft);
  definition.prepareUpdate?.(draft, previous);
  if (definition.generation === true) {
    const changes = definition.changesGeneration?.(draft, previous) ?? !equal(draft.spec, previous.spec);
    if (changes) draft.metadata.generation = (previous.metadata.generation ?? 0) + 1;
  }
  return draft;
}

/** `ShouldDeleteDuringUpdate`: the last finalizer of an object that is going has gone. */
function goesNow(next: KubeObject, previous: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds: grace, finalizers } = next.metadata;
  const had = previous.metadata.finalizers?.length ?? 0;
  return deletionTimestamp !== undefined && had > 0 && (finalizers?.length ?? 0) === 0 && (grace ?? 0) === 0;
}

/**
 * Brings the stored object to the draft.
 * @param draft - stored form; its metadata's resourceVersion and uid are preconditions
 * @param tracked - the managedFields, where the caller knows them (server-side apply, scale)
 */
export function updateDraft(
  tx: Transaction,
  previous: KubeObject,
  draft: KubeObject,
  tracked?: ManagedFieldsEntry[],
): KubeObject {
  const { definition } = tx;
  checkVersion(tx, previous, draft);
  const next = prepare(tx, draft, previous);
  const wanted = tracked ?? trackUpdate(previous, next, writerOf(tx));
  if (wanted.length === 0) delete next.metadata.managedFields;
  else next.metadata.managedFields = wanted;
  if (equal(next, previous)) {
    admitByPolicies(tx, 'UPDATE', next, previous);
    return previous;
  }
  const causes = [
    ...metadataCauses(next, definition.group === 'rbac.authorization.k8s.io'),
    ...(definition.validate?.(next, previous) ?? []),
  ];
  if (causes.length > 0) throw invalid(definition, next.metadata.name, causes);
  admitByPolicies(tx, 'UPDATE', next, previous);
  return goesNow(next, previous) ? erase(tx, next) : write(tx, next);
}

/** PUT. */
export function updateObject(tx: Transaction): { object: KubeObject; created: boolean } {
  const name = requestName(tx);
  const draft = decodeObject(tx, tx.request.body);
  draft.metadata.name ??= name;
  if (draft.metadata.name !== name) {
    throw badRequest(
      `the name of the object (${draft.metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  const previous = findObject(tx.state, tx.definition, tx.request.namespace, name);
  if (previous === undefined) {
    if (tx.definition.createOnUpdate !== true || tx.request.subresource !== undefined)
      throw notFound(tx.definition, name);
    return { object: createDraft(tx, draft), created: true };
  }
  return { object: updateDraft(tx, previous, draft), created: false };
}

/** A patch of a JSON document, by its type; server-side apply is not one of these. @internal */
export function patched(tx: Transaction, document: unknown): unknown {
  const { patchType, body } = tx.request;
  if (patchType === 'json') return jsonPatch(document, body);
  if (!isObject(body)) throw badRequest(`a patch is an object, got ${JSON.stringify(body)?.slice(0, 80)}`);
  return patchType === 'strategic' ? strategicMerge(document, body) : mergePatch(document, body);
}

function applyObject(tx: Transaction): { object: KubeObject; created: boolean } {
  const { definition, options, request } = tx;
  if (options.fieldManager === undefined || options.fieldManager === '') {
    const options = { ...definition, group: 'meta.k8s.io', kind: 'PatchOptions' };
    throw invalid(options, '', [required('fieldManager', 'is required for apply patch')]);
  }
  const name = requestName(tx);
  const config = decodeObject(tx, request.body);
  if (config.metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  config.metadata.name ??= name;
  if (config.metadata.name !== name)
    throw badRequest('the name of the object does not match the name on the URL');
  const previous = findObject(tx.state, definition, request.namespace, name);
  if (previous === undefined && request.subresource !== undefined) throw notFound(definition, name);
  const base = previous === undefined ? undefined : copy(previous);
  if (base !== undefined) base.metadata.resourceVersion = '';
  const merged = serverSideApply(base, config as unknown as JsonObject, writerOf(tx), options.force === true);
  if (previous === undefined) return { object: createDraft(tx, merged), created: true };
  return { object: updateDraft(tx, previous, merged, merged.metadata.managedFields ?? []), created: false };
}

/** PATCH. */
export function patchObject(tx: Transaction): { object: KubeObject; created: boolean } {
  if (tx.request.patchType === 'apply') return applyObject(tx);
  const previous = live(tx);
  const apiVersion = apiVersionOf(tx.definition, tx.request.version);
  const document = encodeObject(tx.definition, apiVersion, previous);
  const draft = decodeObject(tx, patched(tx, document));
  if (draft.metadata.name !== previous.metadata.name) {
    throw badRequest(
      `the name of the object (${draft.metadata.name}) does not match the name on the URL (${previous.metadata.name})`,
    );
  }
  // Unless the patch itself names one, it applies to whatever is there.
  return { object: updateDraft(tx, previous, draft), created: false };
}
