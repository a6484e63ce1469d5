/**
 * The direct scale API of the Autoscaler stage: HTTP and JSON; its schema is `docs/scale-api.openapi.json`. Under
 * `/v1/namespaces/{namespace}/deployments/{name}`:
 *
 * - `PUT …/scale` with `{"replicas": n}` (0 to 2^31-1): somebody else's decision.
 * - `PUT …/concurrency` with `{"reporter": "gateway-1", "concurrency": 12.5}`: what one reporter has under way, for the built-in
 *   autoscaler, which scales the Deployments that name a target (`spec/autoscaling.ts`).
 *
 * Both answer 202 when it is taken. Callers show a token of the API Server (`Authorization: Bearer`), and may scale what they may
 * scale there. Exactly one autoscaler decides per Deployment (protocol 8): what the built-in one scales, nobody else does here.
 *
 * A process that stands by has the one that leads answer (`forward.ts`): whichever Pod a Service chooses will do.
 *
 * Every error is `{"code", "message"}`, a code of `spec/errors.ts`: 400 `FLAG_INVALID`, 401 `CALLER_UNAUTHENTICATED`, 403
 * `CALLER_FORBIDDEN`, 404 `DEPLOYMENT_UNKNOWN` or `PATH_UNKNOWN`, 405 `METHOD_NOT_ALLOWED`, 409 `DEPLOYMENT_AUTOSCALED` or
 * `DEPLOYMENT_NOT_AUTOSCALED`, 413 `BODY_TOO_LARGE`, 422 `DEPLOYMENT_NOT_ELIGIBLE` or `POLICY_INVALID`, 429 `CALLER_THROTTLED`, 503 `STAGE_NOT_RUNNING`
 * or `API_SERVER_UNREACHABLE`.
 */
import http from 'node:http';
import https from 'node:https';
import { AUTOSCALING_PREFIX } from '../../../spec/autoscaling.ts';
import type { ErrorCode } from '../../../spec/errors.ts';
import type { Rotating } from '../links/rotation.ts';
import { type Callers, tokenOf, toScale } from './callers.ts';
import type { Forward } from './forward.ts';
import { type Listening, listenOn } from './listen.ts';

/** A managed Deployment. @public */
export interface ScaleSubject {
  readonly uid: string;
  /** Why its template is not eligible; empty if it is. */
  readonly ineligible: readonly string[];
  /** Whether the built-in autoscaler scales it, or what is wrong with the annotations that should say so. */
  readonly autoscaled: boolean | { readonly wrong: readonly string[] };
}

/** What the API asks of its host. @public */
export interface ScaleTarget {
  /** A managed Deployment; undefined if there is none of this name. */
  find(namespace: string, name: string): ScaleSubject | undefined;
  /** Gives the request to A; false if no life of A runs. */
  scale(deployment: string, replicas: number): boolean;
  /** Gives a report to the built-in autoscaler; false if no life of A runs. */
  report(deployment: string, reporter: string, concurrency: number): boolean;
}

/** A server's certificate and its key, PEM. @public */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** How the API is served. @public */
export interface ScaleApiOptions {
  /** `host:port`. */
  readonly listen: string;
  /** Judges who may scale; null takes everyone who can connect. */
  readonly callers: Callers | null;
  /** Certificate and key: each connection is made with the newest. Without: plain text. */
  readonly tls?: Rotating<KeyPair> | undefined;
  /** Where the stage stands by: has the leader answer. */
  readonly forward?: Forward;
}

const PATH = /^\/v1\/namespaces\/([a-z0-9-]{1,63})\/deployments\/([a-z0-9.-]{1,253})\/(scale|concurrency)$/;
const MAX_BODY_BYTES = 4_096;
const MAX_REPLICAS = 2 ** 31 - 1;
const MAX_CONCURRENCY = 1_000_000_000;
const TARGET_ANNOTATION = `${AUTOSCALING_PREFIX}target`;

/** @internal */
export interface Answer {
  readonly status: number;
  readonly body: object;
}

const refuse = (status: number, code: ErrorCode, message: string): Answer => ({
  status,
  body: { code, message },
});

type Json = Readonly<Record<string, unknown>>;

function parsed(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Json) : {};
  } catch {
    return {};
  }
}

/** A request that may be given to A, as it was asked; null if the body is none. */
type Asking = { readonly body: object; readonly give: (target: ScaleTarget, deployment: string) => boolean };

/** What is asked at the end of the path, and whom it is for. */
interface Action {
  readonly expected: string;
  /** For Deployments that the built-in autoscaler scales, or for all others. */
  readonly forAutoscaled: boolean;
  readonly read: (json: Json) => Asking | null;
}

