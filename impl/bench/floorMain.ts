/**
 * The floor: a process that makes the requests that any tail must make, and nothing else. Told `go` by its parent, it creates the Pods,
 * labelled and bound, as the publisher's account; then tells that it is done.
 */
import { createKubernetesClient } from '../controller/kubernetes/client.ts';
import { MANAGED_LABEL } from '../controller/names.ts';

interface Order {
  readonly kubeconfig: string;
  readonly name: string;
  readonly count: number;
  readonly nodes: readonly string[];
}

const order = JSON.parse(process.argv[2] as string) as Order;
const client = createKubernetesClient({ kubeconfig: order.kubeconfig, userAgent: 'floor' });

function pod(i: number) {
  const { name, nodes } = order;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${name}-${i}`, labels: { app: name, [MANAGED_LABEL]: 'true' } },
    spec: {
      nodeName: nodes[i % nodes.length],
      automountServiceAccountToken: false,
      containers: [
        { name: 'main', image: 'function', resources: { requests: { cpu: '10m', memory: '16Mi' } } },
      ],
    },
  };
}

process.once('message', async () => {
  await Promise.all(
    Array.from({ length: order.count }, (_, i) =>
      client.createPod('default', pod(i), { answer: 'metadata' }),
    ),
  );
  await client.close();
  process.disconnect?.();
});
process.send?.('ready');
