/**
 * Server-side apply: the manager's configuration merged into the live object; what it applied before and no longer does is
 * removed unless another owns it; another manager's field with another value is a conflict unless forced.
 * A simple field-manager version: one schema table for all kinds (`schema.ts`), no conversion of field sets between API versions.
 */
import { copy, isObject, type JsonObject } from '../../json.ts';
import { withoutOwned } from '../fieldSets.ts';
import { planApply, type Writer } from '../managedFields.ts';
import { itemKey, listKind } from '../schema.ts';
import { ApiFailure, failureStatus } from '../status.ts';
import type { KubeObject, ManagedFieldsEntry } from '../types.ts';

function mergeApplied(live: unknown, applied: unknown, field: string): unknown {
  if (Array.isArray(applied)) {
    const have = Array.isArray(live) ? live : [];
    const kind = listKind(field, [...have, ...applied]);
    if (kind.kind === 'atomic') return copy(applied);
    const identity = (item: unknown) =>
      kind.kind === 'keyed' ? itemKey(item, kind.keys) : JSON.stringify(item);
    const made = [...have];
    for (const item of applied) {
      const index = made.findIndex((other) => identity(other) === identity(item));
      if (index < 0) made.push(copy(item));
      else made[index] = mergeApplied(made[index], item, '[]');
    }
    return made;
  }
  if (!isObject(applied)) return applied;
  const made: JsonObject = isObject(live) ? { ...live } : {};
  for (const [name, value] of Object.entries(applied)) {
    if (value !== null && value !== undefined) made[name] = mergeApplied(made[name], value, name);
  }
  return made;
}

function managerText({ manager, operation, subresource, apiVersion }: ManagedFieldsEntry): string {
  if (operation === 'Apply') return `"${manager}"`;
  const part = subresource === undefined ? '' : ` with subresource "${subresource}"`;
  return `"${manager}"${part} using ${apiVersion}`;
}

function conflictFailure(conflicts: readonly { entry: ManagedFieldsEntry; path: string }[]): ApiFailure {
  const causes = conflicts.map(({ entry, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${managerText(entry)}`,
    field: path,
  }));
  const lines = causes.map((cause) => `${cause.message}: ${cause.field}`);
  const count = `Apply failed with ${causes.length} conflict${causes.length === 1 ? '' : 's'}`;
  return new ApiFailure(failureStatus(409, 'Conflict', `${count}: ${lines.join('\n')}`, { causes }));
}

/** The object after a server-side apply, with its managedFields. Nothing is changed in place. @internal */
export function serverSideApply(
  live: KubeObject | undefined,
  applied: JsonObject,
  writer: Writer,
  force: boolean,
): KubeObject {
  const plan = planApply(live, applied, writer);
  if (plan.conflicts.length > 0 && !force) throw conflictFailure(plan.conflicts);
  const cleared = Object.keys(plan.removed).length === 0 ? live : withoutOwned(live, plan.removed);
  const merged = mergeApplied(cleared ?? {}, applied, '') as KubeObject;
  return { ...merged, metadata: { ...merged.metadata, managedFields: plan.entries } };
}
