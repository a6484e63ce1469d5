/**
 * Which manager owns which field (`metadata.managedFields`, structured-merge-diff), for every field of every object: section 8
 * of the protocol tells an external write of `spec.replicas` by the entry that owns it. Simplified where no client of ours can
 * see it: a list that `schema.ts` does not name is one field, and null values own nothing.
 */
import { equal, isObject, type JsonObject } from '../json.ts';
import {
  asTrie,
  difference,
  everything,
  type Fields,
  follow,
  isEmpty,
  pathText,
  shared,
  subtract,
  union,
} from './fieldSets.ts';
import type { KubeObject, ManagedFieldsEntry } from './types.ts';

/** Set by the server itself; nobody owns them. */
const SERVER_OWNED = new Set([
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
]);

/** What of an object can be owned: all but apiVersion, kind and the server's own metadata. */
function ownable(object: JsonObject): JsonObject {
  const { apiVersion: _, kind: __, metadata, ...rest } = object;
  if (!isObject(metadata)) return rest;
  const own = Object.entries(metadata).filter(([field]) => !SERVER_OWNED.has(field));
  return own.length === 0 ? rest : { metadata: Object.fromEntries(own), ...rest };
}

/** Who writes, and how. @internal */
export interface Writer {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource?: string;
  /** Absent for the scale subresource, whose entries carry no time. */
  readonly time?: string;
}

function isSame(entry: ManagedFieldsEntry, writer: Writer): boolean {
  return (
    entry.manager === writer.manager &&
    entry.operation === writer.operation &&
    (entry.subresource ?? '') === (writer.subresource ?? '') &&
    (entry.operation === 'Apply' || entry.apiVersion === writer.apiVersion)
  );
}

function entryOf(writer: Writer, fields: Fields, time: string | undefined): ManagedFieldsEntry {
  const { manager, operation, apiVersion, subresource } = writer;
  return {
    manager,
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
    ...(subresource === undefined ? {} : { subresource }),
  };
}

const fieldsOf = (entry: ManagedFieldsEntry): Fields => entry.fieldsV1 as Fields;

function withoutFields(entry: ManagedFieldsEntry, taken: readonly Fields[]): ManagedFieldsEntry | undefined {
  let fields: Fields | undefined = fieldsOf(entry);
  for (const one of taken) if (fields !== undefined && !isEmpty(one)) fields = subtract(fields, one);
  return fields === undefined ? undefined : { ...entry, fieldsV1: fields };
}

/**
 * The entries after an update (create, PUT, patch): what it changed is its manager's, and nobody else's.
 * @param before - undefined at creation
 */
export function trackUpdate(
  before: KubeObject | undefined,
  after: KubeObject,
  writer: Writer,
): ManagedFieldsEntry[] {
  const entries = before?.metadata.managedFields ?? [];
  const change = difference('', '', before === undefined ? {} : ownable(before), ownable(after));
  const made = before === undefined ? everything('', '', ownable(after)) : change?.set;
  if (made === undefined) return [...entries];
  const gone = change?.gone ?? {};
  const kept: ManagedFieldsEntry[] = [];
  let mine: ManagedFieldsEntry | undefined;
  for (const entry of entries) {
    if (isSame(entry, writer)) mine = entry;
    else {
      const left = withoutFields(entry, [made, gone]);
      if (left !== undefined) kept.push(left);
    }
  }
  const left = mine === undefined ? undefined : withoutFields(mine, [gone]);
  const fields = union(left === undefined ? {} : fieldsOf(left), made);
  if (isEmpty(fields)) return kept;
  const untouched = isEmpty(made) && mine !== undefined;
  return [...kept, entryOf(writer, fields, untouched ? mine?.time : writer.time)];
}

/** A field that another manager owns with another value. @internal */
export interface ApplyConflict {
  readonly entry: ManagedFieldsEntry;
  readonly path: string;
}

