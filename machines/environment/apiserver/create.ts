/** Creation: `rest.BeforeCreate` and what admission adds. */
import { mintSuffix, mintUid } from '../mint.ts';
import { admitByPolicies } from './admission.ts';
import { decodeObject, isBlank } from './decode.ts';
import type { Namespace, Pod } from './kube.ts';
import { trackUpdate } from './managedFields.ts';
import { namespaces, pods, serviceAccounts } from './registry.ts';
import { metadataCauses } from './resources/names.ts';
import { priorityClassMissing } from './resources/pods.ts';
import {
  ApiFailure,
  alreadyExists,
  badRequest,
  failureStatus,
  forbidden,
  invalid,
  notFound,
} from './status.ts';
import { findObject, objectAt } from './store.ts';
import { keyIn, mintNumber, type Transaction, timeOf, viewIn, write, writerOf } from './transaction.ts';
import type { KubeObject } from './types.ts';

const GENERATED_MAX = 58;

/** `NamespaceLifecycle`: nothing is created in a namespace that is not there or is going. */
function checkNamespace(tx: Transaction, draft: KubeObject): void {
  const namespace = draft.metadata.namespace;
  if (!tx.definition.namespaced) return;
  if (namespace === undefined || namespace === '')
    throw badRequest('an empty namespace may not be set during creation');
  const found = findObject(tx.state, namespaces, undefined, namespace) as Namespace | undefined;
  if (found === undefined) throw notFound(namespaces, namespace);
  if (found.metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  throw forbidden(tx.definition, draft.metadata.name, why, [cause]);
}

function giveName(tx: Transaction, draft: KubeObject): void {
  const { name, generateName } = draft.metadata;
  if ((name !== undefined && name !== '') || generateName === undefined || generateName === '') return;
  const base = generateName.slice(0, GENERATED_MAX);
  do {
    draft.metadata.name = `${base}${mintSuffix(tx.state.seed, mintNumber(tx))}`;
  } while (objectAt(tx.state, keyIn(tx, draft)) !== undefined);
}

function giveMetadata(tx: Transaction, draft: KubeObject): void {
  const given = draft.metadata;
  if (given.resourceVersion !== undefined && given.resourceVersion !== '') {
    throw new ApiFailure(
      failureStatus(500, 'InternalError', 'resourceVersion should not be set on objects to be created'),
    );
  }
  giveName(tx, draft);
  const { name, generateName, namespace, labels, annotations, ownerReferences, finalizers } = draft.metadata;
  draft.metadata = {
    name,
    ...(generateName === undefined ? {} : { generateName }),
    ...(namespace === undefined ? {} : { namespace }),
    uid: mintUid(tx.state.seed, mintNumber(tx)),
    resourceVersion: '',
    ...(tx.definition.generation === true ? { generation: 1 } : {}),
    creationTimestamp: timeOf(tx),
    ...(isBlank(labels) ? {} : { labels }),
    ...(isBlank(annotations) ? {} : { annotations }),
    ...(isBlank(ownerReferences) ? {} : { ownerReferences }),
    ...(isBlank(finalizers) ? {} : { finalizers }),
    ...(given.managedFields === undefined ? {} : { managedFields: given.managedFields }),
  };
}

/** Admission that looks things up: a Pod's service account and priority class exist. */
function checkReferences(tx: Transaction, draft: KubeObject): void {
  if (tx.definition !== pods) return;
  const pod = draft as Pod;
  const account = pod.spec.serviceAccountName ?? 'default';
  if (findObject(tx.state, serviceAccounts, pod.metadata.namespace, account) === undefined) {
    const where = `${pod.metadata.namespace}/${account}`;
    const why = `error looking up service account ${where}: serviceaccount "${account}" not found`;
    throw forbidden(pods, pod.metadata.name, why);
  }
  if (priorityClassMissing(pod, viewIn(tx))) {
    throw forbidden(
      pods,
      pod.metadata.name,
      `no PriorityClass with name ${pod.spec.priorityClassName} was found`,
    );
  }
}

/** Creates what a draft says. The managedFields are taken over if the draft brings some (server-side apply). */
export function createDraft(tx: Transaction, draft: KubeObject): KubeObject {
  const { definition } = tx;
  checkNamespace(tx, draft);
  giveMetadata(tx, draft);
  const named = metadataCauses(draft, definition.group === 'rbac.authorization.k8s.io');
  if (named.length > 0) throw invalid(definition, draft.metadata.name ?? '', named);
  definition.applyDefaults?.(draft);
  // Admission reads the spec: what has none is caught by validation first.
  const early = draft.spec === undefined ? (definition.validate?.(draft, undefined) ?? []) : [];
  if (early.length > 0) throw invalid(definition, draft.metadata.name, early);
  definition.admit?.(draft, viewIn(tx));
  if (definition.initialStatus !== undefined) draft.status = definition.initialStatus(draft);
  draft.metadata.managedFields ??= trackUpdate(undefined, withoutStatus(tx, draft), writerOf(tx));
  const causes = definition.validate?.(draft, undefined) ?? [];
  if (causes.length > 0) throw invalid(definition, draft.metadata.name, causes);
  checkReferences(tx, draft);
  admitByPolicies(tx, 'CREATE', draft, undefined);
  const there = objectAt(tx.state, keyIn(tx, draft));
  if (there !== undefined)
    throw alreadyExists(definition, draft.metadata.name, there.metadata.deletionTimestamp !== undefined);
  return write(tx, draft);
}

/** A creator owns what it sent, not the status that the server gave. */
function withoutStatus(tx: Transaction, draft: KubeObject): KubeObject {
  if (tx.definition.initialStatus === undefined) return draft;
  const { status: _, ...rest } = draft;
  return rest as KubeObject;
}

/** POST. */
export function createObject(tx: Transaction): KubeObject {
  return createDraft(tx, decodeObject(tx, tx.request.body));
}
