/**
 * Events, under both names: `v1` (the stored form) and `events.k8s.io/v1`, whose fields are called otherwise.
 */
import { isObject, type JsonObject } from '../../json.ts';
import type { ResourceDefinition } from '../definition.ts';
import type { KubeObject } from '../types.ts';

const involved = (object: KubeObject, field: string): string => {
  const reference = object.involvedObject;
  return isObject(reference) ? String(reference[field] ?? '') : '';
};

/** @internal */
export const events: ResourceDefinition = {
  group: '',
  versions: ['v1'],
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  namespaced: true,
  storage: 'events',
  createOnUpdate: true,
  fields: (object) => ({
    'involvedObject.kind': involved(object, 'kind'),
    'involvedObject.namespace': involved(object, 'namespace'),
    'involvedObject.name': involved(object, 'name'),
    'involvedObject.uid': involved(object, 'uid'),
    'involvedObject.apiVersion': involved(object, 'apiVersion'),
    'involvedObject.resourceVersion': involved(object, 'resourceVersion'),
    'involvedObject.fieldPath': involved(object, 'fieldPath'),
    reason: String(object.reason ?? ''),
    reportingComponent: String(object.reportingComponent ?? ''),
    source: isObject(object.source) ? String(object.source.component ?? '') : '',
    type: String(object.type ?? ''),
  }),
};

/** `events.k8s.io/v1` name → `v1` name. */
const RENAMED: readonly (readonly [string, string])[] = [
  ['note', 'message'],
  ['regarding', 'involvedObject'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
];

function renamed(object: KubeObject, pairs: readonly (readonly [string, string])[]): KubeObject {
  const made: JsonObject = { ...object };
  for (const [from, to] of pairs) {
    if (made[from] === undefined) continue;
    made[to] = made[from];
    delete made[from];
  }
  return made as KubeObject;
}

/** @internal */
export const newEvents: ResourceDefinition = {
  ...events,
  group: 'events.k8s.io',
  fields: (object) => ({ ...events.fields?.(object) }),
  convert: {
    toStored: (body) => renamed(body, RENAMED),
    toServed: (stored) =>
      renamed(
        stored,
        RENAMED.map(([newName, oldName]) => [oldName, newName]),
      ),
  },
};
