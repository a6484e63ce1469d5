/** Flags of an agent that runs the containers itself, by a container runtime's socket. */
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { KubedirectError } from '../../spec/errors.ts';
import type { Templates } from '../controller/host/templates.ts';
import { createKubernetesClient } from '../controller/kubernetes/client.ts';
import type { RuntimeName } from '../controller/process/process.ts';
import type { RunFlags } from './stages.ts';

/** As commander gives them. */
export interface CriFlags {
  readonly criSocket?: string;
  readonly criFolder: string;
  readonly cgroupParent: string;
  readonly nodeKubeconfig?: string;
  readonly maxPods: number;
}

type Log = (text: string, fields: Readonly<Record<string, unknown>>) => void;

function podCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new InvalidArgumentError(
    `FLAG_INVALID: expected a number of Pods from 1, got ${JSON.stringify(text)}.`,
  );
}

/** Adds them. */
export function withCriOptions(command: Command): Command {
  return command
    .option('--cri-socket <path>', 'cri: socket of the container runtime (CRI v1; containerd)')
    .option(
      '--cri-folder <folder>',
      'cri: where logs and volumes of Pods are kept',
      '/var/lib/kubedirect/pods',
    )
    .option('--cgroup-parent <cgroup>', "cri: the Pods' cgroup; without: the runtime's own", '')
    .option('--max-pods <count>', 'cri: how many Pods the Node takes', podCount, 110)
    .option(
      '--node-kubeconfig <file>',
      'cri: the identity of a kubelet (system:node:<name>): the agent makes the Node and keeps it alive; without: somebody else does',
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

/** Opens the runtime of a node, and keeps its Node if it was told under which identity. The code is loaded only here: other agents need none of it. */
export async function openCri(flags: CriFlags & RunFlags, node: string, templates: Templates, log: Log) {
  const { CriRuntime } = await import('../cri/runtime.ts');
  const { criSocket = '', criFolder, cgroupParent, host = '127.0.0.1', nodeKubeconfig, maxPods } = flags;
  const folder = path.resolve(criFolder);
  const runtime = await CriRuntime.open({
    ...{ socket: path.resolve(criSocket), node, hostAddress: host, templates, log },
    folders: { logs: path.join(folder, 'logs'), volumes: path.join(folder, 'volumes'), cgroupParent },
  });
  if (nodeKubeconfig === undefined) return runtime;
  const { keepNode } = await import('../cri/node.ts');
  const client = createKubernetesClient({ kubeconfig: nodeKubeconfig, userAgent: 'kubedirect/node' });
  const { closing: signal, version } = runtime;
  signal.addEventListener('abort', () => void client.close(), { once: true });
  await keepNode({
    ...{ client, name: node, address: host, runtime: version, maxPods, signal, log },
  });
  return runtime;
}
