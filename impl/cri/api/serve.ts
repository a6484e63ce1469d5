/**
 * The kubelet's HTTPS API of a Node whose containers our agent runs, as far as `kubectl logs`, `exec`, `attach` and `port-forward` need it (the
 * API Server asks here on their behalf):
 *
 * - `GET /containerLogs/{namespace}/{Pod}/{container}` with `follow`, `previous`, `timestamps`, `tailLines`, `limitBytes`, `sinceSeconds`, `sinceTime`
 * - `/exec/{namespace}/{Pod}[/{uid}]/{container}` with `command`…, and `/attach/…`: `input`, `output`, `error`, `tty`; an upgrade
 * - `/portForward/{namespace}/{Pod}[/{uid}]`: an upgrade
 * - `GET /healthz`
 *
 * A caller shows a certificate of an authority that is trusted here, or a token, and must be allowed `nodes/proxy` of this Node. Errors are a
 * code of `spec/errors.ts` and a sentence, as text, which kubectl prints: 400 `FLAG_INVALID`, 401 `CALLER_UNAUTHENTICATED`, 403 `CALLER_FORBIDDEN`,
 * 404 `CONTAINER_UNKNOWN` or `PATH_UNKNOWN`, 405 `METHOD_NOT_ALLOWED`, 500 `RUNTIME_FAILED`, 503 `API_SERVER_UNREACHABLE`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TLSSocket } from 'node:tls';
import { type ErrorCode, KubedirectError } from '../../../spec/errors.ts';
import { tokenOf, type UserCallers } from '../../controller/process/callers.ts';
import { type Listening, listenOn } from '../../controller/process/listen.ts';
import { type CredentialFiles, credentialsOf } from './credentials.ts';
import { certifiedUser, rightOf } from './identity.ts';
import { readLog } from './log.ts';
import { logOptionsOf } from './logOptions.ts';
import { containerOf, logOf, type Served } from './served.ts';
import { streamOf } from './streams.ts';
import { tunnel } from './tunnel.ts';

/** What is served, to whom. */
export interface KubeletApiOptions {
  readonly node: string;
  /** Of the node. */
  readonly address: string;
  readonly port: number;
  readonly files: CredentialFiles;
  readonly served: Served;
  readonly callers: UserCallers;
  readonly log: (text: string, fields: Readonly<Record<string, unknown>>) => void;
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  FLAG_INVALID: 400,
  CALLER_UNAUTHENTICATED: 401,
  CALLER_FORBIDDEN: 403,
  CONTAINER_UNKNOWN: 404,
  PATH_UNKNOWN: 404,
  METHOD_NOT_ALLOWED: 405,
  CALLER_THROTTLED: 429,
  API_SERVER_UNREACHABLE: 503,
};
/** Files of certificates are read again so often. */
const READ_AGAIN_MS = 3_600_000;
/** A peer that is gone without a word is found out by then. */
const KEEP_ALIVE_MS = 15_000;
const HEADERS_MS = 10_000;
/** More connections at once are not taken: the agent has its Pods to see to. */
const CONNECTIONS = 512;

interface Refusal {
  readonly status: number;
  readonly text: string;
}

function refusalOf(error: unknown): Refusal {
  const code = error instanceof KubedirectError ? error.code : 'RUNTIME_FAILED';
  const text = error instanceof Error ? error.message : String(error);
  return { status: STATUS[code] ?? 500, text: `${code}: ${text}\n` };
}

