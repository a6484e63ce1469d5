/** impl/controller/kubernetes/client.ts: one interface to the API Server, and an honest word on each failure. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { denyingPolicy, KubernetesError } from '../../impl/controller/kubernetes/errors.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import {
  type FakeServer,
  fact,
  json,
  kubeconfigFor,
  startFakeServer,
  status,
} from './support/fake-server.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(answer: FakeServer['answer'], user: object = {}, connections = 4) {
  const server = await startFakeServer(answer, user);
  cleanups.push(() => server.close());
  const client = createKubernetesClient({ kubeconfig: server.kubeconfig, connections });
  cleanups.push(() => client.close());
  return { server, client };
}

async function failure(promise: Promise<unknown>): Promise<KubernetesError> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(KubernetesError);
  return error as KubernetesError;
}

const PODS = pathOf({ resource: 'pods', namespace: 'a' });

describe('a request', () => {
  it('sends JSON with the token of the kubeconfig and returns the object', async () => {
    const { server, client } = await serve((_, response) => json(response, 201, { kind: 'Pod' }), {
      token: 'secret',
    });
    expect(await client.createPod('a', { metadata: { name: 'p' } })).toEqual({ kind: 'Pod' });
    expect(server.asked[0]).toMatchObject({ method: 'POST', body: '{"metadata":{"name":"p"}}' });
    expect(server.asked[0]?.url.pathname).toBe('/api/v1/namespaces/a/pods');
    expect(server.asked[0]?.headers).toMatchObject({
      authorization: 'Bearer secret',
      'content-type': 'application/json',
    });
  });

  it('keeps to the given number of connections, and reuses them', async () => {
    const { server, client } = await serve((_, response) => json(response, 200, {}), {}, 3);
    for (let round = 0; round < 2; round += 1) {
      await Promise.all(Array.from({ length: 50 }, () => client.request({ method: 'GET', path: PODS })));
    }
    expect(server.asked).toHaveLength(100);
    expect(server.connections).toBe(3);
  });

  it('is refused as KUBECONFIG_INVALID with certificates that are none', async () => {
    const nonsense = Buffer.from('nonsense').toString('base64');
    const { server, client } = await serve((_, response) => json(response, 200, {}), {
      'client-certificate-data': nonsense,
      'client-key-data': nonsense,
    });
    await expect(client.request({ method: 'GET', path: PODS })).rejects.toMatchObject({
      code: 'KUBECONFIG_INVALID',
      message: expect.stringContaining('expected PEM'),
    });
    expect(server.asked).toHaveLength(0);
  });

  it('keeps its connections over deletes with a body, which the HTTP client would close after each', async () => {
    const { server, client } = await serve((_, response) => json(response, 200, {}), {}, 3);
    for (let round = 0; round < 2; round += 1) {
      await Promise.all(Array.from({ length: 20 }, (_, i) => client.deletePod('a', `p${i}`, { uid: 'u' })));
    }
    expect(server.asked).toHaveLength(40);
    expect(server.asked[0]?.body).toContain('"uid":"u"');
    expect(server.connections).toBe(3);
  });

  it.each([
    ['merge', 'application/merge-patch+json'],
    ['strategic', 'application/strategic-merge-patch+json'],
    ['json', 'application/json-patch+json'],
    ['apply', 'application/apply-patch+yaml'],
  ] as const)('states the content type of a %s patch', async (patchType, expected) => {
    const { server, client } = await serve((_, response) => json(response, 200, {}));
    await client.request({ method: 'PATCH', path: PODS, patchType, body: {}, query: { fieldManager: 'm' } });
    expect(server.asked[0]?.headers['content-type']).toBe(expected);
    expect(server.asked[0]?.url.searchParams.get('fieldManager')).toBe('m');
  });

  it('deletes with the preconditions and the grace that it was given', async () => {
    const { server, client } = await serve((_, response) => json(response, 200, {}));
    await client.deletePod('a', 'p', { uid: 'u', resourceVersion: '7', gracePeriodSeconds: 1 });
    expect(JSON.parse(server.asked[0]?.body ?? '')).toMatchObject({
      kind: 'DeleteOptions',
      gracePeriodSeconds: 1,
      preconditions: { uid: 'u', resourceVersion: '7' },
    });
  });

  it('asks for new credentials once when the answer is 401', async () => {
    const { server, client } = await serve((_, response) =>
      json(response, 401, status(401, 'Unauthorized', 'no')),
    );
    expect(await failure(client.request({ method: 'GET', path: PODS }))).toMatchObject({ status: 401 });
    expect(server.asked).toHaveLength(2);
  });

  it('asks the plugin of a kubeconfig again after a 401', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubedirect-token-'));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'first');
    const { client } = await serve(
      (asked, response) =>
        asked.headers.authorization === 'Bearer second'
          ? json(response, 200, { kind: 'Pod' })
          : json(response, 401, status(401, 'Unauthorized', 'expired')),
      {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: process.execPath,
          args: ['-e', execPlugin(tokenFile)],
          interactiveMode: 'Never',
        },
      },
    );
    await failure(client.request({ method: 'GET', path: PODS }));
    writeFileSync(tokenFile, 'second');
    expect(await client.request({ method: 'GET', path: PODS })).toEqual({ kind: 'Pod' });
  });
});

/** An exec plugin whose token is valid for no time, so that it is asked each time. */
function execPlugin(tokenFile: string): string {
  return `const token = require('node:fs').readFileSync(${JSON.stringify(tokenFile)}, 'utf8');
    process.stdout.write(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential',
      status: { token, expirationTimestamp: new Date(0).toISOString() } }));`;
}

