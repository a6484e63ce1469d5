/** The kubelet's API of a Node: who may ask what, and what is answered. The streams themselves are in `test/cluster/cri.test.ts`. */
import fs from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { User, UserCallers } from '../../impl/controller/process/callers.ts';
import type { Listening } from '../../impl/controller/process/listen.ts';
import { createAuthority, type KeyPair } from '../../impl/controlplane/certificates.ts';
import { credentialsOf } from '../../impl/cri/api/credentials.ts';
import { serveKubeletApi } from '../../impl/cri/api/serve.ts';
import type { Streams } from '../../impl/cri/client.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-api-'));
const LOG = path.join(folder, '0.log');
const ALLOWED = ['kube-apiserver'];

const asked: string[] = [];
/** Judges by the name; notes what was asked of whom. */
const callers: UserCallers = {
  judge: async (token, right) =>
    token === null
      ? { allowed: false, status: 401, code: 'CALLER_UNAUTHENTICATED', message: 'expected a token, got none' }
      : callers.judgeUser({ username: token }, right),
  judgeUser: async ({ username, groups = [] }: User, { what }) => {
    asked.push(`${username} (${groups.join(', ')}): ${what}`);
    return ALLOWED.includes(username)
      ? { allowed: true, user: username }
      : { allowed: false, status: 403, code: 'CALLER_FORBIDDEN', message: `got ${username}` };
  },
};

let api: Listening;
let runtime: net.Server;
let streamed: string[] = [];
const UPGRADED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n';
let speaks = UPGRADED;
const certificates = {} as Record<'apiserver' | 'stranger' | 'server' | 'other', KeyPair>;

