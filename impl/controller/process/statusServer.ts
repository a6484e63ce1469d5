/**
 * What a process says of itself over HTTP: `/healthz` (200 while it runs), `/readyz` (200, or 503 with what each stage waits for),
 * `/pods` (which stage holds which Pod, and for what), `/metrics` (Prometheus). Read only, no secrets; errors are `{"code", "message"}`: 404 `PATH_UNKNOWN`, 405 `METHOD_NOT_ALLOWED`.
 */
import http from 'node:http';
import type { Registry } from 'prom-client';
import { type Listening, listenOn } from './listen.ts';
import type { HeldPod } from './pods.ts';
import type { StageReadiness } from './readiness.ts';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const json = (status: number, body: object): Answer => ({
  status,
  type: 'application/json',
  text: `${JSON.stringify(body)}\n`,
});

async function answer(
  method: string,
  path: string,
  metrics: Registry,
  { readiness, pods }: Sources,
): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD')
    return json(405, { code: 'METHOD_NOT_ALLOWED', message: `expected GET, got ${method}` });
  switch (path) {
    case '/healthz':
      return { status: 200, type: 'text/plain', text: 'ok\n' };
    case '/readyz': {
      const stages = readiness();
      const ready = stages.every(({ missing }) => missing.length === 0);
      return json(ready ? 200 : 503, { ready, stages });
    }
    case '/pods':
      return json(200, { pods: pods() });
    case '/metrics':
      return { status: 200, type: metrics.contentType, text: await metrics.metrics() };
    default:
      return json(404, {
        code: 'PATH_UNKNOWN',
        message: `expected /healthz, /readyz, /pods or /metrics, got ${path}`,
      });
  }
}

/** What it reads. @public */
export interface Sources {
  readonly readiness: () => readonly StageReadiness[];
  readonly pods: () => readonly HeldPod[];
}

/** Serves it. @throws KubedirectError `PORT_TAKEN` */
export async function serveStatus(listen: string, metrics: Registry, sources: Sources): Promise<Listening> {
  const server = http.createServer(async (request, response) => {
    const path = (request.url ?? '').split('?')[0] as string;
    const { status, type, text } = await answer(request.method ?? '', path, metrics, sources);
    response.writeHead(status, { 'content-type': type }).end(request.method === 'HEAD' ? undefined : text);
  });
  return listenOn(server, listen);
}
