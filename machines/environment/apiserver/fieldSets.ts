/**
 * Sets of fields as `metadata.managedFields` writes them (FieldsV1, structured-merge-diff): made from values, compared, added, taken apart.
 */
import { equal, isObject, type JsonObject } from '../json.ts';
import { isMapField, itemKey, listKind } from './schema.ts';

/** FieldsV1: a trie whose leaves are owned fields. `.` marks that the container itself is owned. @internal */
export type Fields = { [part: string]: Fields };

export const OWN_SELF = '.';

/** The parts of a value, each under its FieldsV1 name; undefined for a leaf. */
export function partsOf(
  field: string,
  value: unknown,
): Map<string, { field: string; value: unknown }> | undefined {
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

export function ownsSelf(name: string, field: string): boolean {
  return name.startsWith('k:') || isMapField(field);
}

/** All fields of a value. */
export function everything(name: string, field: string, value: unknown): Fields {
  const parts = partsOf(field, value);
  if (parts === undefined) return {};
  const fields: Fields = ownsSelf(name, field) ? { [OWN_SELF]: {} } : {};
  for (const [part, child] of parts) fields[part] = everything(part, child.field, child.value);
  return fields;
}

export interface Difference {
  /** Added or given another value. */
  readonly set: Fields;
  /** No longer there. */
  readonly gone: Fields;
}

export function difference(
  name: string,
  field: string,
  before: unknown,
  after: unknown,
): Difference | undefined {
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

export function isEmpty(fields: Fields): boolean {
  for (const _ in fields) return false;
  return true;
}

/** `a` without what `b` names; a leaf of `b` takes all below it. Undefined when nothing is left. */
export function subtract(a: Fields, b: Fields): Fields | undefined {
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

export function union(a: Fields, b: Fields): Fields {
  const made: Fields = { ...a };
  for (const part in b) {
    const own = made[part];
    made[part] = own === undefined ? (b[part] ?? {}) : union(own, b[part] ?? {});
  }
  return made;
}

/** Leaves that both tries have, as paths of parts. */
export function shared(a: Fields, b: Fields, path: readonly string[] = []): string[][] {
  return Object.keys(a).flatMap((part) => {
    const other = b[part];
    if (part === OWN_SELF || other === undefined) return [];
    const own = a[part] ?? {};
    const here = [...path, part];
    return isEmpty(own) || isEmpty(other) ? [here] : shared(own, other, here);
  });
}

export function follow(value: unknown, parts: readonly string[]): unknown {
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
export function pathText(parts: readonly string[]): string {
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

export function asTrie(parts: readonly string[]): Fields {
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
