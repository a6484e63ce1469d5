/**
 * One controller's dealings with the API Server within one step: it sees the objects as they are, and every write goes
 * through `apply` under the controller's own identity and client limit.
 */
import { apply } from '../apiserver/apply.ts';
import type { ResourceDefinition } from '../apiserver/definition.ts';
import { events as eventResource } from '../apiserver/registry.ts';
import { findObject } from '../apiserver/store.ts';
import type {
  ApiRequest,
  ApiResponse,
  ApiState,
  KubeObject,
  RequestOptions,
  UserInfo,
  WatchEvent,
} from '../apiserver/types.ts';
import { microTime, mix, timestamp } from '../mint.ts';

/** Queries per second and burst of a client. @public */
export interface ClientLimit {
  readonly qps: number;
  readonly burst: number;
}

/** A token bucket. @public */
export interface Bucket {
  readonly tokens: number;
  /** When `tokens` was true, Unix milliseconds. */
  readonly at: number;
}

/** One request that a stock controller made. @public */
export interface StockCall {
  readonly request: ApiRequest;
  readonly response: ApiResponse;
}

/** Thrown when a client's limit is reached: the step stops, and goes on when there is a token. @internal */
export class Throttled extends Error {
  readonly until: number;
  constructor(until: number) {
    super(`client limit reached until ${until}`);
    this.until = until;
  }
}

/** Who the controller is, and what it may spend. */
export interface Client {
  readonly user: UserInfo;
  readonly fieldManager: string;
  readonly limit: ClientLimit | undefined;
}

/** Lives within one step; holds what changed. @internal */
export interface Session {
  api: ApiState;
  readonly now: number;
  readonly client: Client;
  bucket: Bucket;
  readonly events: WatchEvent[];
  readonly calls: StockCall[];
}

/** What a controller asks. */
export interface Ask {
  readonly verb: ApiRequest['verb'];
  readonly of: ResourceDefinition;
  readonly namespace?: string | undefined;
  readonly name?: string;
  readonly subresource?: string;
  readonly body?: unknown;
  readonly patchType?: ApiRequest['patchType'];
  readonly options?: RequestOptions;
  /** Kubelets speak for their node. */
  readonly user?: UserInfo;
  /** Events have a client of their own. */
  readonly unlimited?: boolean;
}

function spend(session: Session): void {
  const { limit } = session.client;
  if (limit === undefined) return;
  const { tokens, at } = session.bucket;
  const filled = Math.min(limit.burst, tokens + ((session.now - at) * limit.qps) / 1000);
  if (filled < 1) {
    session.bucket = { tokens: filled, at: session.now };
    throw new Throttled(session.now + Math.ceil(((1 - filled) * 1000) / limit.qps));
  }
  session.bucket = { tokens: filled - 1, at: session.now };
}

/** Makes one request. Throws {@link Throttled} when the client's limit is reached. */
export function call(session: Session, ask: Ask): ApiResponse {
  if (ask.unlimited !== true) spend(session);
  const { client } = session;
  const { of, verb, namespace, name, subresource, body, patchType } = ask;
  const request: ApiRequest = {
    verb,
    group: of.group,
    version: of.versions[0] ?? 'v1',
    resource: of.plural,
    user: ask.user ?? client.user,
    now: session.now,
    options: { fieldManager: client.fieldManager, ...ask.options },
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
    ...(body === undefined ? {} : { body }),
    ...(patchType === undefined ? {} : { patchType }),
  };
  const [api, response, events] = apply(session.api, request);
  session.api = api;
  session.events.push(...events);
  session.calls.push({ request, response });
  return response;
}

/** The resource and name of an existing object, for {@link call}. */
export function target(of: ResourceDefinition, object: KubeObject): Pick<Ask, 'of' | 'namespace' | 'name'> {
  return { of, namespace: object.metadata.namespace, name: object.metadata.name };
}

/** The error's text, as controllers put it in Events and conditions. */
export function errorText(response: ApiResponse): string {
  return String(response.body?.message ?? `status ${response.code}`);
}

/** True if the request was carried out. */
export function succeeded(response: ApiResponse): boolean {
  return response.code < 300;
}

/** What an Event says. */
export interface Happening {
  readonly about: KubeObject;
  readonly kind: string;
  readonly apiVersion: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly component: string;
}

/** client-go's spam filter: this many Events of one source about one object, then one per five minutes. */
const SPAM_BURST = 25;
const SPAM_REFILL_MS = 300_000;

/** Writes an Event, or counts one up that says the same. */
export function record(session: Session, said: Happening): void {
  const { about, reason, message, component } = said;
  const { name, namespace = 'default', uid, resourceVersion } = about.metadata;
  // The message's own Event where messages differ in content; denials differ in a generated name only.
  const text = said.type === 'Warning' ? reason : `${reason} ${message}`;
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = mix(hash, text.charCodeAt(i));
  const eventName = `${name}.${uid.slice(0, 8)}${hash.toString(16).padStart(8, '0')}`;
  const known = findObject(session.api, eventResource, namespace, eventName);
  const time = timestamp(session.now);
  if (known !== undefined) {
    const count = Number(known.count ?? 1);
    if (count >= SPAM_BURST && session.now - Date.parse(String(known.lastTimestamp)) < SPAM_REFILL_MS) return;
    const body = { count: count + 1, lastTimestamp: time, message };
    call(session, {
      verb: 'patch',
      ...target(eventResource, known),
      body,
      patchType: 'strategic',
      unlimited: true,
    });
    return;
  }
  const body = {
    metadata: { name: eventName, namespace },
    involvedObject: { kind: said.kind, apiVersion: said.apiVersion, namespace, name, uid, resourceVersion },
    reason,
    message,
    type: said.type,
    source: { component },
    reportingComponent: component,
    reportingInstance: '',
    firstTimestamp: time,
    lastTimestamp: time,
    eventTime: null,
    count: 1,
  };
  call(session, { verb: 'create', of: eventResource, namespace, body, unlimited: true });
}

/** `metav1.MicroTime` of the step. */
export function microNow(session: Session): string {
  return microTime(session.now);
}