describe('a failed request', () => {
  it('carries status, reason, message, details and Retry-After', async () => {
    const { client } = await serve((_, response) =>
      json(response, 429, status(429, 'TooManyRequests', 'later', { causes: [{ reason: 'X' }] }), {
        'retry-after': '3',
      }),
    );
    const error = await failure(client.createPod('a', {}));
    expect(error).toMatchObject({
      code: 'API_REQUEST_FAILED',
      status: 429,
      reason: 'TooManyRequests',
      retryAfterSeconds: 3,
      ambiguous: false,
    });
    expect(error.message).toContain('later');
    expect(error.details?.causes).toEqual([{ reason: 'X' }]);
  });

  it('takes an answer that is not JSON for what it says', async () => {
    const { client } = await serve((_, response) => void response.writeHead(503).end('apiserver not ready'));
    expect(await failure(client.request({ method: 'GET', path: PODS }))).toMatchObject({
      status: 503,
      reason: 'ServiceUnavailable',
      message: expect.stringContaining('apiserver not ready'),
    });
  });

  it.each([409, 403, 404, 422, 429])('is definite when a write is answered %i', async (code) => {
    const { client } = await serve((_, response) => json(response, code, status(code, '', 'no')));
    expect((await failure(client.createPod('a', {}))).ambiguous).toBe(false);
  });

  it.each([500, 502, 503, 504])('is ambiguous when a write is answered %i', async (code) => {
    const { client } = await serve((_, response) => json(response, code, status(code, '', 'no')));
    expect((await failure(client.createPod('a', {}))).ambiguous).toBe(true);
  });

  it('is ambiguous when the connection is lost after a write was sent, and the write is sent once', async () => {
    const { server, client } = await serve((_, response) => void response.destroy());
    expect(await failure(client.createPod('a', {}))).toMatchObject({
      status: 0,
      reason: 'ConnectionLost',
      ambiguous: true,
      code: 'API_SERVER_UNREACHABLE',
    });
    expect(server.asked).toHaveLength(1);
  });

  it('is not ambiguous for a read, which is sent a second time', async () => {
    const { server, client } = await serve((_, response) => void response.destroy());
    expect(await failure(client.request({ method: 'GET', path: PODS }))).toMatchObject({
      reason: 'ConnectionLost',
      ambiguous: false,
    });
    expect(server.asked).toHaveLength(2);
  });

  it('is ambiguous when a write was sent and no answer came in time', async () => {
    const { client } = await serve(() => undefined);
    const request = { method: 'POST', path: PODS, body: {}, timeoutMs: 50 } as const;
    expect(await failure(client.request(request))).toMatchObject({
      status: 0,
      reason: 'Timeout',
      ambiguous: true,
    });
  });

  it('is definite when a write waited for a connection and was given up before it was sent', async () => {
    const { server, client } = await serve(() => undefined, {}, 1);
    const first = client
      .request({ method: 'POST', path: PODS, body: { n: 1 }, timeoutMs: 400 })
      .catch((error: unknown) => error);
    const waiting = await failure(
      client.request({ method: 'POST', path: PODS, body: { n: 2 }, timeoutMs: 50 }),
    );
    expect(waiting).toMatchObject({ reason: 'Timeout', ambiguous: false });
    await first;
    expect(
      await failure(client.request({ method: 'POST', path: PODS, body: { n: 3 }, timeoutMs: 200 })),
    ).toMatchObject({ ambiguous: true });
    expect(server.asked.map((asked) => asked.body)).toEqual(['{"n":1}', '{"n":3}']);
  });

  it('is aborted by its signal', async () => {
    const arrived = fact();
    const { client } = await serve(() => arrived.tell());
    const stop = new AbortController();
    const failed = failure(client.request({ method: 'DELETE', path: PODS, signal: stop.signal }));
    await arrived.done;
    stop.abort();
    expect(await failed).toMatchObject({ reason: 'Aborted', ambiguous: true });
  });

  it('says API_SERVER_UNREACHABLE, and is definite, when nothing listens', async () => {
    const socket = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => socket.once('listening', resolve));
    const { port } = socket.address() as AddressInfo;
    await new Promise((resolve) => socket.close(resolve));
    const folder = mkdtempSync(join(tmpdir(), 'kubedirect-none-'));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const client = createKubernetesClient({ kubeconfig: kubeconfigFor(folder, `http://127.0.0.1:${port}`) });
    cleanups.push(() => client.close());
    expect(await failure(client.createPod('a', {}))).toMatchObject({
      code: 'API_SERVER_UNREACHABLE',
      reason: 'Unreachable',
      ambiguous: false,
    });
  });

  it('names the policy that denied it', () => {
    const message = `pods "x" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no`;
    expect(
      denyingPolicy(new KubernetesError({ status: 403, reason: 'Forbidden', message, ambiguous: false })),
    ).toBe('p');
    expect(
      denyingPolicy(
        new KubernetesError({
          status: 403,
          reason: 'Forbidden',
          message: 'exceeded quota',
          ambiguous: false,
        }),
      ),
    ).toBeUndefined();
  });
});

