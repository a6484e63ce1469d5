/** Nodes without machines: kwok's (a Node object that kwok keeps Ready) and kubemark's (the kubelet's code, a fake runtime). */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiClient } from './apiclient.ts';
import { waitForLease, waitForNodes } from './apiclient.ts';
import { FAILED_LABEL, KWOK_ANNOTATION } from './components.ts';
import { freePorts } from './ports.ts';
import { SupervisedProcess } from './process.ts';
import type { Reaper } from './reaper.ts';
import type { HollowNode, HollowNodeOptions, NodeCapacity } from './types.ts';

const DEFAULT_CAPACITY: NodeCapacity = { cpu: '32', memory: '256Gi', pods: '1000' };
const CREATE_AT_ONCE = 16;

/** Runs `work` over all items, a few at a time. */
async function inBatches<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(CREATE_AT_ONCE, items.length) }, worker));
}

const kwokNode = (name: string, capacity: NodeCapacity): object => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name,
    annotations: { [KWOK_ANNOTATION]: 'fake' },
    labels: {
      type: 'kwok',
      'kubernetes.io/hostname': name,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      'node.kubernetes.io/exclude-from-external-load-balancers': 'true',
    },
  },
  status: { allocatable: capacity, capacity },
});

/** Creates kwok nodes and waits for them; kwok must run. One that exists is left as it is. @internal */
export async function createKwokNodes(
  client: ApiClient,
  names: readonly string[],
  capacity: NodeCapacity = DEFAULT_CAPACITY,
): Promise<void> {
  await inBatches(names, (name) =>
    client.json('POST', '/api/v1/nodes', { body: kwokNode(name, capacity), also: [409] }),
  );
  if (names.length > 0) await waitForNodes(client, names);
}

/** Sets or clears the label that makes kwok let go of nodes. @internal */
export const markKwokNodes = (client: ApiClient, names: readonly string[], failed: boolean): Promise<void> =>
  inBatches(names, (name) =>
    client.json('PATCH', `/api/v1/nodes/${name}`, {
      body: { metadata: { labels: { [FAILED_LABEL]: failed ? 'true' : null } } },
      contentType: 'application/merge-patch+json',
    }),
  );

/** Starts a kubemark kubelet and waits for its Node. @internal */
export async function startHollowNode(
  name: string,
  options: HollowNodeOptions,
  host: {
    readonly client: ApiClient;
    readonly reaper: Reaper;
    readonly kubemark: string;
    readonly kubeconfig: string;
    readonly dataDir: string;
    readonly onStopped: (node: HollowNode) => void;
  },
): Promise<HollowNode> {
  const dir = join(host.dataDir, 'hollow', name);
  await mkdir(dir, { recursive: true });
  const [port = 0, readOnlyPort = 0] = await freePorts(2);
  const labels = Object.entries(options.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  const kubelet = new SupervisedProcess(
    {
      name: `hollow node ${name}`,
      command: host.kubemark,
      args: [
        '--morph=kubelet',
        `--name=${name}`,
        `--kubeconfig=${host.kubeconfig}`,
        '--use-host-image-service=false',
        `--kubelet-port=${port}`,
        `--kubelet-read-only-port=${readOnlyPort}`,
        `--max-pods=${options.maxPods ?? 110}`,
        ...(labels.length === 0 ? [] : [`--node-labels=${labels.join(',')}`]),
      ],
      logFile: join(host.dataDir, 'logs', `hollow-${name}.log`),
      // A PATH without programs: this kubelet would write chains into the host's iptables.
      env: { PATH: dir, TMPDIR: dir, HOME: dir },
      healthy: async () => {
        const answer = await host.client.send('GET', `/api/v1/nodes/${name}`);
        return answer.status === 200;
      },
    },
    host.reaper,
  );
  const start = async () => {
    await kubelet.start();
    await waitForNodes(host.client, [name]);
  };
  const node: HollowNode = {
    kind: 'hollow',
    name,
    get pid() {
      return kubelet.pid;
    },
    kill: () => kubelet.signal('SIGKILL'),
    restart: async () => {
      // The Node may still say Ready from before: only a Lease renewed since tells. (The first Lease of all comes 10 s late.)
      const since = Date.now();
      await kubelet.start();
      await waitForLease(host.client, name, since);
      await waitForNodes(host.client, [name]);
    },
    stop: async () => {
      await kubelet.stop(2_000);
      await host.client.send('DELETE', `/api/v1/nodes/${name}`).catch(() => undefined);
      host.onStopped(node);
    },
  };
  try {
    await start();
  } catch (error) {
    await kubelet.stop(2_000);
    throw error;
  }
  return node;
}
