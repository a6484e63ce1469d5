/** The embedded API server over HTTP: its answers, its streams, its refusals. */
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Embedded, startEmbedded } from '../../impl/embedded/index.ts';

let cluster: Embedded;
beforeAll(async () => {
  cluster = await startEmbedded({ nodes: 3, historyLimit: 500 });
});
afterAll(() => cluster.stop());

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const payload = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(cluster.url + path, { method, headers: { ...type, ...headers }, ...payload });
  const text = await response.text();
  const json = (response.headers.get('content-type') ?? '').includes('json') && text !== '';
  return { code: response.status, text, body: json ? JSON.parse(text) : undefined };
}

const deployment = (name: string, replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } },
  },
});

async function until<T>(look: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  for (let i = 0; i < 500; i++) {
    const value = await look();
    if (good(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`it did not come about: ${JSON.stringify(await look())}`);
}

/** Reads a watch line by line. */
async function* lines(path: string, signal: AbortSignal) {
  const response = await fetch(cluster.url + path, { signal });
  let rest = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    rest += Buffer.from(chunk).toString();
    const parts = rest.split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) yield JSON.parse(part);
  }
}

describe('a bad request gets a Status', () => {
  const cases: readonly [
    string,
    () => Promise<{ code: number; body?: Record<string, unknown> }>,
    number,
    string,
  ][] = [
    ['malformed JSON', () => call('POST', DEPLOYMENTS, '{"a":'), 400, 'BadRequest'],
    ['a body that is no object', () => call('POST', DEPLOYMENTS, '[]'), 400, 'BadRequest'],
    ['metadata of the wrong type', () => call('POST', CONFIGMAPS, { metadata: 'x' }), 400, 'BadRequest'],
    [
      'a spec of the wrong type',
      () => call('POST', DEPLOYMENTS, { metadata: { name: 'x' }, spec: 5 }),
      400,
      'BadRequest',
    ],
    [
      'another kind',
      () => call('POST', DEPLOYMENTS, { kind: 'Pod', metadata: { name: 'x' } }),
      400,
      'BadRequest',
    ],
    [
      'a body over 3 MiB',
      () => call('POST', CONFIGMAPS, `{"data":{"a":"${'x'.repeat(3_200_000)}"}}`),
      413,
      'RequestEntityTooLarge',
    ],
    [
      'protobuf',
      () => call('POST', CONFIGMAPS, 'k8s', { 'content-type': 'application/vnd.kubernetes.protobuf' }),
      415,
      'UnsupportedMediaType',
    ],
    ['a patch of an unknown type', () => call('PATCH', `${DEPLOYMENTS}/x`, {}), 415, 'UnsupportedMediaType'],
    [
      'an Accept that it does not have',
      () => call('GET', CONFIGMAPS, undefined, { accept: 'application/cbor' }),
      406,
      'NotAcceptable',
    ],
    ['an unknown path', () => call('GET', '/nowhere'), 404, 'NotFound'],
    ['an unknown resource', () => call('GET', '/apis/batch/v1/namespaces/default/jobs'), 404, 'NotFound'],
    [
      'a name that is no name',
      () => call('POST', CONFIGMAPS, { metadata: { name: 'Über/x' } }),
      422,
      'Invalid',
    ],
    ['a broken escape in the path', () => call('GET', '/api/v1/namespaces/%E0%A4%A/pods'), 400, 'BadRequest'],
    ['a limit that is no number', () => call('GET', `${CONFIGMAPS}?limit=many`), 400, 'BadRequest'],
    [
      'a continue token of its own making',
      () => call('GET', `${CONFIGMAPS}?continue=xyz`),
      400,
      'BadRequest',
    ],
    [
      'a selector that is none',
      () => call('GET', `${CONFIGMAPS}?labelSelector=a%20in%20b`),
      400,
      'BadRequest',
    ],
    [
      'an unknown dryRun',
      () => call('POST', `${CONFIGMAPS}?dryRun=Some`, { metadata: { name: 'x' } }),
      400,
      'BadRequest',
    ],
    [
      'a token of another server',
      () => call('GET', CONFIGMAPS, undefined, { authorization: 'Bearer abc.def.ghi' }),
      401,
      'Unauthorized',
    ],
    ['a method that there is not', () => call('OPTIONS', CONFIGMAPS), 405, 'MethodNotAllowed'],
    [
      'apply without a manager',
      () =>
        call('PATCH', `${DEPLOYMENTS}/x`, deployment('x', 1), {
          'content-type': 'application/apply-patch+yaml',
        }),
      422,
      'Invalid',
    ],
  ];
  it.each(cases)('for %s', async (_, ask, code, reason) => {
    const answer = await ask();
    expect(answer.code).toBe(code);
    expect(answer.body).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason });
    expect(String(answer.body?.message)).not.toBe('');
  });

  it('which says what the embedded server can not do, and what can', async () => {
    const jobs = await call('GET', '/apis/batch/v1/namespaces/default/jobs');
    expect(jobs.body.message).toContain('batch/jobs has no controller behind it here');
    const log = await call('GET', '/api/v1/namespaces/default/pods/x/log');
    expect(log.body.message).toContain('no container runs');
    expect(log.body.message).toContain('kubedirect up');
  });

  it('and a body without an end is cut off at the limit', async () => {
    const code = await new Promise<number>((resolve, reject) => {
      const sent = request(
        `${cluster.url}${CONFIGMAPS}`,
        { method: 'POST', headers: { 'content-type': 'application/json' } },
        (answer) => {
          resolve(answer.statusCode ?? 0);
          answer.resume();
          sent.destroy();
        },
      );
      sent.on('error', reject);
      const more = () => {
        while (!sent.destroyed && sent.write('x'.repeat(65_536)));
        sent.once('drain', more);
      };
      more();
    });
    expect(code).toBe(413);
  });

  it('and changes nothing', async () => {
    expect((await call('GET', CONFIGMAPS)).body.items).toEqual([]);
  });
});

