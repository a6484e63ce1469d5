/**
 * What a process says of itself over HTTP: `/healthz` (200 while it runs), `/readyz` (200, or 503 with what each stage waits for),
 * `/pods` (which stage holds which Pod, and for what), `/steps?after=N` (the last steps of its stages, for the viewer), `/metrics` (Prometheus).
 * Read only. `/pods` and `/steps` name what runs where, so beyond loopback they are for those who may list Pods at the API Server (`Authorization: Bearer`). Errors are `{"code", "message"}`: 401 `CALLER_UNAUTHENTICATED`, 403
 * `CALLER_FORBIDDEN`, 404 `PATH_UNKNOWN`, 405 `METHOD_NOT_ALLOWED`, 503 `API_SERVER_UNREACHABLE`.
 */
import http from 'node:http';
import type { Registry } from 'prom-client';
import { type Callers, TO_LIST_PODS, tokenOf } from './callers.ts';
import { type Listening, listenOn } from './listen.ts';
import type { HeldPod } from './pods.ts';
import type { StageReadiness } from './readiness.ts';
import type { RecentSteps } from './recent.ts';

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

/** `after=N`; anything else is the beginning. */
function numberIn(query: string): number {
  const after = Number(new URLSearchParams(query).get('after'));
  return Number.isSafeInteger(after) && after >= 0 ? after : 0;
}

async function answer(
  { method, url, headers, socket }: http.IncomingMessage,
  metrics: Registry,
  { readiness, pods, steps, callers }: Sources,
): Promise<Answer> {
  const [path = '', query = ''] = (url ?? '').split('?');
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
    case '/steps': {
      const verdict = await callers?.judge(
        tokenOf(headers.authorization),
        TO_LIST_PODS,
        socket.remoteAddress,
      );
      if (verdict?.allowed !== false)
        return json(200, path === '/pods' ? { pods: pods() } : steps(numberIn(query)));
      const { status, code, message } = verdict;
      return json(status, { code, message });
    }
    case '/metrics':
      return { status: 200, type: metrics.contentType, text: await metrics.metrics() };
    default:
      return json(404, {
        code: 'PATH_UNKNOWN',
        message: `expected /healthz, /readyz, /pods, /steps or /metrics, got ${path}`,
      });
  }
}

/** What it reads. @public */
export interface Sources {
  readonly readiness: () => readonly StageReadiness[];
  readonly pods: () => readonly HeldPod[];
  readonly steps: (after: number) => RecentSteps;
  /** Judges who may read `/pods` and `/steps`; null takes everyone who can connect. */
  readonly callers: Callers | null;
}

/** Serves it. @throws KubedirectError `PORT_TAKEN` */
export async function serveStatus(listen: string, metrics: Registry, sources: Sources): Promise<Listening> {
  const server = http.createServer(async (request, response) => {
    const { status, type, text } = await answer(request, metrics, sources);
    response.writeHead(status, { 'content-type': type }).end(request.method === 'HEAD' ? undefined : text);
  });
  return listenOn(server, listen);
}
