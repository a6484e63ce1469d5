/**
 * A subscription to a collection: list in pages, then watch with bookmarks, for ever.
 *
 * - Events come in order, one at a time. A handler that throws or rejects is given the same event again, after a growing wait: no
 *   event is lost, and none overtakes another.
 * - A broken watch goes on from the last version seen; 410 Gone, in an answer or in the stream, leads to a new list, whose difference
 *   to what was told is told, deletions included.
 * - 429 and `Retry-After` are obeyed; all other failures back off exponentially with jitter, for as long as it takes.
 * - `staleSince` says since when the view may lag: the watch is down, or events wait for their handler.
 *
 * The view is a cache. What must be true now is read with `client.get` or `client.list`.
 *
 * @example
 * const watch = startListWatch<Pod>({ client, path: '/api/v1/pods', handle: (event) => … });
 * await watch.synced;
 */
import { Backoff, pause } from './backoff.ts';
import type { KubernetesClient } from './client.ts';
import { KubernetesError, type KubernetesStatus } from './errors.ts';
import { type ListWatchEvent, Store } from './store.ts';
import type { KubernetesObject, WatchEvent } from './types.ts';

export type { ListWatchEvent } from './store.ts';

/** What to subscribe to, and how. @public */
export interface ListWatchOptions<T extends KubernetesObject> {
  readonly client: KubernetesClient;
  /** Path of the collection. */
  readonly path: string;
  /** `labelSelector`, `fieldSelector`. */
  readonly query?: Readonly<Record<string, string>>;
  readonly handle: (event: ListWatchEvent<T>) => void | Promise<void>;
  /** Applied to each object before it is kept and told; to drop what is not needed. Must keep `metadata`. */
  readonly project?: (object: T) => T;
  /** Each failure (list, watch or handler), with the wait before the next attempt in ms; for logs. */
  readonly onRetry?: (error: unknown, waitMs: number) => void;
  /** First and longest wait; default 100 ms and 10 s. */
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number };
  /** A watch silent for so long is taken for dead, ms. Default 150,000 (bookmarks come about each minute). */
  readonly idleTimeoutMs?: number;
}

/** A running subscription. @public */
export interface ListWatch<T extends KubernetesObject> {
  /** Resolves when the handler has taken the first whole list. Never rejects. */
  readonly synced: Promise<void>;
  /** What the handler was told, or is about to be, by `namespace/name` (by `name` where there is no namespace). */
  readonly objects: ReadonlyMap<string, T>;
  /** The last version seen, by an event, a bookmark or a list; empty before the first list. */
  readonly resourceVersion: string;
  /** Unix ms since when the view may lag; undefined while the watch is open and all events are handled. */
  readonly staleSince: number | undefined;
  /** Lists made so far. */
  readonly lists: number;
  stop(): Promise<void>;
}

const GONE = 410;

class Subscription<T extends KubernetesObject> implements ListWatch<T> {
  readonly synced: Promise<void>;
  readonly #options: ListWatchOptions<T>;
  readonly #store = new Store<T>();
  readonly #stopping = new AbortController();
  readonly #backoff: Backoff;
  readonly #queue: ListWatchEvent<T>[] = [];
  #head = 0;
  #wake: () => void = () => undefined;
  #resolveSynced: () => void = () => undefined;
  #done: Promise<unknown> = Promise.resolve();
  #kind = { apiVersion: '', kind: '' };
  #staleSince: number | undefined = Date.now();
  #open = false;
  resourceVersion = '';
  lists = 0;

