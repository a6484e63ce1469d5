/** A scripted API server on loopback HTTP, and a kubeconfig for it. It answers only what a test tells it to. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = (asked: Asked, response: ServerResponse) => void | Promise<void>;

export interface FakeServer {
  readonly kubeconfig: string;
  readonly asked: Asked[];
  connections: number;
  answer: Answer;
  /** Break every open connection. */
  breakConnections(): void;
  close(): Promise<void>;
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export function status(code: number, reason: string, message: string, details: object = {}): object {
  return { apiVersion: 'v1', kind: 'Status', status: 'Failure', code, reason, message, details };
}

export function kubeconfigFor(folder: string, server: string, user: object = {}): string {
  const path = join(folder, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster: { server } }],
    users: [{ name: 'test', user }],
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

export async function startFakeServer(answer: Answer, user: object = {}): Promise<FakeServer> {
  const folder = mkdtempSync(join(tmpdir(), 'kubedirect-fake-'));
  const asked: Asked[] = [];
  const http = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    const one = {
      method: request.method ?? '',
      url: new URL(request.url ?? '/', 'http://x'),
      headers: request.headers,
      body,
    };
    asked.push(one);
    await fake.answer(one, response);
  });
  const fake: FakeServer = {
    kubeconfig: '',
    asked,
    connections: 0,
    answer,
    breakConnections: () => http.closeAllConnections(),
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  http.on('connection', () => {
    fake.connections += 1;
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const kubeconfig = kubeconfigFor(folder, `http://127.0.0.1:${(http.address() as AddressInfo).port}`, user);
  return Object.assign(fake, { kubeconfig });
}

/** A promise with its resolver, for tests that wait for a fact. */
export function fact<T = void>(): { readonly done: Promise<T>; readonly tell: (value: T) => void } {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { done: promise, tell: resolve };
}
