/** Scale, binding, eviction, finalize. (Status is an update of the object: `update.ts`; a token needs a key: the host.) */
import { isObject, type JsonObject } from '../json.ts';
import { admitByPolicies } from './admission.ts';
import { decodeObject, draftOf } from './decode.ts';
import { type Deployment, isPodFinished, type Namespace, type Pod, type ReplicaSet } from './kube.ts';
import { trackScale } from './managedFields.ts';
import { removeObject } from './remove.ts';
import { selectorText } from './selectors.ts';
import { ApiFailure, badRequest, conflict, failureStatus, methodNotAllowed, notFound } from './status.ts';
import { erase, live, requestName, type Transaction, timeOf, write, writerOf } from './transaction.ts';
import type { ApiResponse, KubeObject } from './types.ts';
import { patched, updateDraft } from './update.ts';

type Scalable = Deployment | ReplicaSet;

/** `autoscaling/v1.Scale` of a Deployment or ReplicaSet. */
function scaleOf(object: Scalable): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    // `omitempty`: a Scale of 0 says nothing.
    spec: object.spec.replicas === 0 ? {} : { replicas: object.spec.replicas },
    status: { replicas: object.status?.replicas ?? 0, selector: selectorText(object.spec.selector) },
  };
}

function writeScale(tx: Transaction, object: Scalable, scale: unknown): Scalable {
  if (!isObject(scale) || !isObject(scale.metadata))
    throw badRequest('a Scale is expected, with metadata and spec');
  if (scale.kind !== undefined && scale.kind !== 'Scale')
    throw badRequest(`a Scale is expected, got ${String(scale.kind)}`);
  const name = requestName(tx);
  if (scale.metadata.name !== undefined && scale.metadata.name !== name) {
    throw badRequest(`name in URL does not match name in Scale object: ${name}`);
  }
  const replicas = isObject(scale.spec) ? (scale.spec.replicas ?? 0) : 0;
  const draft = draftOf(object) as Scalable;
  draft.spec.replicas = replicas as number;
  draft.metadata.resourceVersion = String(scale.metadata.resourceVersion ?? '');
  draft.metadata.uid = String(scale.metadata.uid ?? '');
  const tracked = trackScale(object, writerOf(tx), {
    isChanged: replicas !== object.spec.replicas,
    toZero: replicas === 0,
  });
  return updateDraft(tx, object, draft, tracked) as Scalable;
}

function scale(tx: Transaction): ApiResponse {
  const object = live(tx) as Scalable;
  switch (tx.request.verb) {
    case 'get':
      return { code: 200, body: scaleOf(object) };
    case 'update':
      return { code: 200, body: scaleOf(writeScale(tx, object, tx.request.body)) };
    case 'patch': {
      // Applied configurations of a Scale own the one field that there is: a merge does the same.
      return { code: 200, body: scaleOf(writeScale(tx, object, patched(tx, scaleOf(object)))) };
    }
    default:
      throw methodNotAllowed(tx.definition);
  }
}

/** `Binding`: gives an unbound Pod its node. */
function bind(tx: Transaction): ApiResponse {
  if (tx.request.verb !== 'create') throw methodNotAllowed(tx.definition);
  const pod = live(tx) as Pod;
  const body = tx.request.body;
  const target = isObject(body) && isObject(body.target) ? body.target.name : undefined;
  if (typeof target !== 'string' || target === '')
    throw badRequest('Binding "" is invalid: target.name: Required value');
  const { name } = pod.metadata;
  const binding = { ...tx.definition, plural: 'pods/binding' };
  if (
    isObject(body) &&
    isObject(body.metadata) &&
    body.metadata.uid !== undefined &&
    body.metadata.uid !== pod.metadata.uid
  ) {
    const why = `Precondition failed: UID in precondition: ${String(body.metadata.uid)}, UID in object meta: ${pod.metadata.uid}`;
    throw conflict(binding, name, why);
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw conflict(binding, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  }
  if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== '') {
    throw conflict(binding, name, `pod ${name} is already assigned to node "${pod.spec.nodeName}"`);
  }
  const draft = draftOf(pod) as Pod;
  draft.spec.nodeName = target;
  const others = (draft.status?.conditions ?? []).filter((one) => one.type !== 'PodScheduled');
  const bound = {
    type: 'PodScheduled',
    status: 'True' as const,
    lastProbeTime: null,
    lastTransitionTime: timeOf(tx),
  };
  draft.status = { ...draft.status, conditions: [...others, bound] };
  write(tx, draft);
  return {
    code: 201,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
  };
}

/** `Eviction`: a delete by another name. Disruption budgets are not evaluated here. */
function evict(tx: Transaction): ApiResponse {
  if (tx.request.verb !== 'create') throw methodNotAllowed(tx.definition);
  const pod = live(tx) as Pod;
  // The condition says why, before the Pod goes. A Pod that has ended, or goes already, is just deleted.
  if (!isPodFinished(pod) && pod.metadata.deletionTimestamp === undefined) {
    const draft = draftOf(pod) as Pod;
    const others = (draft.status?.conditions ?? []).filter((one) => one.type !== 'DisruptionTarget');
    const why = { reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' };
    const condition = {
      type: 'DisruptionTarget',
      status: 'True' as const,
      ...why,
      lastTransitionTime: timeOf(tx),
    };
    draft.status = { ...draft.status, conditions: [...others, { ...condition, lastProbeTime: null }] };
    write(tx, draft);
  }
  removeObject(tx, live(tx));
  return {
    code: 201,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
  };
}

/** A Namespace goes when its last spec.finalizer has gone. */
function finalize(tx: Transaction): ApiResponse {
  if (tx.request.verb !== 'update') throw methodNotAllowed(tx.definition);
  const previous = live(tx) as Namespace;
  const draft = decodeObject(tx, tx.request.body) as Namespace;
  const next = draftOf(previous) as Namespace;
  next.spec = draft.spec ?? {};
  admitByPolicies(tx, 'UPDATE', next, previous);
  const last = (next.spec.finalizers?.length ?? 0) === 0 && next.metadata.deletionTimestamp !== undefined;
  const object: KubeObject = last ? erase(tx, next) : write(tx, next);
  return { code: 200, object };
}

/** A request for a subresource other than status. */
export function subresource(tx: Transaction): ApiResponse {
  const { subresource: name = '' } = tx.request;
  if (tx.definition.subresources?.includes(name) !== true) {
    throw new ApiFailure(failureStatus(404, 'NotFound', 'the server could not find the requested resource'));
  }
  switch (name) {
    case 'scale':
      return scale(tx);
    case 'binding':
      return bind(tx);
    case 'eviction':
      return evict(tx);
    case 'finalize':
      return finalize(tx);
    default:
      throw notFound(tx.definition, `${tx.request.name ?? ''}/${name}`);
  }
}