  constructor(options: ListWatchOptions<T>) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff ?? { baseMs: 100, maxMs: 10_000 });
    this.synced = new Promise((resolve) => {
      this.#resolveSynced = resolve;
    });
  }

  get objects(): ReadonlyMap<string, T> {
    return this.#store.objects;
  }

  get staleSince(): number | undefined {
    return this.#staleSince;
  }

  start(): this {
    this.#done = Promise.all([this.#follow(), this.#deliver()]);
    return this;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    await this.#done;
  }

  /** List and watch until stopped. */
  async #follow(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        if (this.resourceVersion === '') await this.#list();
        await this.#watch();
      } catch (error) {
        if (signal.aborted) return;
        this.#setOpen(false);
        if (error instanceof KubernetesError && error.status === GONE) this.resourceVersion = '';
        const waitMs = this.#backoff.next(error);
        this.#options.onRetry?.(error, waitMs);
        await pause(waitMs, signal);
      }
    }
  }

  async #list(): Promise<void> {
    const { client, path, query, project } = this.#options;
    const list = await client.list<T>(path, query, this.#stopping.signal);
    if (this.#stopping.signal.aborted) return;
    this.#kind = { apiVersion: list.apiVersion, kind: list.kind.replace(/List$/, '') };
    const items = project === undefined ? list.items : list.items.map(project);
    const { resourceVersion } = list.metadata;
    this.#push(this.#store.replace(items, resourceVersion));
    this.#push([{ type: 'synced', resourceVersion, again: this.lists > 0 }]);
    this.resourceVersion = resourceVersion;
    this.lists += 1;
  }

  async #watch(): Promise<void> {
    const { client, path, query, idleTimeoutMs = 150_000 } = this.#options;
    const opened = Date.now();
    // Every five to ten minutes a new connection, so that load spreads over the API servers.
    const timeoutSeconds = String(300 + Math.floor(Math.random() * 300));
    await client.watch<T>(
      {
        path,
        query: {
          ...query,
          resourceVersion: this.resourceVersion,
          allowWatchBookmarks: 'true',
          timeoutSeconds,
        },
        idleTimeoutMs,
        signal: this.#stopping.signal,
        onOpen: () => this.#setOpen(true),
      },
      (events) => {
        for (const event of events) this.#take(event);
        this.#backoff.reset();
      },
    );
    this.#setOpen(false);
    // A server that ends each watch at once must not be asked in a tight loop.
    if (Date.now() - opened < 1000) await pause(this.#backoff.next(), this.#stopping.signal);
  }

  #take(event: WatchEvent<T>): void {
    if (event.type === 'ERROR')
      throw errorOfStatus(event.object as unknown as KubernetesStatus, this.#options.path);
    if (event.type !== 'BOOKMARK') {
      const whole = { ...event.object, ...(event.object.kind === undefined && this.#kind) };
      const object = this.#options.project === undefined ? whole : this.#options.project(whole);
      this.#push(event.type === 'DELETED' ? this.#store.remove(object) : this.#store.put(object));
    }
    this.resourceVersion = event.object.metadata.resourceVersion;
  }

  #push(events: readonly ListWatchEvent<T>[]): void {
    if (events.length === 0) return;
    for (const event of events) this.#queue.push(event);
    this.#note();
    this.#wake();
  }

  /** Hand the events over, one by one, each until it was taken. */
  async #deliver(): Promise<void> {
    const { signal } = this.#stopping;
    const backoff = new Backoff(this.#options.backoff ?? { baseMs: 100, maxMs: 10_000 });
    while (!signal.aborted) {
      const event = this.#queue[this.#head];
      if (event === undefined) {
        this.#queue.length = 0;
        this.#head = 0;
        this.#note();
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      try {
        const taken = this.#options.handle(event);
        if (taken !== undefined) await taken;
        this.#head += 1;
        backoff.reset();
        if (event.type === 'synced') this.#resolveSynced();
      } catch (error) {
        const waitMs = backoff.next(error);
        this.#options.onRetry?.(error, waitMs);
        await pause(waitMs, signal);
      }
    }
  }

  #setOpen(open: boolean): void {
    this.#open = open;
    this.#note();
  }

  #note(): void {
    const current = this.#open && this.#head >= this.#queue.length;
    if (current) this.#staleSince = undefined;
    else this.#staleSince ??= Date.now();
  }
}

function errorOfStatus(status: KubernetesStatus, path: string): KubernetesError {
  return new KubernetesError({
    status: status.code ?? 500,
    reason: status.reason ?? 'InternalError',
    message: `watch ${path}: ${status.message ?? 'the stream carried an error without a message'}`,
    ambiguous: false,
    retryAfterSeconds: status.details?.retryAfterSeconds,
    details: status.details,
  });
}

/** Subscribe to a collection. Retries for ever; `stop` ends it. @public */
export function startListWatch<T extends KubernetesObject>(options: ListWatchOptions<T>): ListWatch<T> {
  return new Subscription<T>(options).start();
}