/** The outcome of comparing a server-side apply with who owns what. @internal */
export interface ApplyPlan {
  readonly conflicts: readonly ApplyConflict[];
  /** Paths (of parts) that this manager no longer applies and nobody else owns: they are removed. */
  readonly removed: Fields;
  /** The entries, if the apply goes ahead. */
  readonly entries: ManagedFieldsEntry[];
}

/** Compares what a manager applies with the live object and its owners. */
export function planApply(live: KubeObject | undefined, applied: JsonObject, writer: Writer): ApplyPlan {
  const config = ownable(applied);
  const wanted = everything('', '', config);
  const entries = live?.metadata.managedFields ?? [];
  const conflicts: ApplyConflict[] = [];
  const others: ManagedFieldsEntry[] = [];
  let mine: ManagedFieldsEntry | undefined;
  for (const entry of entries) {
    if (isSame(entry, writer)) {
      mine = entry;
      continue;
    }
    const differing = shared(fieldsOf(entry), wanted).filter(
      (parts) => !equal(follow(ownable(live ?? {}), parts), follow(config, parts)),
    );
    for (const parts of differing) conflicts.push({ entry, path: pathText(parts) });
    const left = withoutFields(entry, differing.map(asTrie));
    if (left !== undefined) others.push(left);
  }
  // An empty trie below the root is a leaf; at the root it is nothing at all.
  const left = isEmpty(wanted) ? (fields: Fields) => fields : (fields: Fields) => subtract(fields, wanted);
  let removed: Fields | undefined = mine === undefined ? undefined : left(fieldsOf(mine));
  for (const entry of others) if (removed !== undefined) removed = subtract(removed, fieldsOf(entry));
  const same = mine !== undefined && equal(mine.fieldsV1, wanted);
  const own = isEmpty(wanted) ? [] : [entryOf(writer, wanted, same ? mine?.time : writer.time)];
  return { conflicts, removed: removed ?? {}, entries: [...others, ...own] };
}

const REPLICAS: Fields = { 'f:spec': { 'f:replicas': {} } };

function ownsReplicas(entry: ManagedFieldsEntry): boolean {
  return fieldsOf(entry)['f:spec']?.['f:replicas'] !== undefined;
}

/**
 * The entries after a write to the scale subresource (`managedfields/scalehandler.go`), with what was seen of it on 1.36.3:
 * the writer's entry carries no time; a write while nobody owns `replicas` is not tracked; a write of 0 leaves no owner; one of the same value moves
 * the owner's `replicas` to an entry of its own without a time (so the object changes, its generation does not).
 */
export function trackScale(
  before: KubeObject,
  writer: Writer,
  change: { readonly isChanged: boolean; readonly toZero: boolean },
): ManagedFieldsEntry[] {
  const { isChanged, toZero } = change;
  // Entries with one identity are one to the real server: the last one counts.
  const parents = new Map<string, ManagedFieldsEntry>();
  for (const entry of before.metadata.managedFields ?? []) {
    const { manager, operation, subresource, apiVersion } = entry;
    parents.set(
      JSON.stringify([manager, operation, subresource, operation === 'Apply' ? '' : apiVersion]),
      entry,
    );
  }
  const owners = [...parents.values()].filter(ownsReplicas);
  if (owners.length === 0) return [...parents.values()];
  // A Scale of 0 leaves the field out: its writer owns nothing.
  const changed = toZero ? [] : [writer];
  const scale: Writer[] = isChanged ? changed : owners.filter((entry) => entry.operation === 'Update');
  const kept = [...parents.values()].flatMap((entry) => {
    // An applied entry keeps its identity in both: it is not stolen from while the value stays.
    if (!ownsReplicas(entry) || (!isChanged && entry.operation === 'Apply')) return [entry];
    return withoutFields(entry, [REPLICAS]) ?? [];
  });
  const { apiVersion } = writer;
  const made = scale.map(({ manager, operation, subresource }) =>
    entryOf(
      { manager, operation, apiVersion, ...(subresource === undefined ? {} : { subresource }) },
      REPLICAS,
      undefined,
    ),
  );
  return [...made, ...kept];
}
