/** Flags of an agent that runs the containers itself, by a container runtime's socket. */
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { LOG_BOUNDS } from '../../spec/containers/logRotation.ts';
import { KubedirectError } from '../../spec/errors.ts';
import { parseQuantity } from '../controller/host/quantities.ts';
import type { Templates } from '../controller/host/templates.ts';
import { createKubernetesClient, type KubernetesClient } from '../controller/kubernetes/client.ts';
import { runtimeCalls } from '../controller/metrics.ts';
import { callersOf, reviewsClient } from '../controller/process/callers.ts';
import type { RuntimeName } from '../controller/process/process.ts';
import type { RunFlags } from './stages.ts';

/** As commander gives them. */
export interface CriFlags {
  readonly criSocket?: string;
  readonly criFolder: string;
  readonly secretFolder: string;
  readonly secretsOnDisk?: boolean;
  readonly cgroupParent: string;
  readonly nodeKubeconfig?: string;
  readonly maxPods: number;
  readonly containerLogMaxSize: number;
  readonly containerLogMaxFiles: number;
  readonly kubeletPort: number;
  readonly kubeletTls?: string;
  readonly clientCa?: string;
}

type Log = (text: string, fields: Readonly<Record<string, unknown>>) => void;

function podCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new InvalidArgumentError(
    `FLAG_INVALID: expected a number of Pods from 1, got ${JSON.stringify(text)}.`,
  );
}

function bytes(text: string): number {
  try {
    const size = parseQuantity(text);
    if (Number.isSafeInteger(size) && size > 0) return size;
  } catch {}
  throw new InvalidArgumentError(
    `FLAG_INVALID: expected a number of bytes such as 10Mi, got ${JSON.stringify(text)}.`,
  );
}

function fileCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 1) return count;
  throw new InvalidArgumentError(
    `FLAG_INVALID: expected a number of files from 2, got ${JSON.stringify(text)}.`,
  );
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isSafeInteger(port) && port >= 0 && port < 65_536) return port;
  throw new InvalidArgumentError(
    `FLAG_INVALID: expected a port (0: one that is free), got ${JSON.stringify(text)}.`,
  );
}

/** So long a dry run of a Pod may take, webhooks and all. */
const DRY_RUN_MS = 10_000;

const podNamespace = (pod: object) =>
  (pod as { readonly metadata?: { readonly namespace?: string } }).metadata?.namespace ?? 'default';

/** Adds them. */
export function withCriOptions(command: Command): Command {
  return command
    .option('--cri-socket <path>', 'cri: socket of the container runtime (CRI v1; containerd)')
    .option(
      '--cri-folder <folder>',
      'cri: where logs and volumes of Pods are kept',
      '/var/lib/kubedirect/pods',
    )
    .option(
      '--secret-folder <folder>',
      'cri: where Secrets and tokens are kept, in memory',
      '/run/kubedirect/secrets',
    )
    .option('--secrets-on-disk', 'cri: take that folder even where it is on a disk')
    .option('--cgroup-parent <cgroup>', "cri: the Pods' cgroup; without: the runtime's own", '')
    .option('--max-pods <count>', 'cri: how many Pods the Node takes', podCount, 110)
    .option(
      '--container-log-max-size <bytes>',
      'cri: a log of a container that is longer is put aside, and another begun',
      bytes,
      LOG_BOUNDS.maxBytes,
    )
    .option(
      '--container-log-max-files <count>',
      'cri: how many logs of a container are kept, the one that is written to among them',
      fileCount,
      LOG_BOUNDS.maxFiles,
    )
    .option(
      '--node-kubeconfig <file>',
      'cri: the identity of a kubelet (system:node:<name>): the agent makes the Node, keeps it alive, and serves its logs and exec; without: somebody else does',
    )
    .option(
      '--kubelet-port <port>',
      "cri: where the kubelet's API is served: not a stock kubelet's",
      portNumber,
      10_260,
    )
    .option(
      '--kubelet-tls <folder>',
      "cri: tls.crt and tls.key of the kubelet's API; without: nobody has signed it",
    )
    .option(
      '--client-ca <file>',
      "cri: who signs the API Server's certificate as a client of kubelets; without: only tokens are taken",
    );
}

