/** What the API Server shows in a run: every Pod of its namespace, by a watch, judged as it comes. */
import { podFact } from '../controller/host/facts.ts';
import type { PodObject } from '../controller/host/objects.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { startListWatch } from '../controller/kubernetes/listwatch.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import { NAMESPACE } from '../demo/workload.ts';
import { PodJudge } from './podJudge.ts';

/** A watch log that is judged as it grows. @public */
export class PodLog extends PodJudge {
  readonly #watch: ReturnType<typeof startListWatch<PodObject>>;

  constructor(client: KubernetesClient) {
    super();
    this.#watch = startListWatch<PodObject>({
      client,
      path: pathOf({ resource: 'pods', namespace: NAMESPACE }),
      handle: (event) => {
        if (event.type === 'synced') return;
        const app = event.object.metadata.labels?.app ?? '';
        this.take({ ...podFact(event.object), app, gone: event.type === 'deleted' });
      },
    });
  }

  synced(): Promise<void> {
    return this.#watch.synced;
  }

  stop(): Promise<void> {
    return this.#watch.stop();
  }
}
