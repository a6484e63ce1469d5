/**
 * Events, which `kubectl describe` shows: what people should know about an object of theirs. A help, not a record: one that can not be written
 * is logged and forgotten.
 *
 * One at once for each object and reason; those that follow within a minute are counted, and the newest of them is told with their number
 * when it is over. So a quota that refuses 500 Pods is one Event, then one a minute.
 */
import { randomBytes } from 'node:crypto';
import type { KubernetesClient } from './client.ts';
import { pathOf } from './paths.ts';
import type { KubernetesObject } from './types.ts';

/** The object that an Event is about. @public */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Absent for a Node. */
  readonly namespace?: string;
  readonly uid: string;
}

/** What is said. @public */
export interface Told {
  /** One word, for machines: `FailedScheduling`. */
  readonly reason: string;
  readonly text: string;
  /** Who says it: `kubedirect-scheduler`. */
  readonly by: string;
}

/** Told that something is so; all others are warnings. */
const NORMAL: ReadonlySet<string> = new Set(['HandedOver', 'Preempted', 'Released', 'TakenBack']);
const MOST_TEXT = 1_024;

/** A Node, as `kubectl describe node` looks for its Events: by its name. @public */
export function nodeReference(name: string): ObjectReference {
  return { apiVersion: 'v1', kind: 'Node', name, uid: name };
}

/** A Deployment. @public */
export function deploymentReference({ metadata }: KubernetesObject): ObjectReference {
  const { name, namespace = 'default', uid } = metadata;
  return { apiVersion: 'apps/v1', kind: 'Deployment', name, namespace, uid };
}

/** The Deployment of a ReplicaSet, which is what people look at; the ReplicaSet itself if it has none. @public */
export function ownerReference({ metadata }: KubernetesObject): ObjectReference {
  const { name, namespace = 'default', uid } = metadata;
  const owner = metadata.ownerReferences?.find(({ kind, controller }) => kind === 'Deployment' && controller);
  if (owner === undefined) return { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, namespace, uid };
  return { apiVersion: 'apps/v1', kind: 'Deployment', name: owner.name, namespace, uid: owner.uid };
}

/** Writes one. @public */
export async function writeEvent(
  client: KubernetesClient,
  regarding: ObjectReference,
  { reason, text, by }: Told,
  count = 1,
): Promise<void> {
  const { name, namespace = 'default' } = regarding;
  const now = new Date().toISOString().replace('Z', '000Z');
  await client.request({
    method: 'POST',
    path: pathOf({ resource: 'events', namespace }),
    answer: 'metadata',
    body: {
      ...{ apiVersion: 'events.k8s.io/v1', kind: 'Event', regarding, reason, action: 'Tell' },
      metadata: { name: `${name.slice(0, 230)}.${randomBytes(8).toString('hex')}`, namespace },
      note: text.slice(0, MOST_TEXT),
      type: NORMAL.has(reason) ? 'Normal' : 'Warning',
      ...{ eventTime: now, reportingController: by, reportingInstance: by },
      ...(count > 1 && { series: { count, lastObservedTime: now } }),
    },
  });
}

interface Entry {
  count: number;
  told: Told;
  readonly timer: NodeJS.Timeout;
}

/** How long what repeats itself is gathered, ms; and of how many things at once, the rest is not told. */
const AGAIN_MS = 60_000;
const MOST_ENTRIES = 1_000;

/** Tells, and gathers. @public */
export class EventRecorder {
  readonly #write: (about: ObjectReference, told: Told, count: number) => Promise<void>;
  readonly #failed: (error: unknown) => void;
  readonly #againMs: number;
  readonly #entries = new Map<string, Entry>();

  constructor(
    write: (about: ObjectReference, told: Told, count: number) => Promise<void>,
    failed: (error: unknown) => void,
    againMs = AGAIN_MS,
  ) {
    this.#write = write;
    this.#failed = failed;
    this.#againMs = againMs;
  }

  /** Now, or with others like it. */
  tell(about: ObjectReference, told: Told): void {
    const key = `${about.uid} ${told.reason} ${told.by}`;
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      entry.count += 1;
      entry.told = told;
    } else if (this.#entries.size < MOST_ENTRIES) this.#send(key, about, told, 1);
  }

  /** What is being gathered is not told any more. */
  close(): void {
    for (const { timer } of this.#entries.values()) clearTimeout(timer);
    this.#entries.clear();
  }

  #send(key: string, about: ObjectReference, told: Told, count: number): void {
    const timer = setTimeout(() => this.#again(key, about), this.#againMs).unref();
    this.#entries.set(key, { count: 0, told, timer });
    this.#write(about, told, count).catch(this.#failed);
  }

  #again(key: string, about: ObjectReference): void {
    const { count, told } = this.#entries.get(key) as Entry;
    this.#entries.delete(key);
    if (count > 0) this.#send(key, about, told, count);
  }
}
