/** What the API Server showed in a run: every Pod of its Deployments by a watch, and what of it must never be seen. */
import { podFact } from '../controller/host/facts.ts';
import type { PodObject } from '../controller/host/objects.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { startListWatch } from '../controller/kubernetes/listwatch.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import { NAMESPACE } from '../demo/workload.ts';

interface Seen {
  readonly app: string;
  readonly stamp: string | null;
  readonly node: string | null;
  readonly deleting: boolean;
  readonly ready: boolean;
  readonly gone: boolean;
}

/** A watch log that is judged as it grows. @public */
export class PodLog {
  readonly #watch: ReturnType<typeof startListWatch<PodObject>>;
  readonly #pods = new Map<string, Seen>();
  /** Objects by our uid. */
  readonly #published = new Map<string, Set<string>>();
  readonly broken: string[] = [];

  constructor(client: KubernetesClient) {
    this.#watch = startListWatch<PodObject>({
      client,
      path: pathOf({ resource: 'pods', namespace: NAMESPACE }),
      handle: (event) => {
        if (event.type !== 'synced') this.#take(event.object, event.type === 'deleted');
      },
    });
  }

  synced(): Promise<void> {
    return this.#watch.synced;
  }

  #take(object: PodObject, gone: boolean): void {
    const { metadataUid, name, uid, node, ready, deleting } = podFact(object);
    const before = this.#pods.get(metadataUid);
    const app = object.metadata.labels?.app ?? '';
    this.#pods.set(metadataUid, {
      app,
      stamp: uid,
      node,
      deleting,
      ready: ready && !deleting && !gone,
      gone,
    });
    const say = (property: string, text: string) => this.broken.push(`${property}: ${name} (${uid}) ${text}`);
    if (before?.deleting && !deleting && !gone) say('TerminationIrreversible', 'is no longer being deleted');
    if (before !== undefined && before.node !== null && before.node !== node)
      say('UniquePlacement', `moved from ${before.node} to ${node}`);
    if (uid === null) return;
    const objects = this.#published.get(uid) ?? new Set();
    this.#published.set(uid, objects.add(metadataUid));
    if (before === undefined && objects.size > 1)
      say('TailPublishes', `is object ${objects.size} of this uid`);
  }

  /** Pods at the API Server, and those of them that are Ready, of one Deployment. */
  count(app: string): { readonly present: number; readonly ready: number } {
    const mine = [...this.#pods.values()].filter((pod) => pod.app === app && !pod.gone);
    return { present: mine.length, ready: mine.filter(({ ready }) => ready).length };
  }

  /** All Pods that were ever seen. */
  get seen(): number {
    return this.#pods.size;
  }

  stop(): Promise<void> {
    return this.#watch.stop();
  }
}
