/**
 * One list-watch for each collection that stages of this process hear of, shared by all of them.
 *
 * A stage that starts (again) is told what there is, then `synced`, then what changes.
 */
import type { KubernetesClient } from '../kubernetes/client.ts';
import { type ListWatch, startListWatch } from '../kubernetes/listwatch.ts';
import type { KubernetesObject } from '../kubernetes/types.ts';
import { errorFields } from './errorFields.ts';

/** Who hears of a collection. @public */
export interface Subscriber<T extends KubernetesObject> {
  observed(object: T): void;
  vanished(object: T): void;
  synced(): void;
}

interface Feed {
  readonly watch: ListWatch<KubernetesObject>;
  readonly objects: Map<string, KubernetesObject>;
  readonly subscribers: Set<Subscriber<KubernetesObject>>;
  synced: boolean;
}

const keyOf = ({ metadata }: KubernetesObject) => `${metadata.namespace ?? ''}/${metadata.name}`;

/** The shared list-watches of a process. @public */
export class WatchHub {
  readonly #client: KubernetesClient;
  readonly #log: (text: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly #feeds = new Map<string, Feed>();

  constructor(
    client: KubernetesClient,
    log: (text: string, fields: Readonly<Record<string, unknown>>) => void,
  ) {
    this.#client = client;
    this.#log = log;
  }

  /** The one namespace whose Deployments are managed; undefined: all. */
  get scope(): string | undefined {
    return this.#client.scope;
  }

  /**
   * Hears of a collection until the returned function is called.
   *
   * @param project - what is kept of an object, the same for all who hear of this collection
   */
  subscribe<T extends KubernetesObject>(
    path: string,
    query: Readonly<Record<string, string>>,
    subscriber: Subscriber<T>,
    project?: (object: KubernetesObject) => T,
  ): () => void {
    const feed = this.#feed(path, query, project);
    const anyone = subscriber as unknown as Subscriber<KubernetesObject>;
    for (const object of feed.objects.values()) anyone.observed(object);
    if (feed.synced) anyone.synced();
    feed.subscribers.add(anyone);
    return () => feed.subscribers.delete(anyone);
  }

  /** An object that is watched, by its uid; looks at them all. */
  find<T extends KubernetesObject>(path: string, uid: string): T | undefined {
    for (const [key, { objects }] of this.#feeds) {
      if (!key.startsWith(`${path}?`)) continue;
      for (const object of objects.values()) if (object.metadata.uid === uid) return object as T;
    }
    return undefined;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#feeds.values()].map(({ watch }) => watch.stop()));
  }

  #feed(
    path: string,
    query: Readonly<Record<string, string>>,
    project: ((object: KubernetesObject) => KubernetesObject) | undefined,
  ): Feed {
    const key = `${path}?${new URLSearchParams(query)}`;
    const known = this.#feeds.get(key);
    if (known !== undefined) return known;
    const objects = new Map<string, KubernetesObject>();
    const subscribers = new Set<Subscriber<KubernetesObject>>();
    const feed = { objects, subscribers, synced: false } as unknown as Feed;
    const watch = startListWatch<KubernetesObject>({
      client: this.#client,
      path,
      query,
      ...(project !== undefined && { project }),
      handle: (event) => {
        if (event.type === 'synced') {
          feed.synced = true;
          for (const each of subscribers) each.synced();
          return;
        }
        if (event.type === 'deleted') objects.delete(keyOf(event.object));
        else objects.set(keyOf(event.object), event.object);
        for (const each of subscribers) {
          if (event.type === 'deleted') each.vanished(event.object);
          else each.observed(event.object);
        }
      },
      onRetry: (error, waitMs) => this.#log('watch interrupted', { path, waitMs, ...errorFields(error) }),
    });
    Object.assign(feed, { watch });
    this.#feeds.set(key, feed);
    return feed;
  }
}
