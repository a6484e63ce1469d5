/**
 * Which manager owns which field (`metadata.managedFields`, structured-merge-diff), for every field of every object: section 8
 * of the protocol tells an external write of `spec.replicas` by the entry that owns it. Simplified where no client of ours can
 * see it: a list that `schema.ts` does not name is one field, and null values own nothing.
 */
import { equal, isObject, type JsonObject } from '../json.ts';
import { isMapField, itemKey, listKind } from './schema.ts';
import type { KubeObject, ManagedFieldsEntry } from './types.ts';

/** FieldsV1: a trie whose leaves are owned fields. `.` marks that the container itself is owned. @internal */
export type Fields = { [part: string]: Fields };

const OWN_SELF = '.';
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

/** The parts of a value, each under its FieldsV1 name; undefined for a leaf. */
function partsOf(field: string, value: unknown): Map<string, { field: string; value: unknown }> | undefined {
  const parts = new Map<string, { field: string; value: unknown }>();
  if (Array.isArray(value)) {
    const kind = listKind(field, value);
    if (kind.kind === 'atomic' || value.length === 0) return undefined;
    for (const item of value) {
      const name = kind.kind === 'set' ? `v:${JSON.stringify(item)}` : `k:${itemKey(item, kind.keys)}`;
      parts.set(name, { field: kind.kind === 'set' ? '' : '[]', value: item });
    }
    return parts;
  }
  if (!isObject(value)) return undefined;
  for (const name in value) {
    if (value[name] !== undefined && value[name] !== null)
      parts.set(`f:${name}`, { field: name, value: value[name] });
  }
  return parts.size === 0 ? undefined : parts;
}

function ownsSelf(name: string, field: string): boolean {
  return name.startsWith('k:') || isMapField(field);
}

/** All fields of a value. */
function everything(name: string, field: string, value: unknown): Fields {
  const parts = partsOf(field, value);
  if (parts === undefined) return {};
  const fields: Fields = ownsSelf(name, field) ? { [OWN_SELF]: {} } : {};
  for (const [part, child] of parts) fields[part] = everything(part, child.field, child.value);
  return fields;
}

interface Difference {
  /** Added or given another value. */
  readonly set: Fields;
  /** No longer there. */
  readonly gone: Fields;
}

function difference(name: string, field: string, before: unknown, after: unknown): Difference | undefined {
  if (before === after) return undefined;
  const old = partsOf(field, before);
  const now = partsOf(field, after);
  if (old === undefined || now === undefined) {
    if (equal(before, after)) return undefined;
    const set = after === undefined ? {} : everything(name, field, after);
    return { set, gone: before === undefined ? {} : everything(name, field, before) };
  }
  const set: Fields = {};
  const gone: Fields = {};
  for (const [part, child] of now) {
    const was = old.get(part);
    if (was === undefined) set[part] = everything(part, child.field, child.value);
    else {
      const inner = difference(part, child.field, was.value, child.value);
      const leaf =
        partsOf(child.field, was.value) === undefined || partsOf(child.field, child.value) === undefined;
      if (inner === undefined) continue;
      if (leaf || !isEmpty(inner.set)) set[part] = inner.set;
      if (!leaf && !isEmpty(inner.gone)) gone[part] = inner.gone;
    }
  }
  for (const [part, child] of old)
    if (!now.has(part)) gone[part] = everything(part, child.field, child.value);
  return isEmpty(set) && isEmpty(gone) ? undefined : { set, gone };
}

function isEmpty(fields: Fields): boolean {
  for (const _ in fields) return false;
  return true;
}

/** `a` without what `b` names; a leaf of `b` takes all below it. Undefined when nothing is left. */
function subtract(a: Fields, b: Fields): Fields | undefined {
  if (isEmpty(b)) return undefined;
  const made: Fields = {};
  for (const part in a) {
    const taken = b[part];
    const own = a[part] ?? {};
    if (taken === undefined) made[part] = own;
    else if (!isEmpty(own)) {
      const left = subtract(own, taken);
      if (left !== undefined) made[part] = left;
    }
  }
  return isEmpty(made) ? undefined : made;
}

function union(a: Fields, b: Fields): Fields {
  const made: Fields = { ...a };
  for (const part in b) {
    const own = made[part];
    made[part] = own === undefined ? (b[part] ?? {}) : union(own, b[part] ?? {});
  }
  return made;
}

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

/** Leaves that both tries have, as paths of parts. */
function shared(a: Fields, b: Fields, path: readonly string[] = []): string[][] {
  return Object.keys(a).flatMap((part) => {
    const other = b[part];
    if (part === OWN_SELF || other === undefined) return [];
    const own = a[part] ?? {};
    const here = [...path, part];
    return isEmpty(own) || isEmpty(other) ? [here] : shared(own, other, here);
  });
}

function follow(value: unknown, parts: readonly string[]): unknown {
  let here = value;
  let field = '';
  for (const part of parts) {
    const child = partsOf(field, here)?.get(part);
    if (child === undefined) return undefined;
    here = child.value;
    field = child.field;
  }
  return here;
}

/** `.spec.template.spec.containers[name="web"].image` */
function pathText(parts: readonly string[]): string {
  return parts
    .map((part) => {
      const rest = part.slice(2);
      if (part.startsWith('f:')) return `.${rest}`;
      if (part.startsWith('v:')) return `[${rest}]`;
      const keys = Object.entries(JSON.parse(rest) as JsonObject);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
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

function asTrie(parts: readonly string[]): Fields {
  return parts.reduceRight<Fields>((below, part) => ({ [part]: below }), {});
}

/** A value without the fields that a trie names. @internal */
export function withoutOwned(value: unknown, fields: Fields, field = ''): unknown {
  if (isEmpty(fields)) return undefined;
  if (Array.isArray(value)) {
    const kind = listKind(field, value);
    const named = (item: unknown) =>
      fields[kind.kind === 'keyed' ? `k:${itemKey(item, kind.keys)}` : `v:${JSON.stringify(item)}`];
    const kept = value.flatMap((item) => {
      const gone = named(item);
      if (gone === undefined) return [item];
      // An item goes when the manager owned the item itself.
      return isEmpty(gone) || gone[OWN_SELF] !== undefined ? [] : [withoutOwned(item, gone, '[]')];
    });
    return kept.length === 0 ? undefined : kept;
  }
  if (!isObject(value)) return value;
  const made: JsonObject = { ...value };
  for (const part in fields) {
    if (!part.startsWith('f:')) continue;
    const name = part.slice(2);
    const left = withoutOwned(made[name], fields[part] ?? {}, name);
    if (left === undefined) delete made[name];
    else made[name] = left;
  }
  return Object.keys(made).length === 0 && fields[OWN_SELF] !== undefined ? undefined : made;
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
