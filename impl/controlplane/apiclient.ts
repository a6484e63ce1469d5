/** The few requests the starter itself makes to the apiserver, as cluster-admin: JSON over one pool of connections. */
import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubedirectError } from '../../spec/errors.ts';
import type { KeyPair } from './certificates.ts';

/** An answer of the apiserver. @internal */
export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
}

/** Requests to one apiserver. @internal */
export interface ApiClient {
  /** @throws Error of the connection, if there is none */
  send(
    method: string,
    path: string,
    body?: unknown,
    contentType?: string,
    timeoutMs?: number,
  ): Promise<ApiAnswer>;
  /** As `send`, parsed; any of `also` counts as success besides 2xx. @throws KubedirectError `API_SERVER_UNREACHABLE` */
  json<T>(
    method: string,
    path: string,
    options?: { body?: unknown; contentType?: string; also?: readonly number[] },
  ): Promise<T>;
  close(): void;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/** @param url - of the apiserver, without a path @internal */
export function createApiClient(url: string, ca: string, credentials: KeyPair): ApiClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 16, ca, ...credentials });
  const send: ApiClient['send'] = (method, path, body, contentType, timeoutMs = DEFAULT_TIMEOUT_MS) =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const headers: Record<string, string> = { accept: 'application/json' };
      if (payload !== undefined) headers['content-type'] = contentType ?? 'application/json';
      const call = request(new URL(path, url), { method, agent, headers, timeout: timeoutMs }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      call.once('timeout', () => call.destroy(new Error(`no answer in ${timeoutMs} ms`)));
      call.once('error', reject);
      call.end(payload);
    });
  const json = async <T>(
    method: string,
    path: string,
    options: { body?: unknown; contentType?: string; also?: readonly number[] } = {},
  ): Promise<T> => {
    let answer: ApiAnswer;
    try {
      answer = await send(method, path, options.body, options.contentType);
    } catch (cause) {
      throw new KubedirectError(
        'API_SERVER_UNREACHABLE',
        `${method} ${url}${path}: expected an answer, got ${(cause as Error).message}`,
        { cause },
      );
    }
    const { status, text } = answer;
    if ((status < 200 || status > 299) && !(options.also ?? []).includes(status)) {
      throw new KubedirectError(
        'API_SERVER_UNREACHABLE',
        `${method} ${url}${path}: expected success, got ${status}: ${text.slice(0, 500)}`,
      );
    }
    return JSON.parse(text) as T;
  };
  return { send, json, close: () => agent.destroy() };
}

/** A Node, as far as the starter looks at it. @internal */
export interface NodeObject {
  readonly metadata: { readonly name: string; readonly resourceVersion?: string };
  readonly spec?: { readonly taints?: readonly { readonly key: string }[] };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const isReady = (node: NodeObject): boolean =>
  (node.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True') &&
  !(node.spec?.taints ?? []).some(({ key }) => key.startsWith('node.kubernetes.io/'));

/**
 * Waits until all the named Nodes are Ready and carry no taint of Kubernetes' own.
 * @throws KubedirectError `NODE_NOT_READY`
 * @internal
 */
export async function waitForNodes(
  client: ApiClient,
  names: readonly string[],
  withinMs = 120_000 + 20 * names.length,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  const waiting = new Set(names);
  for (let pause = 50; ; pause = Math.min(pause * 1.5, 500)) {
    const only = names.length === 1 ? `&fieldSelector=metadata.name%3D${names[0]}` : '';
    // From the watch cache: cheap with thousands of nodes.
    const { items } = await client.json<{ items: NodeObject[] }>(
      'GET',
      `/api/v1/nodes?resourceVersion=0${only}`,
    );
    for (const node of items) if (isReady(node)) waiting.delete(node.metadata.name);
    if (waiting.size === 0) return;
    if (Date.now() > deadline) {
      throw new KubedirectError(
        'NODE_NOT_READY',
        `${waiting.size} of ${names.length} nodes did not become Ready and untainted in ${withinMs} ms, among them ${[...waiting].slice(0, 3).join(', ')}`,
      );
    }
    await sleep(pause);
  }
}

/**
 * Waits until a node's Lease was renewed after `since` (Unix milliseconds): its kubelet works now, whatever the Node says.
 * @throws KubedirectError `NODE_NOT_READY`
 * @internal
 */
export async function waitForLease(
  client: ApiClient,
  node: string,
  since: number,
  withinMs = 120_000,
): Promise<void> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${node}`;
  for (const deadline = Date.now() + withinMs; ; await sleep(100)) {
    const { spec } = await client.json<{ spec?: { renewTime?: string } }>('GET', path, { also: [404] });
    if (spec?.renewTime !== undefined && Date.parse(spec.renewTime) >= since) return;
    if (Date.now() > deadline) {
      throw new KubedirectError(
        'NODE_NOT_READY',
        `node ${node}: expected its kubelet to renew its Lease in ${withinMs} ms, last renewed ${spec?.renewTime ?? 'never'}`,
      );
    }
  }
}
