/** Where the gateway learns of instances: from the API Server, as every gateway does, or from the tail itself. */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StepRecord } from '../../../spec/trace.ts';
import type { Uid } from '../../../spec/vocabulary.ts';
import { podFact } from '../../controller/host/facts.ts';
import type { PodObject, ReplicaSetObject } from '../../controller/host/objects.ts';
import type { KubernetesClient } from '../../controller/kubernetes/client.ts';
import { startListWatch } from '../../controller/kubernetes/listwatch.ts';
import { pathOf } from '../../controller/kubernetes/paths.ts';
import { NAMESPACE } from '../../demo/workload.ts';

/** Told of instances, by the name of their function. */
export interface Listener {
  up(name: string, id: string): void;
  down(name: string, id: string): void;
}
/** Who tells. */
export interface Endpoints {
  close(): Promise<void>;
}

/** By a watch of the Pods: Ready, and not being deleted. */
export async function endpointsByWatch(
  client: KubernetesClient,
  labelSelector: string,
  listener: Listener,
): Promise<Endpoints> {
  const watch = startListWatch<PodObject>({
    ...{ client, path: pathOf({ resource: 'pods', namespace: NAMESPACE }), query: { labelSelector } },
    handle(event) {
      if (event.type === 'synced') return;
      const name = event.object.metadata.labels?.app ?? '';
      const { ready, deleting, metadataUid } = podFact(event.object);
      if (event.type !== 'deleted' && ready && !deleting) listener.up(name, metadataUid);
      else listener.down(name, metadataUid);
    },
  });
  await watch.synced;
  return { close: () => watch.stop() };
}

/** ms between two looks at what the agents did. */
const LOOK_MS = 5;

interface Looked {
  readonly next: number;
  readonly steps: readonly StepRecord[];
}

const agent = new http.Agent({ keepAlive: true });

function look(address: string, after: number): Promise<Looked> {
  return new Promise((resolve, reject) => {
    const request = http.get(`http://${address}/steps?after=${after}`, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text) as Looked));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}

/** By the steps of the agents, which run the containers: no API call is part of it. @param address - of their `--status` */
export async function endpointsByTail(
  client: KubernetesClient,
  labelSelector: string,
  address: string,
  listener: Listener,
): Promise<Endpoints> {
  const path = pathOf({ resource: 'replicasets', namespace: NAMESPACE });
  const { items } = await client.list<ReplicaSetObject>(path, { labelSelector });
  const names = new Map(
    items.map(({ metadata, spec }) => [metadata.uid, spec?.template?.metadata?.labels?.app ?? '']),
  );
  const functions = new Map<Uid, string>();
  const hear = ({ event, effects }: StepRecord) => {
    for (const effect of effects) {
      if (effect.type === 'startPod')
        functions.set(effect.record.uid, names.get(effect.record.replicaSet) ?? '');
      if (effect.type === 'stopPod') listener.down(functions.get(effect.uid) ?? '', effect.uid);
    }
    if (event.type !== 'podReadiness') return;
    const name = functions.get(event.uid) ?? '';
    if (event.ready) listener.up(name, event.uid);
    else listener.down(name, event.uid);
  };
  let isOver = false;
  let { next } = await look(address, Number.MAX_SAFE_INTEGER);
  const looking = (async () => {
    while (!isOver) {
      const looked = await look(address, next);
      next = looked.next;
      for (const step of looked.steps) hear(step);
      if (looked.steps.length === 0) await sleep(LOOK_MS);
    }
  })();
  return {
    async close() {
      isOver = true;
      await looking;
    },
  };
}