beforeAll(async () => {
  fs.writeFileSync(LOG, '2026-11-28T18:00:01Z stdout F hello\n');
  const [authority, another] = [await createAuthority(), await createAuthority()];
  fs.writeFileSync(path.join(folder, 'ca.crt'), authority.cert);
  certificates.apiserver = await authority.client({ user: 'kube-apiserver', groups: ['system:masters'] });
  certificates.stranger = await authority.client({ user: 'stranger', groups: [] });
  certificates.server = await authority.server('kube-apiserver', ['localhost'], []);
  certificates.other = await another.client({ user: 'kube-apiserver', groups: ['system:masters'] });
  // Answers any upgrade, says back what comes, and what it was asked.
  runtime = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (request) => {
      streamed.push(request.toString());
      socket.write(speaks);
      socket.pipe(socket);
    });
  });
  await new Promise<void>((resolve) => runtime.listen(0, '127.0.0.1', resolve));
  const { port } = runtime.address() as net.AddressInfo;
  const url =
    (what: string) =>
    async (...args: readonly unknown[]) =>
      new URL(`http://127.0.0.1:${port}/${what}/${encodeURIComponent(JSON.stringify(args))}`);
  const container = (isRunning: boolean, file: string) => {
    return {
      id: isRunning ? 'c-1' : null,
      isRunning: () => isRunning,
      logFile: (b: boolean) => (b ? `${file}-` : file),
    };
  };
  api = await serveKubeletApi({
    ...{ node: 'n', address: '127.0.0.1', port: 0, callers, log: () => {} },
    files: { tls: undefined, clientCa: path.join(folder, 'ca.crt') },
    served: {
      streams: { exec: url('exec'), attach: url('attach'), portForward: url('portforward') },
      pod: (namespace, name) =>
        `${namespace}/${name}` !== 'default/web'
          ? null
          : {
              sandbox: 's-1',
              container: (one) =>
                one === 'main' ? container(true, LOG) : one === 'later' ? container(false, '/none') : null,
            },
    },
  });
});
afterAll(async () => {
  await api.close();
  runtime.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

interface Who {
  readonly as?: KeyPair;
  readonly token?: string;
}
interface Answer {
  readonly status: number;
  readonly text: string;
}
const optionsFor = (url: string, { as, token }: Who, more: https.RequestOptions = {}) => {
  const [host, port] = api.address.split(':');
  const headers = { ...more.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  return { host, port, path: url, rejectUnauthorized: false, agent: false, ...as, ...more, headers } as const;
};
const ask = (url: string, who: Who = { as: certificates.apiserver }, method = 'GET') =>
  new Promise<Answer>((resolve, reject) => {
    const request = https.request(optionsFor(url, who, { method }), async (answer) => {
      let text = '';
      for await (const part of answer) text += part;
      resolve({ status: answer.statusCode ?? 0, text });
    });
    request.once('error', reject).end();
  });
/** Asks for an upgrade: what was said back of `words`, or the refusal. */
const upgrade = (url: string, who: Who = { as: certificates.apiserver }, method = 'POST', words = 'words') =>
  new Promise<Answer>((resolve, reject) => {
    const headers = { Connection: 'Upgrade', Upgrade: 'SPDY/3.1' };
    const request = https.request(optionsFor(url, who, { method, headers }));
    request.once('upgrade', (_, socket) => {
      socket.once('data', (text: Buffer) => {
        socket.destroy();
        resolve({ status: 101, text: text.toString() });
      });
      socket.write(words);
    });
    request.once('response', async (answer) => {
      let text = '';
      for await (const part of answer) text += part;
      resolve({ status: answer.statusCode ?? 0, text });
    });
    request.once('error', reject).end();
  });

describe("the kubelet's API of a node", () => {
  const log = '/containerLogs/default/web/main';

  it('takes the API Server by its certificate, with its groups, and asks what a kubelet asks', async () => {
    asked.length = 0;
    expect(await ask(log)).toEqual({ status: 200, text: 'hello\n' });
    expect(asked).toEqual(['kube-apiserver (system:masters, system:authenticated): get nodes/proxy of n']);
  });

  it('takes a token', async () => expect((await ask(log, { token: 'kube-apiserver' })).status).toBe(200));

  it.each<[string, () => Who, number]>([
    ['nobody', () => ({}), 401],
    ['a certificate of another authority', () => ({ as: certificates.other }), 401],
    ["a server's certificate of this authority", () => ({ as: certificates.server }), 401],
    ['who may not', () => ({ as: certificates.stranger }), 403],
    ['a token of who may not', () => ({ token: 'stranger' }), 403],
    ['who may not, beside a certificate', () => ({ token: 'stranger', as: certificates.apiserver }), 403],
  ])('refuses %s: logs, exec, and what there is none of', async (_name, who, status) => {
    streamed = [];
    for (const url of [log, '/pods', '/containerLogs/default/none/main'])
      expect((await ask(url, who())).status).toBe(status);
    expect((await upgrade('/exec/default/web/main?command=sh&output=1', who())).status).toBe(status);
    expect(streamed).toEqual([]);
  });

  it('asks for more where something runs, whatever the method', async () => {
    asked.length = 0;
    for (const method of ['GET', 'POST'])
      await upgrade('/exec/default/web/main?command=a&output=1', { token: 'kube-apiserver' }, method);
    expect(asked).toEqual(Array(2).fill('kube-apiserver (): create nodes/proxy of n'));
  });

  it.each(['//', '//[', '*', 'http://[', '/%ff', '?', ''])(
    'answers a request for %j, and goes on',
    async (target) => {
      const { cert, key } = certificates.apiserver;
      const [host, port] = api.address.split(':') as [string, string];
      for (const more of ['', 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n']) {
        const socket = tls.connect({ host, port: Number(port), cert, key, rejectUnauthorized: false });
        let said = '';
        socket.on('data', (text) => {
          said += text;
        });
        socket.write(`GET ${target} HTTP/1.1\r\nHost: n\r\n${more}\r\n`);
        await expect.poll(() => said).toMatch(/^HTTP\/1.1 40[04] /);
        socket.destroy();
      }
      expect((await ask(log)).status).toBe(200);
    },
  );

  it('passes on what the runtime says instead of an upgrade, and nothing more', async () => {
    speaks = 'HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone';
    streamed = [];
    try {
      const answer = await upgrade('/exec/default/web/main?command=a&output=1');
      expect(answer).toEqual({ status: 500, text: expect.stringMatching(/^RUNTIME_FAILED: .* status 404/) });
      expect(streamed).toHaveLength(1);
    } finally {
      speaks = UPGRADED;
    }
  });

  it('believes no authority where the file for it has none', async () => {
    const empty = path.join(folder, 'empty.crt');
    fs.writeFileSync(empty, '');
    await expect(credentialsOf({ tls: undefined, clientCa: empty }, 'n', '127.0.0.1')).rejects.toMatchObject({
      code: 'CERTIFICATES_UNREADABLE',
    });
  });

  const output: Streams = { stdin: false, stdout: true, stderr: false, tty: false };
  it.each([
    ['/exec/default/web/main?command=a&command=b%20c&output=1', ['c-1', ['a', 'b c'], output]],
    [
      '/exec/default/web/uid/main?command=a&input=1&output=1&error=1',
      ['c-1', ['a'], { ...output, stdin: true, stderr: true }],
    ],
    [
      '/exec/default/web/main?command=a&output=true&error=true&tty=true',
      ['c-1', ['a'], { ...output, tty: true }],
    ],
    ['/attach/default/web/main?output=1', ['c-1', output]],
    ['/portForward/default/web', ['s-1', []]],
    ['/portForward/default/web/uid?port=80', ['s-1', [80]]],
  ])('hands through %s', async (url, expected) => {
    streamed = [];
    expect(await upgrade(url, { token: 'kube-apiserver' })).toEqual({ status: 101, text: 'words' });
    const [request = ''] = streamed;
    expect(JSON.parse(decodeURIComponent(request.split(' ')[1]?.split('/')[2] ?? ''))).toEqual(expected);
    expect(request).toMatch(/^POST [\s\S]*\r\nHost: 127/i);
    expect(request).toMatch(/Upgrade: SPDY/i);
    // The caller's token is not the runtime's to see.
    expect(request).not.toMatch(/authorization/i);
  });

  it.each([
    ['GET', '/containerLogs/default/none/main', 404, 'CONTAINER_UNKNOWN'],
    ['GET', '/containerLogs/default/web/none', 404, 'CONTAINER_UNKNOWN'],
    ['GET', '/containerLogs/default/web/later', 404, 'CONTAINER_UNKNOWN'],
    ['GET', `${log}?previous=true`, 404, 'CONTAINER_UNKNOWN'],
    ['GET', `${log}?tailLines=x`, 400, 'FLAG_INVALID'],
    ['POST', log, 405, 'METHOD_NOT_ALLOWED'],
    ['GET', '/pods', 404, 'PATH_UNKNOWN'],
    ['GET', '/%zz', 404, 'PATH_UNKNOWN'],
    ['POST', '/exec/default/web/main?command=a', 405, 'METHOD_NOT_ALLOWED'],
  ])('%s %s: %i %s', async (method, url, status, code) => {
    const answer = await ask(url, undefined, method);
    expect([answer.status, answer.text.split(':')[0]]).toEqual([status, code]);
  });
  it.each([
    ['/exec/default/web/main?output=1', 400, 'FLAG_INVALID'],
    ['/exec/default/web/main?command=a', 400, 'FLAG_INVALID'],
    ['/exec/default/web/later?command=a&output=1', 404, 'CONTAINER_UNKNOWN'],
    ['/portForward/default/web?port=0', 400, 'FLAG_INVALID'],
    ['/run/default/web/main', 404, 'PATH_UNKNOWN'],
  ])('an upgrade of %s: %i %s', async (url, status, code) => {
    const answer = await upgrade(url);
    expect([answer.status, answer.text.split(':')[0]]).toEqual([status, code]);
  });
});
