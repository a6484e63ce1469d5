/**
 * Failures as the API Server words them: `metav1.Status` with the code, reason and details that clients match on.
 */
import type { JsonObject } from '../json.ts';
import type { ResourceDefinition } from './definition.ts';
import type { ApiResponse, Status } from './types.ts';

/** Thrown inside `apply` and turned into its response; never leaves the API Server. @internal */
export class ApiFailure extends Error {
  readonly status: Status;
  readonly retryAfter: number | undefined;
  constructor(status: Status, retryAfter?: number, reason = status.message) {
    super(reason);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** One reason for which an object is not valid. @public */
export interface Cause {
  readonly reason: string;
  readonly field: string;
  readonly message: string;
}

/** A failure Status. @public */
export function failureStatus(code: number, reason: string, message: string, details?: JsonObject): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  };
}

/** The response that carries a Status. @public */
export function statusResponse(status: Status, retryAfter?: number): ApiResponse {
  return { code: status.code, body: status, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

/** `pods`, `deployments.apps`: how messages name a resource. @public */
export function qualified(definition: ResourceDefinition): string {
  return definition.group === '' ? definition.plural : `${definition.plural}.${definition.group}`;
}

function details(definition: ResourceDefinition, name: string, more: JsonObject = {}): JsonObject {
  return {
    ...(name === '' ? {} : { name }),
    ...(definition.group === '' ? {} : { group: definition.group }),
    kind: definition.plural,
    ...more,
  };
}

/** 404. @public */
export function notFound(definition: ResourceDefinition, name: string): ApiFailure {
  const message = `${qualified(definition)} "${name}" not found`;
  return new ApiFailure(failureStatus(404, 'NotFound', message, details(definition, name)));
}

/** 409, on create. @param isLeaving - what is there is being deleted @public */
export function alreadyExists(definition: ResourceDefinition, name: string, isLeaving = false): ApiFailure {
  const message = `${isLeaving ? 'object is being deleted: ' : ''}${qualified(definition)} "${name}" already exists`;
  return new ApiFailure(failureStatus(409, 'AlreadyExists', message, details(definition, name)));
}

/** 409: the object is not the one that the request was written against. @public */
export function conflict(definition: ResourceDefinition, name: string, why: string): ApiFailure {
  const message = `Operation cannot be fulfilled on ${qualified(definition)} "${name}": ${why}`;
  return new ApiFailure(failureStatus(409, 'Conflict', message, details(definition, name)));
}

/** The text of an optimistic-concurrency failure. @public */
export const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

/** 422. @public */
export function invalid(definition: ResourceDefinition, name: string, causes: readonly Cause[]): ApiFailure {
  const kind = definition.group === '' ? definition.kind : `${definition.kind}.${definition.group}`;
  const lines = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const text = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  const list = causes.map(({ reason, message, field }) => ({ reason, message, field }));
  return new ApiFailure(
    failureStatus(422, 'Invalid', `${kind} "${name}" is invalid: ${text}`, {
      ...details(definition, name, { causes: list }),
      kind: definition.kind,
    }),
  );
}

/** 403. @public */
export function forbidden(
  definition: ResourceDefinition,
  name: string,
  why: string,
  causes?: readonly JsonObject[],
): ApiFailure {
  const subject = name === '' ? qualified(definition) : `${qualified(definition)} "${name}"`;
  const more = causes === undefined ? {} : { causes };
  const status = failureStatus(
    403,
    'Forbidden',
    `${subject} is forbidden: ${why}`,
    details(definition, name, more),
  );
  return new ApiFailure(status);
}

/** 400. @public */
export function badRequest(message: string): ApiFailure {
  return new ApiFailure(failureStatus(400, 'BadRequest', message));
}

/** 405. @public */
export function methodNotAllowed(definition: ResourceDefinition): ApiFailure {
  const message = 'the server does not allow this method on the requested resource';
  return new ApiFailure(failureStatus(405, 'MethodNotAllowed', message, details(definition, '')));
}

/** 410: the revision asked for has left the history. @public */
export function expired(message: string): ApiFailure {
  return new ApiFailure(failureStatus(410, 'Expired', message));
}

/** `field: Required value`. @public */
export function required(field: string, message = ''): Cause {
  return {
    reason: 'FieldValueRequired',
    field,
    message: message === '' ? 'Required value' : `Required value: ${message}`,
  };
}

/** `field: Invalid value: …: why`. @public */
export function invalidValue(field: string, value: unknown, why: string): Cause {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${JSON.stringify(value)}: ${why}` };
}

/** `field: Forbidden: why`. @public */
export function forbiddenField(field: string, why: string): Cause {
  return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${why}` };
}

/** `field: Unsupported value: …`. @public */
export function unsupportedValue(field: string, value: unknown, supported: readonly string[]): Cause {
  const list = supported.map((item) => JSON.stringify(item)).join(', ');
  return {
    reason: 'FieldValueNotSupported',
    field,
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`,
  };
}
