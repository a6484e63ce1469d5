/** Every Pod with a label that was ever at the API Server, by a watch: who it was, when it was Ready, when it went. */
import { podFact } from '../../../impl/controller/host/facts.ts';
import type { PodObject } from '../../../impl/controller/host/objects.ts';
import type { KubernetesClient } from '../../../impl/controller/kubernetes/client.ts';
import { startListWatch } from '../../../impl/controller/kubernetes/listwatch.ts';
import { pathOf } from '../../../impl/controller/kubernetes/paths.ts';

/** One Pod, as last seen. */
export interface SeenPod {
  readonly metadataUid: string;
  readonly name: string;
  /** Our uid; null if it is not stamped. */
  readonly stamp: string | null;
  readonly node: string | null;
  readonly phase: string;
  readonly reason: string | null;
  readonly ready: boolean;
  readonly deleting: boolean;
  readonly gone: boolean;
  /** `restartCount` of all its containers together. */
  readonly restarts: number;
}

type WithStatus = PodObject & {
  readonly status?: {
    readonly reason?: string;
    readonly containerStatuses?: readonly { readonly restartCount?: number }[];
  };
};

const seen = (object: PodObject, gone: boolean): SeenPod => {
  const { metadataUid, name, uid, node, phase, ready, deleting } = podFact(object);
  const { status } = object as WithStatus;
  const restarts = (status?.containerStatuses ?? []).reduce(
    (sum, { restartCount }) => sum + (restartCount ?? 0),
    0,
  );
  return {
    ...{ metadataUid, name, stamp: uid, node, phase, deleting, gone, restarts },
    ready: ready && !deleting && !gone && phase === 'Running',
    reason: status?.reason ?? null,
  };
};

/** A history that goes on until it is stopped. */
export class PodHistory {
  readonly #watch: ReturnType<typeof startListWatch<PodObject>>;
  readonly #pods = new Map<string, SeenPod>();
  readonly #waiting = new Set<() => void>();
  #ready = 0;
  #lowest = 0;

  constructor(client: KubernetesClient, namespace: string, labelSelector: string) {
    this.#watch = startListWatch<PodObject>({
      client,
      path: pathOf({ resource: 'pods', namespace }),
      query: { labelSelector },
      handle: (event) => {
        if (event.type === 'synced') return;
        this.#take(seen(event.object, event.type === 'deleted'));
      },
    });
  }

  #take(pod: SeenPod): void {
    const before = this.#pods.get(pod.metadataUid);
    this.#pods.set(pod.metadataUid, pod);
    this.#ready += Number(pod.ready) - Number(before?.ready ?? false);
    this.#lowest = Math.min(this.#lowest, this.#ready);
    for (const look of [...this.#waiting]) look();
  }

  /** All that ever were. */
  get all(): readonly SeenPod[] {
    return [...this.#pods.values()];
  }

  /** Those at the API Server. */
  get present(): readonly SeenPod[] {
    return this.all.filter(({ gone }) => !gone);
  }

  /** How many run, are Ready and are not being deleted. */
  get ready(): number {
    return this.#ready;
  }

  /** metadata.uids of those. */
  get readyUids(): ReadonlySet<string> {
    return new Set(this.all.filter(({ ready }) => ready).map(({ metadataUid }) => metadataUid));
  }

  /** Lowest {@link ready} since the last {@link resetLowest}. */
  get lowest(): number {
    return this.#lowest;
  }

  resetLowest(): void {
    this.#lowest = this.#ready;
  }

  /** Exactly so many Pods at the API Server, and all of them Ready. */
  rests(count: number, timeoutMs?: number): Promise<void> {
    return this.until(
      `${count} Pods, all Ready`,
      () => this.#ready === count && this.present.length === count,
      timeoutMs,
    );
  }

  /** Resolves when it holds. @throws if it does not within the time */
  until(what: string, holds: () => boolean, timeoutMs = 90_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (end: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        end();
      };
      const look = () => {
        if (holds()) done(resolve);
      };
      const late = () =>
        done(() =>
          reject(
            new Error(
              `never came to hold: ${what} (${this.#ready} Ready, ${this.present.length} present: ${this.#summary()})`,
            ),
          ),
        );
      const timer = setTimeout(late, timeoutMs);
      this.#waiting.add(look);
      look();
    });
  }

  #summary(): string {
    const groups = new Map<string, number>();
    for (const { phase, ready, deleting, node } of this.present) {
      const group = `${node} ${phase}${ready ? ' ready' : ''}${deleting ? ' deleting' : ''}`;
      groups.set(group, (groups.get(group) ?? 0) + 1);
    }
    return [...groups].map(([group, count]) => `${count} ${group}`).join(', ');
  }

  synced(): Promise<void> {
    return this.#watch.synced;
  }

  stop(): Promise<void> {
    return this.#watch.stop();
  }
}
