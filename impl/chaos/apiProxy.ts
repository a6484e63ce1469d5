/**
 * HTTP before the API Server, one for each process, which misbehaves when it is told to. It also leads the links of its process through
 * {@link TcpProxy}s: it changes the addresses of peers in what it passes on.
 */
import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import { AGENT_ADDRESS_ANNOTATION, STAGE_ADDRESS_ANNOTATION } from '../controller/names.ts';
import { TcpProxy } from './tcpProxy.ts';

/** How requests fare. As in the simulator's plans. */
export type Manner = 'away' | 'busy' | 'failing' | 'replyLost' | 'late' | 'conflict' | 'slow';

/** Something that is wrong for a while. */
export interface Misbehaviour {
  readonly how: Manner;
  /** Of each request. */
  readonly chance: number;
}

const ADDRESS = new RegExp(
  `"(${[AGENT_ADDRESS_ANNOTATION, STAGE_ADDRESS_ANNOTATION].map((name) => name.replaceAll('.', '\\.')).join('|')})":"([^"]+)"`,
  'g',
);
const STATUS = {
  busy: [429, 'TooManyRequests'],
  failing: [500, 'InternalError'],
  conflict: [409, 'Conflict'],
} as const;

/** The API Server as one process sees it. @public */
export class ApiProxy {
  readonly #target: URL;
  readonly #http: typeof http | typeof https;
  readonly #agent: http.Agent;
  readonly #server: http.Server;
  readonly #chance: () => number;
  /** By the address that they lead to. */
  readonly #links = new Map<string, TcpProxy>();
  readonly #own = new Set<string>();
  /** Watches that are open, each with what comes from the API Server. */
  readonly #watches = new Map<http.ServerResponse, http.IncomingMessage>();
  readonly #wrong = new Set<Misbehaviour>();
  #isCut = false;
  #expired = 0;

  private constructor(target: string, ca: string, chance: () => number) {
    this.#target = new URL(target);
    this.#chance = chance;
    const isPlain = this.#target.protocol === 'http:';
    this.#http = isPlain ? http : https;
    this.#agent = isPlain ? new http.Agent({ keepAlive: true }) : new https.Agent({ keepAlive: true, ca });
    this.#server = http.createServer((request, response) => void this.#take(request, response));
  }

  /** @param chance - draws from [0, 1) */
  static async start(target: string, ca: string, chance: () => number): Promise<ApiProxy> {
    const proxy = new ApiProxy(target, ca, chance);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as net.AddressInfo).port}`;
  }

  /** What leads to the peers that this process has looked up. */
  get links(): Iterable<TcpProxy> {
    return this.#links.values();
  }

  misbehave(wrong: Misbehaviour): () => void {
    this.#wrong.add(wrong);
    return () => this.#wrong.delete(wrong);
  }

  /** Nothing comes through, and watches end. */
  cut(isCut: boolean): void {
    this.#isCut = isCut;
    if (isCut) this.#endWatches();
  }

  /** The watches that are open stay so, and nothing comes any more, until it is taken back. */
  stallWatches(): () => void {
    const stalled = [...this.#watches];
    for (const [response, answer] of stalled) answer.unpipe(response).pause();
    return () => {
      for (const [response, answer] of stalled) if (this.#watches.has(response)) answer.pipe(response);
    };
  }

  /** Watches end, and as many as there were are answered 410 when they come again. */
  loseWatches(): void {
    this.#expired = this.#watches.size;
    this.#endWatches();
  }

  #endWatches(): void {
    for (const response of this.#watches.keys()) response.destroy();
    this.#watches.clear();
  }

  async #take(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    response.on('error', () => {});
    request.on('error', () => {});
    const isWatch = /[?&]watch=(true|1)/.test(request.url ?? '');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.#isCut) return void response.destroy();
    if (isWatch && this.#expired > 0) {
      this.#expired -= 1;
      return this.#refuse(response, 410, 'Expired');
    }
    const wrong = [...this.#wrong].find(({ chance }) => this.#chance() < chance);
    if (wrong !== undefined && wrong.how in STATUS) {
      const [status, reason] = STATUS[wrong.how as keyof typeof STATUS];
      return this.#refuse(response, status, reason);
    }
    if (wrong?.how === 'away') return void response.destroy();
    if (wrong?.how === 'slow') await new Promise((resolve) => setTimeout(resolve, 500 * this.#chance()));
    this.#pass(request, response, Buffer.concat(chunks), isWatch, wrong?.how ?? null);
  }

  #refuse(response: http.ServerResponse, code: number, reason: string): void {
    const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: 'chaos' };
    const retry = code === 429 ? { 'retry-after': '1' } : {};
    response.writeHead(code, { 'content-type': 'application/json', ...retry }).end(JSON.stringify(body));
  }

  #pass(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    body: Buffer,
    isWatch: boolean,
    how: Manner | null,
  ): void {
    const { 'accept-encoding': _, host: __, ...headers } = request.headers;
    const onward = this.#http.request(
      new URL(request.url ?? '/', this.#target),
      { method: request.method, headers, agent: this.#agent },
      (answer) => {
        answer.on('error', () => response.destroy());
        if (how === 'replyLost') {
          answer.resume();
          response.destroy();
        } else if (isWatch) {
          this.#watches.set(response, answer);
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          response.flushHeaders();
          answer.pipe(response);
          response.on('close', () => {
            this.#watches.delete(response);
            onward.destroy();
          });
        } else void this.#answer(answer, response, how, request.url ?? '');
      },
    );
    onward.on('error', () => response.destroy());
    onward.end(body);
  }

  async #answer(
    answer: http.IncomingMessage,
    response: http.ServerResponse,
    how: Manner | null,
    path: string,
  ): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of answer) chunks.push(chunk as Buffer);
    } catch {
      return void response.destroy();
    }
    const body = Buffer.from(await this.#rewritten(Buffer.concat(chunks).toString('utf8'), path));
    if (how === 'late') await new Promise((resolve) => setTimeout(resolve, 1_000 * this.#chance()));
    if (this.#isCut) return void response.destroy();
    const { 'transfer-encoding': _, ...headers } = answer.headers;
    response
      .writeHead(answer.statusCode ?? 500, { ...headers, 'content-length': String(body.length) })
      .end(body);
  }

  /** Addresses of peers, led through a proxy; one that is a proxy's already stays. */
  async #rewritten(text: string, path: string): Promise<string> {
    for (const [, , address] of text.matchAll(ADDRESS)) {
      if (address === undefined || this.#links.has(address) || this.#own.has(address)) continue;
      const proxy = await TcpProxy.start(address, path);
      this.#links.set(address, proxy);
      this.#own.add(proxy.address);
    }
    return text.replace(ADDRESS, (all, name: string, address: string) => {
      const proxy = this.#links.get(address);
      return proxy === undefined ? all : `"${name}":"${proxy.address}"`;
    });
  }

  close(): void {
    for (const link of this.#links.values()) link.close();
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }
}
