/** A request is answered once, and to its end: whatever the API Server, another signer, or the end of one in between makes of it. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { beforeAll, expect, it } from 'vitest';
import { KubernetesError } from '../../impl/controller/kubernetes/errors.ts';
import { makeAuthority, readRequest, requestFor } from '../../impl/controller/links/certificates.ts';
import { ACCOUNTS, serviceAccountUser } from '../../impl/deploy/identities.ts';
import { type AnswerOptions, answer, type SigningRequest } from '../../impl/deploy/signer/answer.ts';
import { Desk } from '../../impl/deploy/signer/desk.ts';
import { USAGES } from '../../impl/deploy/signer/judge.ts';

const NAMESPACE = 'kubedirect-system';
const HOUR_MS = 3_600_000;
let authority: AnswerOptions['authority'];
let request: string;

beforeAll(async () => {
  const validity = { from: Date.now() - HOUR_MS, to: Date.now() + 100 * HOUR_MS };
  authority = { ...(await makeAuthority(validity)), ...validity };
  request = Buffer.from((await requestFor('scheduler')).request).toString('base64');
});

const refusal = (status: number, reason: string) =>
  new KubernetesError({ status, reason, message: reason, ambiguous: status >= 500 });

/** An API Server with one request: no condition twice, no write of what has changed; `trouble` may break a write before or after it. */
class Server {
  object: SigningRequest;
  readonly writes: string[] = [];
  asked = 0;
  shown: (object: SigningRequest) => void = () => {};
  trouble: (path: string, when: 'before' | 'after') => void = () => {};

