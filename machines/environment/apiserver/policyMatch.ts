/** Which requests an admission policy and its binding concern: rules, namespace selector, object selector. */
import { isObject } from '../json.ts';
import type { LabelSelector } from './kube.ts';
import { namespaces } from './registry.ts';
import { matchesSelector } from './selectors.ts';
import { findObject } from './store.ts';
import type { Transaction } from './transaction.ts';
import type { KubeObject } from './types.ts';

/** @internal */
export type Operation = 'CREATE' | 'UPDATE' | 'DELETE';

/** One request as admission sees it. @internal */
export interface Attributes {
  readonly operation: Operation;
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
}

type Rule = {
  apiGroups?: string[];
  apiVersions?: string[];
  operations?: string[];
  resources?: string[];
  resourceNames?: string[];
  scope?: string;
};
/** `MatchResources`. @internal */
export type MatchResources = {
  resourceRules?: Rule[];
  excludeResourceRules?: Rule[];
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
};

const names = (list: readonly string[] | undefined, value: string): boolean =>
  list?.includes('*') === true || list?.includes(value) === true;

function matchesResource(
  resources: readonly string[] | undefined,
  resource: string,
  subresource: string | undefined,
): boolean {
  return (resources ?? []).some((pattern) => {
    const [wanted, sub] = pattern.split('/');
    if (wanted !== '*' && wanted !== resource) return false;
    // `*` is all resources without their subresources, `*/*` all of both.
    return sub === undefined ? subresource === undefined : sub === '*' || sub === subresource;
  });
}

function matchesRule(tx: Transaction, rule: Rule, of: Attributes): boolean {
  const { group, version, resource, subresource } = tx.request;
  const scope = tx.definition.namespaced ? 'Namespaced' : 'Cluster';
  const name = (of.object ?? of.oldObject)?.metadata.name ?? '';
  return (
    names(rule.operations, of.operation) &&
    names(rule.apiGroups, group) &&
    names(rule.apiVersions, version) &&
    (rule.scope === undefined || rule.scope === '*' || rule.scope === scope) &&
    (rule.resourceNames === undefined ||
      rule.resourceNames.length === 0 ||
      rule.resourceNames.includes(name)) &&
    matchesResource(rule.resources, resource, subresource)
  );
}

function matchesNamespace(tx: Transaction, selector: LabelSelector | undefined, of: Attributes): boolean {
  if (selector === undefined || isEmpty(selector)) return true;
  const object = of.object ?? of.oldObject;
  if (tx.definition === namespaces) return matchesSelector(selector, object?.metadata.labels);
  if (!tx.definition.namespaced) return true;
  const namespace = findObject(tx.state, namespaces, undefined, object?.metadata.namespace ?? '');
  return matchesSelector(selector, namespace?.metadata.labels);
}

function isEmpty(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;
}

function matchesObject(selector: LabelSelector | undefined, of: Attributes): boolean {
  if (selector === undefined || isEmpty(selector)) return true;
  return [of.object, of.oldObject].some(
    (object) => object !== undefined && matchesSelector(selector, object.metadata.labels),
  );
}

/** True if the constraints concern the request. A binding without rules concerns what its policy does. */
export function concerns(
  tx: Transaction,
  constraints: unknown,
  of: Attributes,
  rulesNeeded: boolean,
): boolean {
  if (!isObject(constraints)) return !rulesNeeded;
  const {
    resourceRules = [],
    excludeResourceRules = [],
    namespaceSelector,
    objectSelector,
  } = constraints as MatchResources;
  const named =
    resourceRules.length === 0 ? !rulesNeeded : resourceRules.some((rule) => matchesRule(tx, rule, of));
  if (!named || excludeResourceRules.some((rule) => matchesRule(tx, rule, of))) return false;
  return matchesObject(objectSelector, of) && matchesNamespace(tx, namespaceSelector, of);
}
