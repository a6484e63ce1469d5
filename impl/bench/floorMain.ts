/**
 * The floor: a process that makes the requests that any tail must make, and nothing else. Told what first, and then `go`, it creates the Pods,
 * labelled and bound, as the publisher's account; ends with its parent's channel.
 */

import type { PodRecord } from '../../spec/vocabulary.ts';
import type { ReplicaSetObject } from '../controller/host/objects.ts';
import { podObject } from '../controller/host/podObject.ts';
import { createKubernetesClient } from '../controller/kubernetes/client.ts';
import { MANAGED_LABEL } from '../controller/names.ts';

/** What it is told to do. */
export interface Order {
  readonly kubeconfig: string;
  readonly name: string;
  readonly count: number;
  readonly nodes: readonly string[];
  readonly round: number;
  /** Whose Pods to create, as our tail would, in turns; empty: nobody's. */
  readonly replicaSets: readonly ReplicaSetObject[];
}

const order = await new Promise<Order>((resolve) => process.once('message', resolve));
const client = createKubernetesClient({ kubeconfig: order.kubeconfig, userAgent: 'floor' });

function pod(i: number) {
  const { name, nodes, round, replicaSets } = order;
  const node = nodes[i % nodes.length] as string;
  const replicaSet = replicaSets[i % replicaSets.length];
  if (replicaSet !== undefined) {
    const uid = `r-m${round}-${i}`;
    const record = { uid, node, replicaSet: replicaSet.metadata.uid } as unknown as PodRecord;
    return podObject(record, replicaSet, 1);
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${name}-${i}`, labels: { app: name, [MANAGED_LABEL]: 'true' } },
    spec: {
      nodeName: node,
      automountServiceAccountToken: false,
      containers: [
        { name: 'main', image: 'function', resources: { requests: { cpu: '10m', memory: '16Mi' } } },
      ],
    },
  };
}

// A listener that stays keeps the process, so that its CPU time can be read at the end.
process.on('message', async () => {
  await Promise.all(
    Array.from({ length: order.count }, (_, i) =>
      client.createPod('default', pod(i), { answer: 'metadata' }),
    ),
  );
  await client.close();
});
process.send?.('ready');
