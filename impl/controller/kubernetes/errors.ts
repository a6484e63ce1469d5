/**
 * What a request to the API Server can come back with, other than the object asked for.
 *
 * The question that matters to the protocol is *may it have been done?* (protocol 4.4, 5: a create whose fate is not known is not done,
 * and not undone either): {@link KubernetesError.ambiguous}.
 */
import { KubedirectError } from '../../../spec/errors.ts';

/** `metav1.Status`, as far as it is used here. @public */
export interface KubernetesStatus {
  readonly kind?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly details?: {
    readonly name?: string;
    readonly kind?: string;
    readonly uid?: string;
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly {
      readonly reason?: string;
      readonly message?: string;
      readonly field?: string;
    }[];
  };
}

/** What a {@link KubernetesError} is made of. @public */
export interface KubernetesErrorFields {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
  readonly ambiguous: boolean;
  readonly retryAfterSeconds?: number | undefined;
  readonly details?: KubernetesStatus['details'] | undefined;
  readonly cause?: unknown;
}

/**
 * A request that failed. `code` is `API_SERVER_UNREACHABLE` when no answer came and `API_REQUEST_FAILED` when one did.
 * @public
 */
export class KubernetesError extends KubedirectError {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** `Status.reason` (`NotFound`, `AlreadyExists`, `Conflict` …); without an answer `Unreachable`, `ConnectionLost`, `Timeout` or `Aborted`. */
  readonly reason: string;
  /** Seconds that the server asks to wait; undefined if it does not say. */
  readonly retryAfterSeconds: number | undefined;
  readonly details: KubernetesStatus['details'] | undefined;
  /** True for a write that may have been done, now or later: it was sent, and no definite answer came. Never true for a read. */
  readonly ambiguous: boolean;

  constructor(fields: KubernetesErrorFields) {
    super(fields.status === 0 ? 'API_SERVER_UNREACHABLE' : 'API_REQUEST_FAILED', fields.message, {
      cause: fields.cause,
    });
    this.name = 'KubernetesError';
    this.status = fields.status;
    this.reason = fields.reason;
    this.ambiguous = fields.ambiguous;
    this.retryAfterSeconds = fields.retryAfterSeconds;
    this.details = fields.details;
  }
}

/** Whether an error is a {@link KubernetesError}, of one of these reasons if any are given. @public */
export function isKubernetesError(error: unknown, ...reasons: readonly string[]): error is KubernetesError {
  return error instanceof KubernetesError && (reasons.length === 0 || reasons.includes(error.reason));
}

/** The name of the ValidatingAdmissionPolicy that denied a request, or undefined if it was refused by anything else. @public */
export function denyingPolicy(error: unknown): string | undefined {
  if (!(error instanceof KubernetesError)) return undefined;
  return /ValidatingAdmissionPolicy '([^']+)'/.exec(error.message)?.[1];
}

const REASON_OF_STATUS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Gone',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/**
 * The error for an answer of 300 and more.
 *
 * A write answered with 5xx counts as ambiguous: 504 leaves the handler running, and 500 may be an etcd timeout after the commit.
 * @internal
 */
export function errorOfAnswer(
  answer: { status: number; retryAfter: string | undefined; text: string },
  request: { method: string; path: string },
): KubernetesError {
  let body: KubernetesStatus | undefined;
  try {
    const parsed: unknown = JSON.parse(answer.text);
    if (typeof parsed === 'object' && parsed !== null) body = parsed as KubernetesStatus;
  } catch {
    // Not every proxy and not every filter of the API Server answers in JSON: the text itself is the message then.
  }
  const header = answer.retryAfter === undefined ? Number.NaN : Number(answer.retryAfter);
  return new KubernetesError({
    status: answer.status,
    reason: body?.reason || REASON_OF_STATUS[answer.status] || `Http${answer.status}`,
    message: `${request.method} ${request.path}: ${body?.message ?? (answer.text.trim().slice(0, 300) || 'no message')} (HTTP ${answer.status})`,
    ambiguous: request.method !== 'GET' && answer.status >= 500,
    retryAfterSeconds: Number.isFinite(header) ? header : body?.details?.retryAfterSeconds,
    details: body?.details,
  });
}
