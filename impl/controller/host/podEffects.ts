/** Effects on Pod objects: publish, delete, read, list, status. */
import type { Effect } from '../../../spec/effects.ts';
import type { Refusal } from '../../../spec/events.ts';
import type { PodName } from '../../../spec/facts.ts';
import { pause } from '../kubernetes/backoff.ts';
import { denyingPolicy, KubernetesError } from '../kubernetes/errors.ts';
import { pathOf } from '../kubernetes/paths.ts';
import type { KubernetesObject } from '../kubernetes/types.ts';
import { MANAGED_LABEL, OWNER_POLICY, POD_UID_ANNOTATION } from '../names.ts';
import { podFact } from './facts.ts';
import { fenced } from './fenced.ts';
import type { PodObject } from './objects.ts';
import { ask, isTransient, persist, tell } from './persist.ts';
import { DEFAULT_GRACE, podNameOf, podObject } from './podObject.ts';
import type { Life } from './runner.ts';

type Of<T extends Effect['type']> = Extract<Effect, { type: T }>;

/** How the API Server refused, in the protocol's terms. */
export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof KubernetesError)) return 'invalid';
  if (error.ambiguous) return 'ambiguous';
  if (denyingPolicy(error) === OWNER_POLICY) return 'switch';
  if (error.status === 403) return /exceeded quota/.test(error.message) ? 'quota' : 'forbidden';
  if (error.status === 404) return 'notFound';
  if (error.status === 409) return error.reason === 'AlreadyExists' ? 'alreadyExists' : 'conflict';
  return 'invalid';
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** A create is sent again only if it was certainly not done: refused for load, or never sent. */
async function createOnce(life: Life, namespace: string, object: object): Promise<KubernetesObject> {
  for (let waitMs = 20; ; waitMs = Math.min(waitMs * 2, 2_000)) {
    try {
      return await life.client.createPod(namespace, object, { answer: 'metadata' });
    } catch (error) {
      if (!isTransient(error) || error.ambiguous || life.signal.aborted) throw error;
      await pause((error.retryAfterSeconds ?? 0) * 1000 + waitMs, life.signal);
      if (life.signal.aborted) throw error;
    }
  }
}

/** Refusals that are admission's: who starts Pods before they are published asks it again. */
const ADMISSION: ReadonlySet<Refusal> = new Set<Refusal>(['switch', 'forbidden', 'quota', 'invalid']);

/** Creates the object of a Pod: at once if its template is known, else when it shows. */
export function publish(life: Life, { record }: Of<'publish'>): void {
  const { uid } = record;
  const failed = (refusal: Refusal, text: string) => {
    if (ADMISSION.has(refusal)) life.runtime?.refused?.(record);
    if (!life.signal.aborted) life.give({ type: 'publishFailed', uid, refusal, text });
  };
  const known = life.templates.peek(record.replicaSet);
  const create = async () => {
    const replicaSet = known ?? (await life.templates.get(record.replicaSet));
    if (replicaSet === null) return failed('notFound', `ReplicaSet ${record.replicaSet} is not there`);
    if (life.signal.aborted) return;
    const object = podObject(record, replicaSet, life.incarnation);
    const createNow = () => createOnce(life, object.metadata.namespace ?? 'default', object);
    const { metadata } = await (record.node === null ? fenced(life, createNow) : createNow());
    const pod = podFact({ ...object, metadata } as unknown as PodObject);
    if (!life.signal.aborted) life.give({ type: 'published', uid, pod });
  };
  create().catch((error: unknown) => failed(refusalOf(error), messageOf(error)));
}

/**
 * A Pod's own grace period, s: from its template, or, where that is not known (any more), from the Pod. To leave it to the API
 * Server would be to delete at once where it is 0.
 */
async function ownGrace(life: Life, name: PodName): Promise<number> {
  const known = life.templates.ofPod(name)?.spec?.template;
  const { spec } =
    known ?? (await life.client.get<PodObject>(pathOf({ resource: 'pods', ...name }))) ?? ({} as PodObject);
  return spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE;
}

/** The grace period of a delete: the Pod's own, but at least `least`; 0 is at once. */
const graceOf = async (life: Life, name: PodName, least: number) =>
  least === 0 ? 0 : Math.max(await ownGrace(life, name), least);

async function deleteGracefully(life: Life, effect: Of<'deletePod'>): Promise<void> {
  const { metadataUid, name, graceSeconds } = effect;
  const gracePeriodSeconds = await graceOf(life, name, graceSeconds);
  if (life.signal.aborted) return;
  await life.client.deletePod(name.namespace, name.name, { uid: metadataUid, gracePeriodSeconds });
}

/** Deletes the object: with the Pod's own grace period, but at least `graceSeconds`; with 0, at once. */
export function deletePod(life: Life, effect: Of<'deletePod'>): void {
  const { uid } = effect;
  deleteGracefully(life, effect)
    .then(() => 'accepted' as const, refusalOf)
    .then((outcome) => life.give({ type: 'deleteAnswered', uid, outcome }));
}

