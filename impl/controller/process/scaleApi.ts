/**
 * The direct scale API of the Autoscaler stage: HTTP and JSON.
 *
 * `PUT /v1/namespaces/{namespace}/deployments/{name}/scale` with `{"replicas": n}` (0 to 2^31-1) answers 202 when A has
 * taken it. Callers show a token of the API Server (`Authorization: Bearer`), and may scale what they may scale there.
 *
 * Every error is `{"code", "message"}`, a code of `spec/errors.ts`: 400 `FLAG_INVALID`, 401 `CALLER_UNAUTHENTICATED`, 403
 * `CALLER_FORBIDDEN`, 404 `DEPLOYMENT_UNKNOWN` or `PATH_UNKNOWN`, 405 `METHOD_NOT_ALLOWED`, 413 `BODY_TOO_LARGE`, 422
 * `DEPLOYMENT_NOT_ELIGIBLE`, 503 `STAGE_NOT_RUNNING` or `API_SERVER_UNREACHABLE`.
 */
import http from 'node:http';
import https from 'node:https';
import type { ErrorCode } from '../../../spec/errors.ts';
import type { Callers } from './callers.ts';
import { type Listening, listenOn } from './listen.ts';

/** A managed Deployment. @public */
export interface ScaleSubject {
  readonly uid: string;
  /** Why its template is not eligible; empty if it is. */
  readonly ineligible: readonly string[];
}

/** What the API asks of its host. @public */
export interface ScaleTarget {
  /** A managed Deployment; undefined if there is none of this name. */
  find(namespace: string, name: string): ScaleSubject | undefined;
  /** Gives the request to A; false if no life of A runs. */
  scale(deployment: string, replicas: number): boolean;
}

/** How the API is served. @public */
export interface ScaleApiOptions {
  /** `host:port`. */
  readonly listen: string;
  /** Judges who may scale; null takes everyone who can connect. */
  readonly callers: Callers | null;
  /** Certificate and key, PEM; without: plain text. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

const PATH = /^\/v1\/namespaces\/([a-z0-9-]{1,63})\/deployments\/([a-z0-9.-]{1,253})\/scale$/;
const MAX_BODY_BYTES = 4_096;
const MAX_REPLICAS = 2 ** 31 - 1;

interface Answer {
  readonly status: number;
  readonly body: object;
}

const refuse = (status: number, code: ErrorCode, message: string): Answer => ({
  status,
  body: { code, message },
});

function replicasOf(text: string): number | null {
  try {
    const { replicas } = JSON.parse(text) as { replicas?: unknown };
    const valid =
      typeof replicas === 'number' &&
      Number.isSafeInteger(replicas) &&
      replicas >= 0 &&
      replicas <= MAX_REPLICAS;
    return valid ? replicas : null;
  } catch {
    return null;
  }
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly token: string | null;
  readonly body: string;
}

const tokenOf = (header: string | undefined) => /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? null;

async function answer(
  target: ScaleTarget,
  callers: Callers | null,
  { method, path, token, body }: Asked,
): Promise<Answer> {
  const match = PATH.exec(path);
  if (match === null)
    return refuse(
      404,
      'PATH_UNKNOWN',
      `expected /v1/namespaces/{namespace}/deployments/{name}/scale, got ${path}`,
    );
  if (method !== 'PUT' && method !== 'POST')
    return refuse(405, 'METHOD_NOT_ALLOWED', `expected PUT or POST, got ${method}`);
  const [, namespace, name] = match as unknown as [string, string, string];
  const verdict = await callers?.judge(token, namespace, name);
  if (verdict?.allowed === false) return refuse(verdict.status, verdict.code, verdict.message);
  const replicas = replicasOf(body);
  if (replicas === null)
    return refuse(
      400,
      'FLAG_INVALID',
      `expected {"replicas": 0…${MAX_REPLICAS}}, got ${JSON.stringify(body.slice(0, 80))}`,
    );
  const deployment = target.find(namespace, name);
  if (deployment === undefined)
    return refuse(
      404,
      'DEPLOYMENT_UNKNOWN',
      `expected a managed Deployment, and there is no ${namespace}/${name} with the label in its Pod template`,
    );
  if (deployment.ineligible.length > 0)
    return refuse(
      422,
      'DEPLOYMENT_NOT_ELIGIBLE',
      `expected a template that the Scheduler stage can place, got ${namespace}/${name} with ${deployment.ineligible.join('; ')}`,
    );
  if (!target.scale(deployment.uid, replicas))
    return refuse(503, 'STAGE_NOT_RUNNING', 'the Autoscaler stage is starting; try again');
  return { status: 202, body: { deployment: deployment.uid, replicas } };
}

const askedOf = ({ method, url, headers }: http.IncomingMessage, body: string): Asked => ({
  method: method ?? '',
  path: url ?? '',
  token: tokenOf(headers.authorization),
  body,
});

/** Serves the API. @throws KubedirectError `PORT_TAKEN` */
export async function serveScaleApi(options: ScaleApiOptions, target: ScaleTarget): Promise<Listening> {
  const { listen, callers, tls } = options;
  const serve: http.RequestListener = (request, response) => {
    const send = ({ status, body }: Answer) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
    };
    let text = '';
    let isTooLarge = false;
    request.setEncoding('utf8').on('data', (chunk: string) => {
      if (isTooLarge) return;
      text += chunk;
      isTooLarge = text.length > MAX_BODY_BYTES;
    });
    request.on('end', () => {
      if (isTooLarge) send(refuse(413, 'BODY_TOO_LARGE', `expected at most ${MAX_BODY_BYTES} bytes`));
      else void answer(target, callers, askedOf(request, text)).then(send);
    });
  };
  return listenOn(tls === undefined ? http.createServer(serve) : https.createServer(tls, serve), listen);
}
