/** A stub of the resource metrics API (metrics.k8s.io), behind the real API Server's aggregation: the real HPA controller asks it. */
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KubernetesClient } from '../../../impl/controller/kubernetes/client.ts';
import { pathOf } from '../../../impl/controller/kubernetes/paths.ts';
import { createAuthority } from '../../../impl/controller/links/certificates.ts';

const GROUP = 'metrics.k8s.io';
const VERSION = `${GROUP}/v1beta1`;

/** A running stub. */
export interface PodMetrics {
  /** CPU that the Pods of `app=<name>` use together, in thousandths. */
  load: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

async function podMetrics(client: KubernetesClient, app: string, load: number) {
  const query = { labelSelector: `app=${app}` };
  const { items } = await client.list(pathOf({ resource: 'pods', namespace: 'default' }), query);
  const each = Math.round((load * 1_000_000) / Math.max(items.length, 1));
  return items.map(({ metadata: { name, namespace } }) => ({
    metadata: { name, namespace, labels: { app } },
    timestamp: new Date().toISOString(),
    window: '5s',
    containers: [{ name: 'main', usage: { cpu: `${each}n`, memory: '1Mi' } }],
  }));
}

/** Serves it, and tells the API Server. */
export async function servePodMetrics(client: KubernetesClient): Promise<PodMetrics> {
  const { cert, key } = await (await createAuthority()).issue('autoscaler');
  const stub: { load: ReadonlyMap<string, number> } = { load: new Map() };
  const answer = async (url: URL): Promise<object> => {
    if (!url.pathname.endsWith('/pods')) {
      const resource = {
        name: 'pods',
        singularName: '',
        namespaced: true,
        kind: 'PodMetrics',
        verbs: ['get', 'list'],
      };
      return { apiVersion: 'v1', kind: 'APIResourceList', groupVersion: VERSION, resources: [resource] };
    }
    const app = /(?:^|,)app=([^,]+)/.exec(url.searchParams.get('labelSelector') ?? '')?.[1] ?? '';
    const items = await podMetrics(client, app, stub.load.get(app) ?? 0);
    return { apiVersion: VERSION, kind: 'PodMetricsList', metadata: {}, items };
  };
  const server = https.createServer({ cert, key }, (request, response) => {
    void answer(new URL(request.url ?? '/', 'https://x')).then((body) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const create = (path: string, body: object) => client.request({ method: 'POST', path, body });
  const service = { name: 'pod-metrics', namespace: 'default' };
  await create('/api/v1/namespaces/default/services', {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: service },
    spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
  });
  await create('/apis/apiregistration.k8s.io/v1/apiservices', {
    ...{
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `v1beta1.${GROUP}` },
    },
    spec: {
      ...{ group: GROUP, version: 'v1beta1', insecureSkipTLSVerify: true },
      ...{ groupPriorityMinimum: 100, versionPriority: 100, service: { ...service, port } },
    },
  });
  return Object.assign(stub, {
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}
