/** What a user sees: the Pods of one Deployment, by a watch, with the moments at which they became Ready or went. */

import { podFact } from '../controller/host/facts.ts';
import type { PodObject } from '../controller/host/objects.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { startListWatch } from '../controller/kubernetes/listwatch.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';

/** Watches the Pods with a label. */
export class PodObserver {
  readonly #watch: ReturnType<typeof startListWatch<PodObject>>;
  readonly #ready = new Map<string, number>();
  readonly #gone = new Map<string, number>();
  #changed: () => void = () => {};

  constructor(client: KubernetesClient, namespace: string, labelSelector: string) {
    this.#watch = startListWatch<PodObject>({
      client,
      path: pathOf({ resource: 'pods', namespace }),
      query: { labelSelector },
      handle: (event) => {
        if (event.type === 'synced') return;
        const pod = podFact(event.object);
        if (event.type === 'deleted') {
          this.#ready.delete(pod.metadataUid);
          this.#gone.set(pod.metadataUid, performance.now());
        } else if (pod.ready && !pod.deleting && !this.#ready.has(pod.metadataUid)) {
          this.#ready.set(pod.metadataUid, performance.now());
        } else if (pod.deleting) this.#ready.delete(pod.metadataUid);
        this.#changed();
      },
    });
  }

  /** Pods at the API Server. */
  get pods(): number {
    return this.#watch.objects.size;
  }

  /** metadata.uids of Pods that are Ready and not being deleted. */
  get ready(): ReadonlySet<string> {
    return new Set(this.#ready.keys());
  }

  /** Moments (`performance.now`) at which the Pods that are Ready now became so, ascending. */
  get readyAt(): readonly number[] {
    return [...this.#ready.values()].sort((a, b) => a - b);
  }

  /** metadata.uids of Pods that went. */
  get gone(): ReadonlySet<string> {
    return new Set(this.#gone.keys());
  }

  /** Resolves when it holds. @throws if it does not within the time */
  until(what: string, holds: () => boolean, timeoutMs = 120_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(
            new Error(
              `${what}: not within ${timeoutMs / 1000} s (${this.ready.size} Ready, ${this.pods} Pods)`,
            ),
          ),
        timeoutMs,
      );
      const look = () => {
        if (!holds()) return;
        clearTimeout(timer);
        this.#changed = () => {};
        resolve();
      };
      this.#changed = look;
      look();
    });
  }

  synced(): Promise<void> {
    return this.#watch.synced;
  }

  stop(): Promise<void> {
    return this.#watch.stop();
  }
}
