/**
 * Label selectors (as text in a query and as `metav1.LabelSelector`) and field selectors.
 */
import type { ResourceDefinition } from './definition.ts';
import type { LabelRequirement, LabelSelector } from './kube.ts';
import { badRequest } from './status.ts';
import type { KubeObject } from './types.ts';

type Labels = Readonly<Record<string, string>>;
/** @internal */
export type Predicate = (object: KubeObject) => boolean;

/** Whether labels meet one requirement. @public */
export function meets(requirement: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && (requirement.values ?? []).includes(value);
    case 'NotIn':
      return value === undefined || !(requirement.values ?? []).includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(requirement.values?.[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(requirement.values?.[0]);
  }
}

/** Whether labels match; a selector that is absent matches nothing, an empty one everything. @public */
export function matchesSelector(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  if (selector === undefined) return false;
  const own = labels ?? {};
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (own[key] !== value) return false;
  return (selector.matchExpressions ?? []).every((requirement) => meets(requirement, own));
}

/** The text form of a selector, as `status.selector` of a Scale has it. @public */
export function selectorText(selector: LabelSelector | undefined): string {
  const terms = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({
    key,
    text: `${key}=${value}`,
  }));
  for (const { key, operator, values } of selector?.matchExpressions ?? []) {
    const list = `(${[...(values ?? [])].sort().join(',')})`;
    if (operator === 'In') terms.push({ key, text: `${key} in ${list}` });
    else if (operator === 'NotIn') terms.push({ key, text: `${key} notin ${list}` });
    else terms.push({ key, text: operator === 'Exists' ? key : `!${key}` });
  }
  return terms
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map((term) => term.text)
    .join(',');
}

const SET = /^\s*([^\s!=,()]+)\s+(in|notin)\s*\(([^()]*)\)\s*$/;
const EQUALS = /^\s*([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)\s*$/;
const EXISTS = /^\s*(!?)\s*([^\s!=,()]+)\s*$/;

function parseRequirement(term: string): LabelRequirement {
  const set = SET.exec(term);
  if (set !== null) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim());
    return { key: set[1] ?? '', operator: set[2] === 'in' ? 'In' : 'NotIn', values };
  }
  const equals = EQUALS.exec(term);
  if (equals !== null) {
    return { key: equals[1] ?? '', operator: equals[2] === '!=' ? 'NotIn' : 'In', values: [equals[3] ?? ''] };
  }
  const exists = EXISTS.exec(term);
  if (exists !== null)
    return { key: exists[2] ?? '', operator: exists[1] === '!' ? 'DoesNotExist' : 'Exists' };
  throw badRequest(`unable to parse requirement: ${JSON.stringify(term)} is no label selector`);
}

/** Parses `a=b,c in (d,e),!f`. @public */
export function parseLabelSelector(text: string): LabelRequirement[] {
  if (text.trim() === '') return [];
  // Commas inside parentheses do not part terms.
  return text.split(/,(?![^(]*\))/).map(parseRequirement);
}

function fieldsOf(definition: ResourceDefinition, object: KubeObject): Record<string, string> {
  const own = definition.fields?.(object) ?? {};
  const { name, namespace } = object.metadata;
  return {
    'metadata.name': name,
    ...(namespace === undefined ? {} : { 'metadata.namespace': namespace }),
    ...own,
  };
}

function parseFieldSelector(text: string): { field: string; not: boolean; value: string }[] {
  return text
    .split(',')
    .filter((term) => term.trim() !== '')
    .map((term) => {
      const parts = /^\s*([^\s!=]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(term);
      if (parts === null) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
      return { field: parts[1] ?? '', not: parts[2] === '!=', value: parts[3] ?? '' };
    });
}

/** What of a selection can be looked up instead of searched. @internal */
export interface Selection {
  readonly matches: Predicate;
  /** `metadata.name=` of the field selector. */
  readonly name?: string;
  /** `spec.nodeName=` of the field selector. */
  readonly node?: string;
  /** True if everything matches. */
  readonly all: boolean;
}

/** Both selectors of a request as one predicate. */
export function selectionOf(
  definition: ResourceDefinition,
  options: { labelSelector?: string; fieldSelector?: string } = {},
): Selection {
  const labels = parseLabelSelector(options.labelSelector ?? '');
  const fields = parseFieldSelector(options.fieldSelector ?? '');
  const known = fieldsOf(definition, {
    metadata: { name: '', namespace: '' } as KubeObject['metadata'],
    spec: {},
    status: {},
  });
  for (const { field } of fields) {
    if (!Object.hasOwn(known, field)) {
      throw badRequest(`field label not supported: ${field}`);
    }
  }
  const matches: Predicate = (object) => {
    if (!labels.every((requirement) => meets(requirement, object.metadata.labels ?? {}))) return false;
    if (fields.length === 0) return true;
    const have = fieldsOf(definition, object);
    return fields.every(({ field, not, value }) => ((have[field] ?? '') === value) !== not);
  };
  const exact = (name: string) => fields.find((term) => term.field === name && !term.not)?.value;
  const name = exact('metadata.name');
  const node = exact('spec.nodeName');
  return {
    matches,
    all: labels.length === 0 && fields.length === 0,
    ...(name === undefined ? {} : { name }),
    ...(node === undefined || node === '' ? {} : { node }),
  };
}
