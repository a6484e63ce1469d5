/** Objects over HTTP with what compare-and-swap needs of an API server: uid, resourceVersion, 404, 409; merge patch and PUT. */
import { type Answer, json, status } from './fake-server.ts';

export interface StoredObject {
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    annotations?: Record<string, string>;
  };
  spec?: Record<string, unknown>;
}

function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = typeof target === 'object' && target !== null ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

export interface ObjectServer {
  readonly objects: Map<string, StoredObject>;
  readonly answer: Answer;
  /** Called before each write is carried out, so that a test can get in between. */
  beforeWrite: (path: string) => void;
  put(path: string, object: StoredObject): void;
}

export function createObjectServer(): ObjectServer {
  const objects = new Map<string, StoredObject>();
  let version = 100;
  const server: ObjectServer = {
    objects,
    beforeWrite: () => undefined,
    put(path, object) {
      version += 1;
      objects.set(path, { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } });
    },
    answer(asked, response) {
      const path = asked.url.pathname;
      const body = asked.body === '' ? undefined : (JSON.parse(asked.body) as StoredObject);
      if (asked.method !== 'GET') server.beforeWrite(path);
      if (asked.method === 'POST') {
        const created = `${path}/${body!.metadata.name}`;
        if (objects.has(created)) return json(response, 409, status(409, 'AlreadyExists', 'there'));
        server.put(created, { ...body!, metadata: { ...body!.metadata, uid: `uid-${version}` } });
        return json(response, 201, objects.get(created));
      }
      const known = objects.get(path);
      if (known === undefined) return json(response, 404, status(404, 'NotFound', 'none'));
      if (asked.method !== 'GET') {
        const given = body!.metadata.resourceVersion;
        const uid = body!.metadata.uid;
        if (
          (given !== undefined && given !== known.metadata.resourceVersion) ||
          (uid !== undefined && uid !== known.metadata.uid)
        ) {
          return json(response, 409, status(409, 'Conflict', 'the object has been modified'));
        }
        server.put(path, (asked.method === 'PUT' ? body : merged(known, body)) as StoredObject);
      }
      return json(response, 200, objects.get(path));
    },
  };
  return server;
}
