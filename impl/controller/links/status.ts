/**
 * Errors of links as gRPC statuses and back. A stable code travels in the trailer `kubedirect-code`, so that the end that did
 * wrong learns its name.
 */
import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { ERROR_CODES, type ErrorCode, KubedirectError } from '../../../spec/errors.ts';

const CODE_TRAILER = 'kubedirect-code';

const STATUS_OF: { readonly [code in ErrorCode]?: status } = {
  LINK_CLOSED: status.OK,
  LINK_SATURATED: status.RESOURCE_EXHAUSTED,
  MESSAGE_TOO_LARGE: status.RESOURCE_EXHAUSTED,
  PEER_WRONG_ROLE: status.PERMISSION_DENIED,
  PEER_WRONG_IDENTITY: status.UNAUTHENTICATED,
};

/** What a server ends its stream with. @internal */
export function toStatus(error: KubedirectError): StatusObject {
  const metadata = new Metadata();
  metadata.set(CODE_TRAILER, error.code);
  return { code: STATUS_OF[error.code] ?? status.INVALID_ARGUMENT, details: error.message, metadata };
}

/** What a client makes of the end of its stream. @internal */
export function fromStatus(
  ended: StatusObject,
  link: { readonly peer: string; readonly opened: boolean },
): KubedirectError {
  const named = ended.metadata.get(CODE_TRAILER)[0];
  if (typeof named === 'string' && Object.hasOwn(ERROR_CODES, named)) {
    return new KubedirectError(named as ErrorCode, `${link.peer} ended the link: ${ended.details}`);
  }
  const text = `${status[ended.code] ?? ended.code}: ${ended.details}`;
  // The receive limit of gRPC itself, at either end: the frame never came as far as the codec.
  if (ended.code === status.RESOURCE_EXHAUSTED) {
    return new KubedirectError(
      'MESSAGE_TOO_LARGE',
      `a frame on the link to ${link.peer} is too large: ${text}`,
    );
  }
  if (!link.opened) {
    return new KubedirectError('LINK_UNREACHABLE', `could not connect to ${link.peer}: ${text}`);
  }
  return new KubedirectError('LINK_BROKEN', `the link to ${link.peer} was lost: ${text}`);
}
