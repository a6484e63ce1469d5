/** JSON merge patch (RFC 7386) and JSON patch (RFC 6902). */
import { copy, equal, isObject, type JsonObject } from '../../json.ts';
import { ApiFailure, badRequest, failureStatus } from '../status.ts';

/** RFC 7386. Neither argument is changed. @internal */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return copy(patch);
  const made: JsonObject = isObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete made[field];
    else made[field] = mergePatch(made[field], value);
  }
  return made;
}

type Parent = JsonObject | unknown[];

/** The real server keeps the reason to itself: so do the answers here, and the thrown error names it. */
function unprocessable(reason: string): ApiFailure {
  const message = 'the server rejected our request due to an error in our request';
  return new ApiFailure(failureStatus(422, 'Invalid', message, {}), undefined, reason);
}

function pointer(path: unknown): string[] {
  if (typeof path !== 'string' || (path !== '' && !path.startsWith('/'))) {
    throw badRequest(`json patch: path must be a JSON pointer, got ${JSON.stringify(path)}`);
  }
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function step(here: unknown, part: string, path: string): unknown {
  if (Array.isArray(here)) {
    const index = Number(part);
    if (!/^\d+$/.test(part) || index >= here.length) throw unprocessable(`no element at ${path}`);
    return here[index];
  }
  if (!isObject(here) || !Object.hasOwn(here, part)) throw unprocessable(`nothing stands at ${path}`);
  return here[part];
}

function parentOf(document: unknown, path: string): [Parent, string] {
  const parts = pointer(path);
  const last = parts.pop();
  if (last === undefined) throw badRequest('json patch: the whole document can not be replaced');
  let here = document;
  for (const part of parts) here = step(here, part, path);
  if (!Array.isArray(here) && !isObject(here)) throw unprocessable(`nothing can stand at ${path}`);
  return [here, last];
}

function add(document: unknown, path: string, value: unknown): void {
  const [parent, last] = parentOf(document, path);
  if (!Array.isArray(parent)) parent[last] = value;
  else if (last === '-') parent.push(value);
  else if (/^\d+$/.test(last) && Number(last) <= parent.length) parent.splice(Number(last), 0, value);
  else throw unprocessable(`no place at ${path}`);
}

function remove(document: unknown, path: string): unknown {
  const [parent, last] = parentOf(document, path);
  const was = step(parent, last, path);
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
  return was;
}

function read(document: unknown, path: string): unknown {
  return pointer(path).reduce((here, part) => step(here, part, path), document);
}

function perform(document: unknown, operation: JsonObject): void {
  const path = String(operation.path);
  pointer(operation.path);
  switch (operation.op) {
    case 'add':
      add(document, path, copy(operation.value));
      return;
    case 'remove':
      remove(document, path);
      return;
    case 'replace':
      remove(document, path);
      add(document, path, copy(operation.value));
      return;
    case 'move':
      add(document, path, remove(document, String(operation.from)));
      return;
    case 'copy':
      add(document, path, copy(read(document, String(operation.from))));
      return;
    case 'test':
      if (equal(read(document, path), operation.value)) return;
      throw unprocessable(`testing value ${path} failed: test failed`);
    default:
      throw badRequest(`json patch: unexpected kind of operation ${JSON.stringify(operation.op)}`);
  }
}

/** RFC 6902. The document is not changed. @internal */
export function jsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('json patch: a list of operations is expected');
  const made = copy(document);
  for (const operation of patch) {
    if (!isObject(operation)) throw badRequest('json patch: an operation is an object');
    perform(made, operation);
  }
  return made;
}