  constructor(account: keyof typeof ACCOUNTS, conditions: readonly { type: string; status: string }[] = []) {
    this.object = {
      ...{ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' },
      metadata: { name: 'one', uid: 'u', resourceVersion: '1' },
      spec: {
        ...{ request, signerName: 'kubedirect.dev/links', usages: USAGES },
        username: serviceAccountUser(NAMESPACE, ACCOUNTS[account]),
      },
      ...(conditions.length > 0 && { status: { conditions } }),
    };
  }

  request = async <T>({ path, body }: { path: string; body?: unknown }): Promise<T> => {
    const given = body as SigningRequest;
    this.asked += 1;
    this.trouble(path, 'before');
    if (given.metadata.resourceVersion !== this.object.metadata.resourceVersion)
      throw refusal(409, 'Conflict');
    const types = given.status?.conditions?.map(({ type }) => type) ?? [];
    const isBoth = types.includes('Approved') && types.includes('Denied');
    if (new Set(types).size < types.length || isBoth) throw refusal(422, 'Invalid');
    this.writes.push(path.split('/').at(-1) as string);
    this.write(given);
    this.trouble(path, 'after');
    return this.object as T;
  };

  write({ metadata, ...rest }: SigningRequest) {
    const resourceVersion = String(Number(this.object.metadata.resourceVersion) + 1);
    this.object = { ...rest, metadata: { ...metadata, resourceVersion } };
    this.shown(this.object);
  }
}

const desk = (server: Server, log: string[], more: Partial<AnswerOptions> = {}) =>
  new Desk({
    ...{ signal: new AbortController().signal, backoff: { baseMs: 1, maxMs: 4 } },
    log: (_, { error }) => void log.push(String(error)),
    answer: (one) =>
      answer({ client: server, namespace: NAMESPACE, authority, now: Date.now, log: () => {}, ...more }, one),
  });
const settled = (server: Server) =>
  expect.poll(() => server.object.status?.certificate, { interval: 2 }).toBeDefined();
const rest = () => new Promise((resolve) => setTimeout(resolve, 20));

it('is approved and signed once, though the watch shows each of our own writes', async () => {
  const log: string[] = [];
  const server = new Server('scheduler');
  const one = desk(server, log);
  server.shown = (object) => one.shown(object);
  one.shown(server.object);
  one.open();
  one.shown(server.object);
  await settled(server);
  await rest();
  expect(server.writes).toEqual(['approval', 'status']);
  // A watch that is behind shows it as it was.
  one.shown({ ...server.object, status: { conditions: [] } });
  await rest();
  expect({ writes: server.writes, log }).toEqual({ writes: ['approval', 'status'], log: [] });
  expect(server.asked).toBe(2);
});

it.each([
  ['approval', 'before'],
  ['approval', 'after'],
  ['status', 'before'],
  ['status', 'after'],
] as const)('whose %s is answered 500 once, %s it was written, is signed', async (at, when) => {
  const log: string[] = [];
  const server = new Server('scheduler');
  let left = 1;
  server.trouble = (path, now) => {
    if (now === when && path.endsWith(at) && left-- > 0) throw refusal(500, 'InternalError');
  };
  const one = desk(server, log);
  server.shown = (object) => void setTimeout(() => one.shown(object), 5);
  one.open();
  one.shown(server.object);
  await settled(server);
  await rest();
  expect(server.writes).toEqual(['approval', 'status']);
  expect(log).toEqual([expect.stringContaining('InternalError')]);
});

it('that a signer approved, which has ended since, is signed by the other', async () => {
  const server = new Server('scheduler', [{ type: 'Approved', status: 'True' }]);
  const one = desk(server, []);
  one.open();
  one.shown(server.object);
  await settled(server);
  expect(server.writes).toEqual(['status']);
});

it('is answered by one of two that see it at once, without an error', async () => {
  const log: string[] = [];
  const server = new Server('scheduler');
  const both = [desk(server, log), desk(server, log)];
  server.shown = (object) => {
    for (const each of both) each.shown(object);
  };
  for (const each of both) each.open();
  server.shown(server.object);
  await settled(server);
  await rest();
  expect({ writes: server.writes, log }).toEqual({ writes: ['approval', 'status'], log: [] });
});

it('of another is denied once; approved by somebody all the same, it fails, and is not signed', async () => {
  const denied = new Server('replicaset');
  const approved = new Server('replicaset', [{ type: 'Approved', status: 'True' }]);
  for (const server of [denied, approved]) {
    const one = desk(server, []);
    server.shown = (object) => one.shown(object);
    one.open();
    one.shown(server.object);
  }
  await expect.poll(() => [denied.writes, approved.writes]).toEqual([['approval'], ['status']]);
  await rest();
  expect(denied.object.status?.conditions?.map(({ type }) => type)).toEqual(['Denied']);
  expect(approved.object.status?.conditions?.map(({ type }) => type)).toEqual(['Approved', 'Failed']);
  expect([denied.writes, approved.writes]).toEqual([['approval'], ['status']]);
});

it('one who asks without an end keeps nobody waiting: a bound for each account, and one for all', async () => {
  const under: string[] = [];
  let most = 0;
  const ends: (() => void)[] = [];
  const one = new Desk({
    ...{ signal: new AbortController().signal, log: () => {} },
    answer: ({ spec }) => {
      under.push(spec.username ?? '');
      most = Math.max(most, under.length);
      return new Promise((resolve) =>
        ends.push(() => {
          under.splice(under.indexOf(spec.username ?? ''), 1);
          resolve();
        }),
      );
    },
  });
  const { object } = new Server('scheduler');
  const show = (username: string, uid: string) =>
    one.shown({ ...object, metadata: { ...object.metadata, uid }, spec: { ...object.spec, username } });
  for (let i = 0; i < 500; i += 1) show('flood', `f${i}`);
  one.open();
  for (let i = 0; i < 20; i += 1) show(`stage-${i}`, `s${i}`);
  expect(under.filter((each) => each === 'flood')).toHaveLength(4);
  expect(under).toHaveLength(16);
  let answered = 0;
  while (ends.length > 0) {
    for (const end of ends.splice(0)) end();
    answered += 1;
    await new Promise((resolve) => setImmediate(resolve));
    if (answered === 3) expect(new Set(under)).toEqual(new Set(['flood']));
  }
  expect([most, under]).toEqual([16, []]);
});

it('one that can never be answered holds up no other', async () => {
  const one = new Desk({
    ...{ signal: new AbortController().signal, log: () => {}, backoff: { baseMs: 60_000, maxMs: 60_000 } },
    answer: async ({ metadata }) => {
      if (metadata.uid.startsWith('bad')) throw refusal(422, 'Invalid');
      answered.push(metadata.uid);
    },
  });
  const answered: string[] = [];
  const { object } = new Server('scheduler');
  for (let i = 0; i < 40; i += 1) one.shown({ ...object, metadata: { ...object.metadata, uid: `bad-${i}` } });
  one.shown({ ...object, metadata: { ...object.metadata, uid: 'good' } });
  one.open();
  await expect.poll(() => answered, { interval: 2 }).toEqual(['good']);
});

it('of another kind of key than ours, or larger than ours can be, is read as none', async () => {
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-521' }, true, [
    'sign',
    'verify',
  ]);
  const other = await x509.Pkcs10CertificateRequestGenerator.create({
    ...{ name: 'CN=scheduler', keys, signingAlgorithm: { name: 'ECDSA', hash: 'SHA-512' } },
  });
  expect(await readRequest(other.toString('pem'))).toBeNull();
  const { request: ours } = await requestFor('scheduler');
  expect(await readRequest(ours)).toMatchObject({ uris: ['spiffe://kubedirect/scheduler'] });
  expect(await readRequest(`${ours}${'\n'.repeat(10_000)}`)).toBeNull();
});
