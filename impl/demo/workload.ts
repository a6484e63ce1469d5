/** What the demo and the benchmarks scale: a Deployment of small functions, managed or not, and the writes of its user. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReplicaSetObject } from '../controller/host/objects.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import { MANAGED_LABEL } from '../controller/names.ts';

/** Where the Deployments stand. */
export const NAMESPACE = 'default';

/** A Deployment without replicas; its Pods carry the label `app=<name>`. An image is one that the nodes have. */
export function deployment(name: string, isManaged: boolean, image: string | null = null) {
  const labels = { app: name, ...(isManaged && { [MANAGED_LABEL]: 'true' }) };
  const container = {
    name: 'main',
    image: image ?? 'function',
    ...(image !== null && { imagePullPolicy: 'Never' }),
    resources: { requests: { cpu: '10m', memory: '16Mi' } },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels },
        spec: { containers: [container], automountServiceAccountToken: false },
      },
    },
  };
}

/** Creates it. */
export function createDeployment(client: KubernetesClient, body: ReturnType<typeof deployment>) {
  const path = pathOf({ resource: 'deployments', namespace: NAMESPACE });
  return client.request({ method: 'POST', path, body });
}

/** Scales it as its user would: by `spec.replicas`. */
export function scaleDeployment(client: KubernetesClient, name: string, replicas: number) {
  return client.patchDeployment(NAMESPACE, name, { spec: { replicas } }, 'user');
}

/** The ReplicaSets that the stock controller makes for Deployments, once there are so many. */
export async function awaitReplicaSets(
  client: KubernetesClient,
  labelSelector: string,
  count: number,
): Promise<readonly ReplicaSetObject[]> {
  const path = pathOf({ resource: 'replicasets', namespace: NAMESPACE });
  for (;;) {
    const { items } = await client.list<ReplicaSetObject>(path, { labelSelector });
    if (items.length >= count) return items;
    await sleep(50);
  }
}