/** @throws KubedirectError `FLAG_INVALID` */
export function checkCri(runtime: RuntimeName, nodes: readonly string[], flags: CriFlags): void {
  if (runtime !== 'cri') return;
  if (flags.criSocket === undefined)
    throw new KubedirectError('FLAG_INVALID', '--runtime cri: expected --cri-socket, got none');
  if (nodes.length !== 1)
    throw new KubedirectError(
      'FLAG_INVALID',
      `--runtime cri: expected one node, that of the machine, got ${nodes.join(', ')}`,
    );
}

/** The identity of the node; null without one. */
function nodeClient({ nodeKubeconfig }: CriFlags, signal: AbortSignal) {
  if (nodeKubeconfig === undefined) return null;
  const client = createKubernetesClient({ kubeconfig: nodeKubeconfig, userAgent: 'kubedirect/node' });
  signal.addEventListener('abort', () => void client.close(), { once: true });
  return client;
}

/** Opens the runtime of a node, and keeps its Node if it was told under which identity. The code is loaded only here: other agents need none of it. */
export async function openCri(
  flags: CriFlags & RunFlags,
  node: string,
  templates: Templates,
  log: Log,
  agent: KubernetesClient,
) {
  const [{ CriRuntime }, { NO_OBJECTS, objectsOf }, { secretFolderAt }] = await Promise.all([
    import('../cri/runtime.ts'),
    import('../cri/objects.ts'),
    import('../cri/inMemory.ts'),
  ]);
  const { criSocket = '', criFolder, secretFolder, cgroupParent, host = '127.0.0.1', maxPods } = flags;
  const folder = path.resolve(criFolder);
  await secretFolderAt(path.resolve(secretFolder), flags.secretsOnDisk === true, log);
  const closing = new AbortController();
  const client = nodeClient(flags, closing.signal);
  const runtime = await CriRuntime.open({
    ...{ socket: path.resolve(criSocket), node, hostAddress: host, templates, log, closing },
    observe: (method, milliseconds) => runtimeCalls.observe({ method }, milliseconds / 1_000),
    // As who publishes them: the agent.
    dryRun: (pod) =>
      agent.createPod(podNamespace(pod), pod, {
        dryRun: true,
        timeoutMs: DRY_RUN_MS,
        signal: closing.signal,
      }),
    objects: client === null ? NO_OBJECTS : objectsOf(client, node, closing.signal),
    logs: { maxBytes: flags.containerLogMaxSize, maxFiles: flags.containerLogMaxFiles },
    folders: {
      logs: path.join(folder, 'logs'),
      volumes: path.join(folder, 'volumes'),
      secrets: path.resolve(secretFolder),
      cgroupParent,
    },
  });
  if (client === null) return runtime;
  const [{ keepNode }, { serveKubeletApi }] = await Promise.all([
    import('../cri/node.ts'),
    import('../cri/api/serve.ts'),
  ]);
  const { closing: signal, version } = runtime;
  const reviews = reviewsClient(flags.nodeKubeconfig);
  signal.addEventListener('abort', () => void reviews.close(), { once: true });
  const api = await serveKubeletApi({
    ...{ node, address: host, port: flags.kubeletPort, log },
    files: { tls: flags.kubeletTls, clientCa: flags.clientCa },
    served: runtime.served(),
    callers: callersOf(reviews),
  });
  signal.addEventListener('abort', () => void api.close(), { once: true });
  const port = Number(api.address.slice(api.address.lastIndexOf(':') + 1));
  await keepNode({
    ...{ client, name: node, address: host, port, runtime: version, maxPods, signal, log },
  });
  return runtime;
}