async function findPod(life: Life, { uid, replicaSet, name }: Of<'readPod'>): Promise<PodObject | undefined> {
  const known = life.templates.peek(replicaSet)?.metadata;
  const where: PodName | null =
    name ??
    (known === undefined
      ? null
      : { namespace: known.namespace ?? 'default', name: podNameOf(known.name, uid) });
  if (where !== null) return life.client.get<PodObject>(pathOf({ resource: 'pods', ...where }));
  const { items } = await life.client.list<PodObject>(podsOf(life), onNode(life));
  return items.find(({ metadata }) => metadata.annotations?.[POD_UID_ANNOTATION] === uid);
}

/** Consistent read of the object of a Pod, by its name, or by its stamp if its ReplicaSet is gone. */
export function readPod(life: Life, effect: Of<'readPod'>): void {
  ask(
    life,
    `read of Pod ${effect.uid}`,
    () => findPod(life, effect),
    (pod) => life.give({ type: 'podRead', uid: effect.uid, pod: pod === undefined ? null : podFact(pod) }),
  );
}

const podsOf = ({ client }: Life) => pathOf({ resource: 'pods', namespace: client.scope });

/** The Pods that a stage's lists are about: K's node, or all that are managed. */
export function onNode(life: Life): Readonly<Record<string, string>> {
  return life.node === null
    ? { labelSelector: `${MANAGED_LABEL}=true` }
    : { fieldSelector: `spec.nodeName=${life.node}` };
}

/** Consistent list of the Pods. */
export function listPods(life: Life): void {
  ask(
    life,
    'list of Pods',
    () => life.client.list<PodObject>(podsOf(life), onNode(life)),
    ({ items }) => life.give({ type: 'podsListed', pods: items.map(podFact) }),
  );
}

/** The statuses that a life has yet to write, by `metadata.uid`; the newest, if there is more than one. */
const statuses = new WeakMap<Life, Map<string, object>>();

/** One write of a Pod's status at a time: one that is asked for meanwhile comes after it, and of several only the last. */
function writeStatus(life: Life, name: PodName, metadataUid: string, status: object): void {
  const pending = statuses.get(life) ?? new Map<string, object>();
  statuses.set(life, pending);
  const isUnderWay = pending.has(metadataUid);
  pending.set(metadataUid, status);
  if (!isUnderWay) writeNewest(life, pending, name, metadataUid);
}

function writeNewest(life: Life, pending: Map<string, object>, name: PodName, metadataUid: string): void {
  const what = `status of Pod ${name.namespace}/${name.name}`;
  let sent: object | undefined;
  const goOn = () => {
    if (pending.get(metadataUid) === sent) pending.delete(metadataUid);
    else writeNewest(life, pending, name, metadataUid);
  };
  const write = () => {
    sent = pending.get(metadataUid) as object;
    return life.client.patchPodStatus(name.namespace, name.name, {
      metadata: { uid: metadataUid },
      status: sent,
    });
  };
  persist(life, what, write, goOn, (error) => {
    tell(life, what)(error);
    goOn();
  });
}

/** Sets the Pod Failed, for its ReplicaSet's controller to replace. */
export function failPod(life: Life, { metadataUid, name, reason }: Of<'failPod'>): void {
  writeStatus(life, name, metadataUid, { phase: 'Failed', reason });
}

/** Writes that the Pod runs, and whether it is ready. */
export function writePodStatus(life: Life, { uid, metadataUid, name, ready }: Of<'writePodStatus'>): void {
  const status = ready ? 'True' : 'False';
  const conditions = ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
    type,
    status: type === 'PodScheduled' || type === 'Initialized' ? 'True' : status,
    lastTransitionTime: new Date().toISOString(),
  }));
  const known = life.runtime?.statusOf?.(uid) ?? {};
  const startTime = new Date().toISOString();
  writeStatus(life, name, metadataUid, { phase: 'Running', startTime, conditions, ...known });
}

async function deleteUnanswered(life: Life, effect: Of<'deleteStray'>): Promise<void> {
  const { namespace, name, metadataUid, resourceVersion, graceSeconds } = effect;
  const gracePeriodSeconds = await graceOf(life, { namespace, name }, graceSeconds);
  const only = { uid: metadataUid, gracePeriodSeconds, ...(resourceVersion !== null && { resourceVersion }) };
  if (life.signal.aborted) return;
  await fenced(life, () => life.client.deletePod(namespace, name, only));
}

/** R, or S, deletes a managed Pod that no K answers for. */
export function deleteStray(life: Life, effect: Of<'deleteStray'>): void {
  const { metadataUid } = effect;
  deleteUnanswered(life, effect)
    .then(() => 'accepted' as const, refusalOf)
    .then((outcome) => life.give({ type: 'deleteAnswered', uid: `a-${metadataUid}`, outcome }));
}
