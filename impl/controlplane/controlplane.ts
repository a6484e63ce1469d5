/** The handle on a running control plane: nodes, kubectl, identities, faults, the end. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { KubedirectError } from '../../spec/errors.ts';
import type { ApiClient } from './apiclient.ts';
import { resolveBinaries } from './binaries.ts';
import { removeDataDir } from './datadir.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { createKwokNodes, markKwokNodes, startHollowNode } from './nodes.ts';
import type { Reaper } from './reaper.ts';
import type { Assembly } from './start.ts';
import type { Component, ControlPlane, HollowNode, KubectlResult, NodeProcess } from './types.ts';
import { KUBERNETES_VERSION } from './versions.ts';

const TOKEN_SECONDS = 86_400;

/** What the starters of nodes in other files need of a control plane. @internal */
export interface Internals {
  readonly client: ApiClient;
  readonly reaper: Reaper;
  /** Certificate of the authority that signs all clients. */
  readonly caFile: string;
  readonly onProgress: (line: string) => void;
  /** Nodes that `stop` stops first. */
  readonly nodes: Set<NodeProcess>;
}

const internals = new WeakMap<ControlPlane, Internals>();

/** @throws KubedirectError `FLAG_INVALID` for a control plane that `startControlPlane` did not make @internal */
export function internalsOf(controlPlane: ControlPlane): Internals {
  const found = internals.get(controlPlane);
  if (found !== undefined) return found;
  throw new KubedirectError(
    'FLAG_INVALID',
    'controlPlane: expected one from startControlPlane, got another object',
  );
}

/** Wraps what `start.ts` has put together. @internal */
export function controlPlaneOf(assembly: Assembly): ControlPlane {
  const { url, dataDir, pki, kubeconfig, client, reaper, processes } = assembly;
  const nodes = new Set<NodeProcess>();
  let stopping: Promise<void> | undefined;
  const processOf = (component: Component) => {
    const found = processes.get(component);
    if (found === undefined) {
      throw new KubedirectError(
        'FLAG_INVALID',
        `component: expected one of ${[...processes.keys()].join(', ')}, got ${component}`,
      );
    }
    return found;
  };
  const userKubeconfig = async (user: string, groups: readonly string[] = []): Promise<string> =>
    writeKubeconfig(join(dataDir, `user-${fileSafe(user)}.kubeconfig`), {
      url,
      ca: pki.authority.cert,
      user,
      credentials: await pki.authority.client({ user, groups }),
    });
  const handle: ControlPlane = {
    url,
    kubeconfig,
    dataDir,
    version: KUBERNETES_VERSION,
    get pids() {
      const running = [...processes].flatMap(([name, { pid }]) => (pid === undefined ? [] : [[name, pid]]));
      return new Map(running as [Component, number][]);
    },
    addKwokNodes: async (names, capacity) => {
      if (names.length === 0) return;
      await processOf('kwok').start();
      await createKwokNodes(client, names, capacity);
    },
    failKwokNodes: (names) => markKwokNodes(client, names, true),
    recoverKwokNodes: (names) => markKwokNodes(client, names, false),
    startHollowNode: async (name, options = {}) => {
      const { onProgress } = assembly;
      const kubemark = (await resolveBinaries(['kubemark'], { onProgress })).get('kubemark') ?? 'kubemark';
      const node: HollowNode = await startHollowNode(name, options, {
        client,
        reaper,
        kubemark,
        dataDir,
        kubeconfig: await userKubeconfig(`system:node:${name}`, ['system:nodes']),
        onStopped: (stopped) => nodes.delete(stopped),
      });
      nodes.add(node);
      return node;
    },
    kubectl: (args, input) =>
      kubectl(assembly.binaries.get('kubectl') ?? 'kubectl', kubeconfig, dataDir, args, input),
    serviceAccountKubeconfig: (namespace, name) => serviceAccountKubeconfig(assembly, namespace, name),
    userKubeconfig,
    metrics: async () => {
      const answer = await client.send('GET', '/metrics');
      if (answer.status === 200) return answer.text;
      throw new KubedirectError('API_SERVER_UNREACHABLE', `/metrics: expected 200, got ${answer.status}`);
    },
    signal: async (component, signal) => processOf(component).signal(signal),
    restart: async (component) => processOf(component).start(),
    stop: () => {
      stopping ??= stopAll(assembly, nodes);
      return stopping;
    },
  };
  internals.set(handle, { client, reaper, caFile: pki.caFile, onProgress: assembly.onProgress, nodes });
  return handle;
}

const fileSafe = (text: string): string => text.replace(/[^\w.-]+/g, '-');

/** Ends what depends before what it depends on, so that no one logs errors at the end for want of the other. */
async function stopAll(
  { processes, client, reaper, dataDir }: Assembly,
  nodes: Set<NodeProcess>,
): Promise<void> {
  await Promise.all([...nodes].map((node) => node.stop()));
  const stop = (component: Component) => processes.get(component)?.stop(5_000);
  await Promise.all([stop('kwok'), stop('kube-scheduler'), stop('kube-controller-manager')]);
  client.close();
  await stop('kube-apiserver');
  await stop('etcd');
  await removeDataDir(dataDir);
  await reaper.release();
}

function kubectl(
  command: string,
  kubeconfig: string,
  home: string,
  args: readonly string[],
  input: string | undefined,
): Promise<KubectlResult> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, HOME: home, KUBECONFIG: kubeconfig };
    const child = spawn(command, [...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdin.on('error', () => {}); // It may end without reading all of its input.
    child.stdin.end(input ?? '');
    child.once('error', reject);
    child.once('close', (code) => resolve({ stdout, stderr, code: code ?? 255 }));
  });
}

async function serviceAccountKubeconfig(
  assembly: Assembly,
  namespace: string,
  name: string,
): Promise<string> {
  const { client, url, pki, dataDir } = assembly;
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await client.json('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } }, also: [409] });
  await client.json('POST', accounts, { body: { metadata: { name } }, also: [409] });
  const { status } = await client.json<{ status: { token: string } }>('POST', `${accounts}/${name}/token`, {
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: TOKEN_SECONDS },
    },
  });
  return writeKubeconfig(join(dataDir, `sa-${fileSafe(namespace)}-${fileSafe(name)}.kubeconfig`), {
    url,
    ca: pki.authority.cert,
    user: `system:serviceaccount:${namespace}:${name}`,
    credentials: { token: status.token },
    namespace,
  });
}
