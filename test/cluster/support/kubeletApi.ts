/** What kubectl, and those who ask past it, get from the kubelet's API of a Node whose containers our agent runs. */
import { spawn } from 'node:child_process';
import https from 'node:https';
import { pathOf } from '../../../impl/controller/kubernetes/paths.ts';
import type { KubernetesObject } from '../../../impl/controller/kubernetes/types.ts';
import { resolveBinaries } from '../../../impl/controlplane/index.ts';
import type { RealWaist } from './realWaist.ts';

/** Of a Pod that has said one line. */
export async function logs({ kubectl }: RealWaist, pod: string) {
  const [all, last, stamped, cut] = await Promise.all([
    kubectl('logs', pod),
    kubectl('logs', pod, '--tail=0'),
    kubectl('logs', pod, '--timestamps', '--since=1h'),
    kubectl('logs', pod, '--limit-bytes=5'),
  ]);
  return { all, last, stamped, cut };
}

/** A command that says something, one that is told something, and one that fails. */
export async function executed({ kubectl, cluster }: RealWaist, pod: string) {
  const run = (...command: string[]) => ['exec', pod, '--', '/program', ...command];
  const said = await kubectl(...run('say', 'a', 'b'));
  const { stdout: back } = await cluster.kubectl(
    ['exec', '-i', pod, '--', '/program', 'cat'],
    'through and back',
  );
  const { code } = await cluster.kubectl(run('exit', '3'));
  return { said, back, code };
}

/** What a Pod answers through `kubectl port-forward`. */
export async function forwarded({ cluster }: RealWaist, pod: string): Promise<string> {
  const kubectl = (await resolveBinaries(['kubectl'])).get('kubectl') ?? '';
  const child = spawn(kubectl, ['--kubeconfig', cluster.kubeconfig, 'port-forward', pod, ':8080']);
  try {
    const port = await new Promise<string>((resolve, reject) => {
      child.once('error', reject).once('exit', reject);
      child.stdout.on('data', (text: Buffer) => {
        const found = /127\.0\.0\.1:(\d+)/.exec(text.toString())?.[1];
        if (found !== undefined) resolve(found);
      });
    });
    return await (await fetch(`http://127.0.0.1:${port}/`)).text();
  } finally {
    child.kill('SIGKILL');
  }
}

interface NodeSeen extends KubernetesObject {
  readonly status: {
    readonly addresses: readonly { readonly type: string; readonly address: string }[];
    readonly daemonEndpoints: { readonly kubeletEndpoint: { readonly Port: number } };
  };
}

const statusOf = (url: string, headers: Readonly<Record<string, string>>) =>
  new Promise<number>((resolve, reject) => {
    const options = { headers, rejectUnauthorized: false, agent: false };
    const request = https.get(url, options, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    request.once('error', reject);
  });

/** The status for nobody, and for an account that may nothing, who ask the Node itself for a log. */
export async function strangers({ client }: RealWaist, node: string, pod: string) {
  const { status } = (await client.get<NodeSeen>(pathOf({ resource: 'nodes', name: node }))) as NodeSeen;
  const { address = '' } = status.addresses.find(({ type }) => type === 'InternalIP') ?? {};
  const url = `https://${address}:${status.daemonEndpoints.kubeletEndpoint.Port}/containerLogs/default/${pod}/main`;
  // Of an account that the API Server knows.
  const asked = await client.request<{ readonly status: { readonly token: string } }>({
    method: 'POST',
    path: '/api/v1/namespaces/default/serviceaccounts/default/token',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  });
  const authorization = `Bearer ${asked.status.token}`;
  return [await statusOf(url, {}), await statusOf(url, { authorization })];
}