const within = (value: unknown, most: number): value is number =>
  typeof value === 'number' && value >= 0 && value <= most;

const ACTIONS: Readonly<Record<string, Action>> = {
  scale: {
    expected: `{"replicas": 0…${MAX_REPLICAS}}`,
    forAutoscaled: false,
    read: ({ replicas }) =>
      within(replicas, MAX_REPLICAS) && Number.isSafeInteger(replicas)
        ? { body: { replicas }, give: (target, deployment) => target.scale(deployment, replicas) }
        : null,
  },
  concurrency: {
    expected: `{"reporter": "1 to 253 characters", "concurrency": 0…${MAX_CONCURRENCY}}`,
    forAutoscaled: true,
    read: ({ reporter, concurrency }) =>
      typeof reporter === 'string' && /^.{1,253}$/.test(reporter) && within(concurrency, MAX_CONCURRENCY)
        ? {
            body: { reporter, concurrency },
            give: (target, uid) => target.report(uid, reporter, concurrency),
          }
        : null,
  },
};

/** Why this action is not for this Deployment; null if it is. */
function misplaced({ forAutoscaled }: Action, name: string, { autoscaled }: ScaleSubject): Answer | null {
  if (typeof autoscaled === 'object')
    return refuse(422, 'POLICY_INVALID', `${name}: ${autoscaled.wrong.join('; ')}`);
  if (autoscaled === forAutoscaled) return null;
  return autoscaled
    ? refuse(
        409,
        'DEPLOYMENT_AUTOSCALED',
        `${name} is scaled by the concurrency that is reported of it: report that, or take its ${TARGET_ANNOTATION} away`,
      )
    : refuse(
        409,
        'DEPLOYMENT_NOT_AUTOSCALED',
        `expected a Deployment with the annotation ${TARGET_ANNOTATION}, and ${name} has none`,
      );
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly token: string | null;
  readonly from: string | undefined;
  readonly body: string;
}

async function answer(
  target: ScaleTarget,
  callers: Callers | null,
  { method, path, token, from, body }: Asked,
): Promise<Answer> {
  const match = PATH.exec(path);
  if (match === null)
    return refuse(
      404,
      'PATH_UNKNOWN',
      `expected /v1/namespaces/{namespace}/deployments/{name}/scale or …/concurrency, got ${path}`,
    );
  if (method !== 'PUT' && method !== 'POST')
    return refuse(405, 'METHOD_NOT_ALLOWED', `expected PUT or POST, got ${method}`);
  const [, namespace, name, what] = match as unknown as [string, string, string, string];
  const action = ACTIONS[what] as Action;
  const verdict = await callers?.judge(token, toScale(namespace, name), from);
  if (verdict?.allowed === false) return refuse(verdict.status, verdict.code, verdict.message);
  const asking = action.read(parsed(body));
  if (asking === null)
    return refuse(
      400,
      'FLAG_INVALID',
      `expected ${action.expected}, got ${JSON.stringify(body.slice(0, 80))}`,
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
  const elsewhere = misplaced(action, `${namespace}/${name}`, deployment);
  if (elsewhere !== null) return elsewhere;
  if (!asking.give(target, deployment.uid))
    return refuse(
      503,
      'STAGE_NOT_RUNNING',
      'no life of the Autoscaler stage runs here: it is starting, or stands by for another that leads; try again',
    );
  return { status: 202, body: { deployment: deployment.uid, ...asking.body } };
}

const askedOf = ({ method, url, headers, socket }: http.IncomingMessage, body: string): Asked => ({
  method: method ?? '',
  path: url ?? '',
  token: tokenOf(headers.authorization),
  from: socket.remoteAddress,
  body,
});

/** By the leader, if this process stands by and knows it; else here. */
async function serveOne(
  { callers, forward }: ScaleApiOptions,
  target: ScaleTarget,
  request: http.IncomingMessage,
  text: string,
): Promise<Answer> {
  return (await forward?.(request, text)) ?? answer(target, callers, askedOf(request, text));
}

/** Serves the API. @throws KubedirectError `PORT_TAKEN` */
export async function serveScaleApi(options: ScaleApiOptions, target: ScaleTarget): Promise<Listening> {
  const { listen, tls } = options;
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
      else void serveOne(options, target, request, text).then(send);
    });
  };
  if (tls === undefined) return listenOn(http.createServer(serve), listen);
  const server = https.createServer({ ...tls.current }, serve);
  const stop = tls.onRotated((pair) => server.setSecureContext({ ...pair }));
  server.once('close', stop);
  return listenOn(server, listen);
}