interface Asked {
  readonly method: string;
  /** Parts of the path, decoded. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

/** Path and query, as they came: whatever else a request line may hold is no path of ours. */
function targetOf({ url = '' }: IncomingMessage): readonly [path: string, query: string] {
  const [path = '', ...rest] = url.split('?');
  return [path, rest.join('?')];
}

function askedBy(request: IncomingMessage): Asked {
  const { method = '' } = request;
  const [pathname, query] = targetOf(request);
  try {
    const parts = pathname.split('/').slice(1).map(decodeURIComponent);
    return { method, parts, query: new URLSearchParams(query) };
  } catch {
    throw new KubedirectError('PATH_UNKNOWN', `expected a path of the kubelet's API, got ${pathname}`);
  }
}

const STREAMS = ['exec', 'attach', 'portForward'];

/** @throws KubedirectError `CALLER_UNAUTHENTICATED`, `CALLER_FORBIDDEN`, `API_SERVER_UNREACHABLE` */
async function admit(
  { node, callers }: KubeletApiOptions,
  request: IncomingMessage,
  { method, parts }: Asked,
) {
  const right = rightOf(node, method, STREAMS.includes(parts[0] ?? ''));
  const user = certifiedUser(request.socket as TLSSocket);
  const token = tokenOf(request.headers.authorization);
  const verdict = await (user !== null && token === null
    ? callers.judgeUser(user, right, request.socket.remoteAddress)
    : callers.judge(token, right, request.socket.remoteAddress));
  if (!verdict.allowed) throw new KubedirectError(verdict.code, verdict.message);
}

async function giveLog({ served }: KubeletApiOptions, { parts, query }: Asked, response: ServerResponse) {
  const [, namespace = '', pod = '', name = ''] = parts;
  const options = logOptionsOf(query, Date.now());
  const container = containerOf(served, { namespace, pod, name });
  const file = await logOf(container, options.previous);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const following = { isOver: () => !container.isRunning(), signal: gone.signal };
  const follows = options.follow && !options.previous ? following : null;
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.flushHeaders();
  await pipeline(Readable.from(readLog(file, options, follows)), response);
}

async function answer(options: KubeletApiOptions, request: IncomingMessage, response: ServerResponse) {
  const asked = askedBy(request);
  await admit(options, request, asked);
  const { method, parts } = asked;
  const [what = ''] = parts;
  if (STREAMS.includes(what))
    throw new KubedirectError(
      'METHOD_NOT_ALLOWED',
      `${what}: expected an upgrade (SPDY, WebSocket), got none`,
    );
  if (method !== 'GET') throw new KubedirectError('METHOD_NOT_ALLOWED', `expected GET, got ${method}`);
  if (what === 'healthz' && parts.length === 1) return void response.end('ok');
  if (what === 'containerLogs' && parts.length === 4) return giveLog(options, asked, response);
  throw new KubedirectError(
    'PATH_UNKNOWN',
    `expected /containerLogs, /exec, /attach, /portForward or /healthz, got /${parts.join('/')}`,
  );
}

/** Serves it. @throws KubedirectError `PORT_TAKEN`, `CERTIFICATES_UNREADABLE` */
export async function serveKubeletApi(options: KubeletApiOptions): Promise<Listening> {
  const { node, address, port, files, served, log } = options;
  const say = (request: IncomingMessage, error: unknown) => {
    const [asked] = targetOf(request);
    log("the kubelet's API refused a request", { path: asked, error: (error as Error).message });
  };
  let credentials = await credentialsOf(files, node, address);
  const server = https.createServer(
    {
      ...credentials,
      ...{ requestCert: credentials.ca !== undefined, rejectUnauthorized: false },
      ...{ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS },
    },
    (request, response) => {
      answer(options, request, response).catch((error: unknown) => {
        if (response.headersSent) return void response.destroy();
        say(request, error);
        const { status, text } = refusalOf(error);
        response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
      });
    },
  );
  server.maxConnections = CONNECTIONS;
  const tunnels = new Set<Duplex>();
  server.on('upgrade', (request, socket, head) => {
    tunnels.add(socket);
    socket.once('close', () => tunnels.delete(socket));
    socket.on('error', () => socket.destroy());
    const refuse = (error: unknown) => {
      say(request, error);
      const { status, text } = refusalOf(error);
      const length = Buffer.byteLength(text);
      socket.end(
        `HTTP/1.1 ${status} Refused\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${text}`,
      );
    };
    (async () => {
      const asked = askedBy(request);
      await admit(options, request, asked);
      // Who has gone meanwhile starts nothing.
      if (socket.destroyed) return;
      tunnel(request, socket, head, await streamOf(served, asked), refuse);
    })().catch(refuse);
  });
  const again = setInterval(async () => {
    try {
      credentials = await credentialsOf(files, node, address, credentials);
      server.setSecureContext(credentials);
    } catch (error) {
      log("certificates of the kubelet's API: those from before stay", { error: (error as Error).message });
    }
  }, READ_AGAIN_MS);
  again.unref();
  const listening = await listenOn(server, `${address}:${port}`);
  return {
    address: listening.address,
    close: () => {
      clearInterval(again);
      for (const socket of tunnels) socket.destroy();
      return listening.close();
    },
  };
}
