/** Request bodies: read up to the API Server's limit, decoded by content type; what is bad gets the API's Status. */
import type { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { ApiFailure, failureStatus } from '../../machines/environment/apiserver/status.ts';
import type { PatchType } from '../../machines/environment/apiserver/types.ts';

/** `--max-request-bytes` of a real API Server. @internal */
export const BODY_LIMIT = 3 * 1024 * 1024;

function tooLarge(): ApiFailure {
  const message = `Request entity too large: limit is ${BODY_LIMIT}`;
  return new ApiFailure(failureStatus(413, 'RequestEntityTooLarge', message));
}

/** How long the rest of a body that is too large is read and thrown away, so that its sender gets to read the answer. */
const DRAIN_MS = 1000;

function drain(request: IncomingMessage): void {
  request.resume();
  const end = setTimeout(() => request.destroy(), DRAIN_MS);
  request.once('close', () => clearTimeout(end));
}

/** The whole body. Throws 413 over the limit, having kept no more than that. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT) {
    drain(request);
    return Promise.reject(tooLarge());
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_LIMIT) {
        chunks.push(chunk);
        return;
      }
      request.removeAllListeners('data');
      drain(request);
      reject(tooLarge());
    });
    request.once('end', () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    );
    request.once('error', reject);
  });
}

function mediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

const PROTOBUF = 'application/vnd.kubernetes.protobuf';

function unsupportedType(type: string, known: readonly string[]): ApiFailure {
  // kubectl create KIND NAME, and a few like it, send protobuf whatever they are answered.
  const hint =
    type === PROTOBUF
      ? ': the embedded server reads JSON and YAML only; instead of kubectl create KIND, use kubectl apply -f'
      : '';
  const message = `the body of the request was in an unknown format - accepted media types include: ${known.join(', ')}; got ${JSON.stringify(type)}${hint}`;
  return new ApiFailure(failureStatus(415, 'UnsupportedMediaType', message));
}

const PATCH_TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** The kind of a PATCH. Throws 415 for another content type. */
export function patchTypeOf(request: IncomingMessage): PatchType {
  const type = mediaType(request);
  const known = PATCH_TYPES[type];
  if (known === undefined) throw unsupportedType(type, Object.keys(PATCH_TYPES));
  return known;
}

const OBJECT_TYPES = ['application/json', 'application/yaml'];

/** Throws 415 unless the body is JSON or YAML. */
export function checkObjectType(request: IncomingMessage): void {
  const type = mediaType(request);
  // Clients that name none send JSON, as the real server assumes too.
  if (type !== '' && !OBJECT_TYPES.includes(type)) throw unsupportedType(type, OBJECT_TYPES);
}

/** Decodes JSON, or YAML where the content type says so. Throws 400 for what is neither. */
export function decodeBody(request: IncomingMessage, bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  const text = bytes.toString('utf8');
  try {
    if (mediaType(request).endsWith('yaml') && !text.trimStart().startsWith('{')) return parseYaml(text);
    return JSON.parse(text);
  } catch (error) {
    const message = `the object provided is unrecognized (JSON or YAML is expected): ${(error as Error).message}`;
    throw new ApiFailure(failureStatus(400, 'BadRequest', message));
  }
}