describe('a kubeconfig', () => {
  const create = (text: string): KubernetesClient => {
    const folder = mkdtempSync(join(tmpdir(), 'kubedirect-config-'));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'kubeconfig');
    writeFileSync(path, text);
    return createKubernetesClient({ kubeconfig: path });
  };
  it.each([
    ['that does not exist', () => createKubernetesClient({ kubeconfig: '/nonexistent/kubeconfig' })],
    ['that is not YAML', () => create('{{{')],
    [
      'without a cluster',
      () =>
        create('apiVersion: v1\nkind: Config\ncurrent-context: x\nclusters: []\ncontexts: []\nusers: []\n'),
    ],
  ])('%s is refused by name', (_, attempt) => {
    expect(attempt).toThrow(expect.objectContaining({ code: 'KUBECONFIG_INVALID' }));
  });
  it('names a token file relative to itself, which is read again after a 401', async () => {
    const { server, client } = await serve(
      (asked, response) =>
        asked.headers.authorization === 'Bearer second'
          ? json(response, 200, { kind: 'Pod' })
          : json(response, 401, status(401, 'Unauthorized', 'expired')),
      { tokenFile: 'token' },
    );
    const tokenFile = join(dirname(server.kubeconfig), 'token');
    writeFileSync(tokenFile, 'first\n');
    expect(await failure(client.request({ method: 'GET', path: PODS }))).toMatchObject({ status: 401 });
    writeFileSync(tokenFile, 'second\n');
    expect(await client.request({ method: 'GET', path: PODS })).toEqual({ kind: 'Pod' });
  });
  it('whose token file is missing is refused by name when it is used', async () => {
    const { client } = await serve((_, response) => json(response, 200, {}), { tokenFile: 'none' });
    await expect(client.request({ method: 'GET', path: PODS })).rejects.toMatchObject({
      code: 'KUBECONFIG_INVALID',
    });
  });
  it('in two files takes the context from the first that has one', async () => {
    const { server } = await serve((_, response) => json(response, 200, { kind: 'Pod' }));
    const folder = mkdtempSync(join(tmpdir(), 'kubedirect-two-'));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const first = join(folder, 'first');
    writeFileSync(first, 'current-context: test\nclusters: []\n');
    const before = process.env.KUBECONFIG;
    process.env.KUBECONFIG = [first, join(folder, 'absent'), server.kubeconfig].join(delimiter);
    cleanups.push(() => {
      if (before === undefined) delete process.env.KUBECONFIG;
      else process.env.KUBECONFIG = before;
    });
    const client = createKubernetesClient();
    cleanups.push(() => client.close());
    expect(await client.request({ method: 'GET', path: PODS })).toEqual({ kind: 'Pod' });
  });
  it('may impersonate, and so may the client', async () => {
    const { server, client } = await serve((_, response) => json(response, 200, {}), {
      as: 'u',
      'as-groups': ['g', 'h'],
    });
    await client.request({ method: 'GET', path: PODS });
    expect(server.asked[0]?.headers).toMatchObject({ 'impersonate-user': 'u', 'impersonate-group': 'g, h' });
    const probe = createKubernetesClient({
      kubeconfig: server.kubeconfig,
      impersonate: { user: 'v', extra: { 'a.io/b': 'c' } },
    });
    cleanups.push(() => probe.close());
    await probe.request({ method: 'GET', path: PODS });
    expect(server.asked[1]?.headers).toMatchObject({
      'impersonate-user': 'v',
      'impersonate-extra-a.io%2fb': 'c',
    });
  });
  it('that would send credentials in clear over the network is refused', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubedirect-clear-'));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const kubeconfig = kubeconfigFor(folder, 'http://192.0.2.1:8080', { token: 't' });
    expect(() => createKubernetesClient({ kubeconfig })).toThrow(
      expect.objectContaining({ code: 'KUBECONFIG_INVALID' }),
    );
  });
});