describe('a watch', () => {
  it('streams every change once, in order, to each watcher, from a list on', async () => {
    const end = new AbortController();
    const { metadata } = (await call('GET', CONFIGMAPS)).body;
    const path = `${CONFIGMAPS}?watch=1&resourceVersion=${metadata.resourceVersion}`;
    const streams = [lines(path, end.signal), lines(path, end.signal)];
    await call('POST', CONFIGMAPS, { metadata: { name: 'w' }, data: { n: '0' } });
    for (const n of ['1', '2']) {
      await call(
        'PATCH',
        `${CONFIGMAPS}/w`,
        { data: { n } },
        { 'content-type': 'application/merge-patch+json' },
      );
    }
    await call('DELETE', `${CONFIGMAPS}/w`);
    for (const stream of streams) {
      const seen: unknown[] = [];
      for await (const { type, object } of stream) {
        expect(object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
        seen.push([type, object.data.n]);
        if (type === 'DELETED') break;
      }
      expect(seen).toEqual([
        ['ADDED', '0'],
        ['MODIFIED', '1'],
        ['MODIFIED', '2'],
        ['DELETED', '2'],
      ]);
    }
    end.abort();
  });

  it('from a revision that is gone ends with a 410 in the stream', async () => {
    for (let i = 0; i < 520; i++)
      await call('POST', `${CONFIGMAPS}`, { metadata: { generateName: 'fill-' } });
    const seen: { type: string; object: { code: number; reason: string } }[] = [];
    for await (const line of lines(`${CONFIGMAPS}?watch=1&resourceVersion=2`, new AbortController().signal))
      seen.push(line);
    expect(seen).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
    await call('DELETE', CONFIGMAPS);
  });

  it('with sendInitialEvents shows what there is, then marks the end of it', async () => {
    const end = new AbortController();
    const types: string[] = [];
    const path =
      '/api/v1/nodes?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan';
    for await (const { type, object } of lines(path, end.signal)) {
      types.push(type);
      if (type !== 'BOOKMARK') continue;
      expect(object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
      break;
    }
    end.abort();
    expect(types).toEqual(['ADDED', 'ADDED', 'ADDED', 'BOOKMARK']);
  });

  it('ends at its timeout', async () => {
    let count = 0;
    for await (const _ of lines(
      '/api/v1/nodes?watch=1&timeoutSeconds=1&resourceVersion=0',
      new AbortController().signal,
    ))
      count += 1;
    expect(count).toBeGreaterThanOrEqual(3);
  });
});

describe('identity', () => {
  const whoami = (headers: Record<string, string>) =>
    call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, headers).then(
      (answer) => answer.body.status.userInfo,
    );

  it('is the administrator by default, and whom one impersonates', async () => {
    expect((await whoami({})).username).toBe('system:admin');
    const user = await whoami({
      'impersonate-user': 'system:serviceaccount:ns:sa',
      'impersonate-group': 'g',
    });
    expect(user).toMatchObject({ username: 'system:serviceaccount:ns:sa' });
    expect(user.groups).toEqual(
      expect.arrayContaining(['g', 'system:serviceaccounts', 'system:serviceaccounts:ns']),
    );
  });

  it('is the service account whose token one brings, with the node that it is bound to', async () => {
    const body = { spec: { boundObjectRef: { kind: 'Node', name: 'node-1' } } };
    const issued = await call('POST', '/api/v1/namespaces/default/serviceaccounts/default/token', body);
    expect(issued.code).toBe(201);
    const user = await whoami({ authorization: `Bearer ${issued.body.status.token}` });
    expect(user.username).toBe('system:serviceaccount:default:default');
    expect(user.extra['authentication.kubernetes.io/node-name']).toEqual(['node-1']);
  });

  it('gives no token to an account that there is not', async () => {
    expect((await call('POST', '/api/v1/namespaces/default/serviceaccounts/nope/token', {})).code).toBe(404);
  });
});

describe('what kubectl asks for', () => {
  it('has discovery: groups, versions, resources with their short names', async () => {
    const groups = (await call('GET', '/apis')).body.groups.map((group: { name: string }) => group.name);
    expect(groups).toEqual(
      expect.arrayContaining([
        'apps',
        'coordination.k8s.io',
        'admissionregistration.k8s.io',
        'events.k8s.io',
      ]),
    );
    const { resources } = (await call('GET', '/apis/apps/v1')).body;
    const scale = resources.find((one: { name: string }) => one.name === 'deployments/scale');
    expect(scale).toMatchObject({ group: 'autoscaling', version: 'v1', kind: 'Scale' });
    expect((await call('GET', '/version')).body.gitVersion).toMatch(/^v1\.\d+/);
    for (const path of ['/healthz', '/readyz', '/livez']) expect((await call('GET', path)).text).toBe('ok');
  });

  it('prints a Table for lists and single objects', async () => {
    const table = (
      await call('GET', '/api/v1/nodes', undefined, {
        accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
      })
    ).body;
    expect(table.kind).toBe('Table');
    expect(table.columnDefinitions.map((column: { name: string }) => column.name).slice(0, 5)).toEqual([
      'Name',
      'Status',
      'Roles',
      'Age',
      'Version',
    ]);
    expect(table.rows.map((row: { cells: unknown[] }) => row.cells.slice(0, 2))).toEqual([
      ['node-0', 'Ready'],
      ['node-1', 'Ready'],
      ['node-2', 'Ready'],
    ]);
    expect(table.rows[0].object.kind).toBe('PartialObjectMetadata');
  });

  it('runs a Deployment to its end, and counts what that took, by side', async () => {
    cluster.resetRequests();
    await call('POST', DEPLOYMENTS, deployment('web', 30));
    const done = await until(
      () => call('GET', `${DEPLOYMENTS}/web`),
      (answer) => answer.body.status.availableReplicas === 30,
    );
    expect(done.body.status).toMatchObject({ replicas: 30, updatedReplicas: 30 });
    const rows = cluster.requests();
    const created = rows.find(
      (row) => row.verb === 'create' && row.resource === 'pods' && row.via === 'stock',
    );
    expect(created).toMatchObject({
      count: 30,
      code: 201,
      user: 'system:serviceaccount:kube-system:replicaset-controller',
    });
    expect(created?.responseBytes).toBeGreaterThan(30 * 500);
    expect(rows.find((row) => row.verb === 'create' && row.resource === 'pods/binding')?.count).toBe(30);
    expect(rows.find((row) => row.verb === 'create' && row.resource === 'deployments')).toMatchObject({
      via: 'http',
      count: 1,
    });
    await call('DELETE', `${DEPLOYMENTS}/web`);
    await until(
      () => call('GET', '/api/v1/namespaces/default/pods'),
      (answer) => answer.body.items.length === 0,
    );
  });

  it('has metrics under the names of the real API server', async () => {
    const { text } = await call('GET', '/metrics');
    expect(text).toMatch(
      /^apiserver_request_total\{code="201",component="apiserver",.*group="apps",resource="deployments",.*verb="POST",version="v1"\} \d+$/m,
    );
    expect(text).toContain('# TYPE apiserver_validating_admission_policy_check_total counter');
  });

  it('serves Events under both of their names', async () => {
    const event = {
      metadata: { name: 'e' },
      note: 'hello',
      reason: 'R',
      type: 'Normal',
      regarding: { kind: 'Pod', name: 'p', namespace: 'default' },
      action: 'A',
      reportingController: 'c',
      reportingInstance: 'i',
    };
    expect(
      (await call('POST', '/apis/events.k8s.io/v1/namespaces/default/events', event)).body,
    ).toMatchObject({ note: 'hello', kind: 'Event' });
    const old = (await call('GET', '/api/v1/namespaces/default/events/e')).body;
    expect(old).toMatchObject({ apiVersion: 'v1', message: 'hello', involvedObject: { name: 'p' } });
    expect(
      (await call('GET', '/api/v1/namespaces/default/events?fieldSelector=involvedObject.name=p')).body.items,
    ).toHaveLength(1);
  });
});

describe('start and stop', () => {
  it('refuses options out of their range by name', async () => {
    await expect(startEmbedded({ nodes: -1 })).rejects.toMatchObject({
      code: 'FLAG_INVALID',
      message: expect.stringContaining('nodes is -1'),
    });
    await expect(startEmbedded({ port: 70_000 })).rejects.toMatchObject({ code: 'FLAG_INVALID' });
    await expect(startEmbedded({ stockRateLimit: { qps: 0, burst: 1 } })).rejects.toMatchObject({
      code: 'FLAG_INVALID',
    });
  });

  it('leaves nothing behind: no file, no open stream, no listener', async () => {
    const other = await startEmbedded({ nodes: 1 });
    const { kubeconfig } = other;
    const agent = other.kubeconfigFor('system:serviceaccount:ns:agent');
    expect([kubeconfig, agent].map((path) => existsSync(path))).toEqual([true, true]);
    const stream = await fetch(`${other.url}/api/v1/nodes?watch=1`);
    const ended = stream.text().catch(() => 'cut');
    await other.stop();
    await ended;
    expect([kubeconfig, agent].map((path) => existsSync(path))).toEqual([false, false]);
    await expect(fetch(`${other.url}/readyz`)).rejects.toThrow();
  });
});