describe('a consistent list', () => {
  it('reads all pages without a resourceVersion and fills in kind and apiVersion', async () => {
    const { server, client } = await serve((asked, response) => {
      const second = asked.url.searchParams.get('continue') === 'more';
      const items = [{ metadata: { name: second ? 'b' : 'a' } }];
      json(response, 200, {
        apiVersion: 'v1',
        kind: 'PodList',
        metadata: { resourceVersion: '5', ...(!second && { continue: 'more' }) },
        items,
      });
    });
    const list = await client.list(PODS, { labelSelector: 'x=y' });
    expect(list.items).toEqual([
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'b' } },
    ]);
    expect(server.asked.every((asked) => !asked.url.searchParams.has('resourceVersion'))).toBe(true);
    expect(server.asked[1]?.url.searchParams.get('labelSelector')).toBe('x=y');
  });

  it('starts again, without pages, when the snapshot of its pages is gone', async () => {
    const { client } = await serve((asked, response) => {
      if (asked.url.searchParams.has('continue'))
        return json(response, 410, status(410, 'Expired', 'compacted'));
      const whole = !asked.url.searchParams.has('limit');
      const items = (whole ? ['c', 'd'] : ['a']).map((name) => ({ metadata: { name } }));
      json(response, 200, {
        apiVersion: 'v1',
        kind: 'PodList',
        metadata: { resourceVersion: '5', ...(!whole && { continue: 'more' }) },
        items,
      });
    });
    expect((await client.list(PODS)).items.map((item) => item.metadata.name)).toEqual(['c', 'd']);
  });

  it('of one object is undefined if there is none', async () => {
    const { client } = await serve((_, response) => json(response, 404, status(404, 'NotFound', 'none')));
    expect(await client.get(`${PODS}/x`)).toBeUndefined();
  });
});
