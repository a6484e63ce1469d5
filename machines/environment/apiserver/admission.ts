/**
 * Validating admission policies, evaluated (`pkg/admission/plugin/policy/validating`): constraints, parameter, match
 * conditions, variables, validations; failure policy; the messages and counts of the real server.
 */
import { evaluate, type Scope } from '../cel/compile.ts';
import { CelError, Lazy } from '../cel/values.ts';
import type { JsonObject } from '../json.ts';
import { encodeObject } from './decode.ts';
import { apiVersionOf, keyOf } from './definition.ts';
import type { LabelSelector } from './kube.ts';
import { type Attributes, concerns, type Operation } from './policyMatch.ts';
import { bindings, namespaces, policies, resourceOfKind } from './registry.ts';
import { matchesSelector } from './selectors.ts';
import { ApiFailure, failureStatus, forbidden } from './status.ts';
import { findObject, objectAt, objectsOf } from './store.ts';
import type { Transaction } from './transaction.ts';
import type { KubeObject, PolicyCheck } from './types.ts';

type Expression = { expression: string; message?: string; messageExpression?: string; reason?: string };
type PolicySpec = {
  failurePolicy: 'Fail' | 'Ignore';
  paramKind?: { apiVersion: string; kind: string };
  matchConstraints?: unknown;
  matchConditions?: { name: string; expression: string }[];
  variables?: { name: string; expression: string }[];
  validations?: Expression[];
};
type BindingSpec = {
  policyName: string;
  matchResources?: unknown;
  validationActions: ('Deny' | 'Warn' | 'Audit')[];
  paramRef?: {
    name?: string;
    namespace?: string;
    selector?: LabelSelector;
    parameterNotFoundAction?: 'Allow' | 'Deny';
  };
};

/** One policy under one binding, and what it decides. */
interface Pair {
  readonly policy: KubeObject;
  readonly spec: PolicySpec;
  readonly binding: KubeObject;
  readonly bound: BindingSpec;
}

interface Denial {
  readonly pair: Pair;
  readonly message: string;
  readonly reason?: string;
}

interface Decision {
  readonly outcome: 'admit' | 'deny';
  readonly message: string;
  readonly reason?: string;
  readonly errorType: PolicyCheck['errorType'];
}

/** A policy that can not be applied as it stands. */
class ConfigurationError extends Error {}

/** Policies do not judge policies: else one could lock everybody out. */
const EXEMPT = new Set([policies.storage, bindings.storage]);
const CODES: Readonly<Record<string, number>> = {
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
};

function served(
  definition: Transaction['definition'],
  version: string,
  object: KubeObject | undefined,
): JsonObject | null {
  return object === undefined ? null : encodeObject(definition, apiVersionOf(definition, version), object);
}

function requestValue(tx: Transaction, of: Attributes): JsonObject {
  const { request, definition } = tx;
  const { group, version, resource, subresource = '', user } = request;
  const object = of.object ?? of.oldObject;
  const kind = { group, version, kind: definition.kind };
  const named = { group, version, resource };
  return {
    kind,
    resource: named,
    requestKind: kind,
    requestResource: named,
    subResource: subresource,
    requestSubResource: subresource,
    name: object?.metadata.name ?? '',
    namespace: object?.metadata.namespace ?? '',
    operation: of.operation,
    userInfo: {
      username: user.username,
      groups: user.groups,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      ...(user.extra === undefined ? {} : { extra: user.extra }),
    },
    dryRun: tx.options.dryRun === true,
  };
}

function parameters(
  tx: Transaction,
  { spec, bound }: Pair,
  namespace: string | undefined,
): (KubeObject | undefined)[] {
  const { paramRef: ref } = bound;
  if (spec.paramKind === undefined) return [undefined];
  if (ref === undefined) return [undefined];
  const definition = resourceOfKind(spec.paramKind.apiVersion, spec.paramKind.kind);
  if (definition === undefined)
    throw new ConfigurationError(
      `failed to find resource referenced by paramKind: '${spec.paramKind.apiVersion}, Kind=${spec.paramKind.kind}'`,
    );
  const where = definition.namespaced ? (ref.namespace ?? namespace) : undefined;
  let found: KubeObject[];
  if (ref.name !== undefined && ref.name !== '') {
    const one = findObject(tx.state, definition, where, ref.name);
    found = one === undefined ? [] : [one];
  } else
    found = [...objectsOf(tx.state, definition.storage, where)].filter((one) =>
      matchesSelector(ref.selector, one.metadata.labels),
    );
  if (found.length > 0) return found;
  if (ref.parameterNotFoundAction === 'Deny') {
    throw new ConfigurationError('no params found for policy binding with `Deny` parameterNotFoundAction');
  }
  return [];
}

function scopeOf(
  tx: Transaction,
  pair: Pair,
  of: Attributes,
  request: JsonObject,
  param: KubeObject | undefined,
): Scope {
  const { version } = tx.request;
  const namespace = (of.object ?? of.oldObject)?.metadata.namespace;
  const home = namespace === undefined ? undefined : findObject(tx.state, namespaces, undefined, namespace);
  const kind = pair.spec.paramKind;
  const base: Record<string, unknown> = {
    object: served(tx.definition, version, of.object),
    oldObject: served(tx.definition, version, of.oldObject),
    request,
    namespaceObject: served(namespaces, 'v1', home),
    params:
      param === undefined || kind === undefined
        ? null
        : { apiVersion: kind.apiVersion, kind: kind.kind, ...param },
  };
  const compute = new Map<string, () => unknown>();
  const variables = new Lazy(compute);
  base.variables = variables;
  for (const { name, expression } of pair.spec.variables ?? [])
    compute.set(name, () => evaluate(expression, base));
  return base;
}

/** `matchConditions`: all must hold; one that is false settles it, whatever another fails with. */
function meetsConditions(spec: PolicySpec, scope: Scope): boolean {
  let failure: CelError | undefined;
  for (const { expression } of spec.matchConditions ?? []) {
    try {
      if (evaluate(expression, scope) !== true) return false;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return true;
}

function messageOf(validation: Expression, scope: Scope): string {
  if (validation.messageExpression !== undefined) {
    try {
      const text = evaluate(validation.messageExpression, scope);
      if (typeof text === 'string' && text.trim() !== '' && !text.includes('\n')) return text.trim();
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
    }
  }
  return validation.message?.trim() || `failed expression: ${validation.expression.trim()}`;
}

function failed(spec: PolicySpec, error: CelError, expression: string): Decision {
  const message = `expression '${expression}' resulted in error: ${error.message}`;
  return { outcome: spec.failurePolicy === 'Ignore' ? 'admit' : 'deny', message, errorType: error.errorType };
}

function validate(spec: PolicySpec, scope: Scope): Decision[] {
  try {
    if (!meetsConditions(spec, scope)) return [];
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    return [failed(spec, error, (spec.matchConditions ?? []).map((one) => one.expression).join(' && '))];
  }
  return (spec.validations ?? []).map((validation): Decision => {
    try {
      if (evaluate(validation.expression, scope) === true)
        return { outcome: 'admit', message: '', errorType: 'no_error' };
      const { reason } = validation;
      const message = messageOf(validation, scope);
      return { outcome: 'deny', message, errorType: 'no_error', ...(reason === undefined ? {} : { reason }) };
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      return failed(spec, error, validation.expression);
    }
  });
}

function carryOut(tx: Transaction, pair: Pair, decision: Decision): Denial[] {
  const names = { policy: pair.policy.metadata.name, binding: pair.binding.metadata.name };
  if (decision.outcome === 'admit') {
    if (decision.errorType !== 'no_error')
      tx.checks.push({ ...names, action: 'allow', errorType: decision.errorType });
    return [];
  }
  const denials: Denial[] = [];
  for (const action of pair.bound.validationActions) {
    tx.checks.push({
      ...names,
      action: action.toLowerCase() as 'deny' | 'warn' | 'audit',
      errorType: decision.errorType,
    });
    if (action === 'Deny') {
      const { message, reason } = decision;
      denials.push({ pair, message, ...(reason === undefined ? {} : { reason }) });
    } else if (action === 'Warn') {
      tx.warnings.push(
        `Validation failed for ValidatingAdmissionPolicy '${names.policy}' with binding '${names.binding}': ${decision.message}`,
      );
    }
  }
  return denials;
}

function judge(tx: Transaction, pair: Pair, of: Attributes, request: JsonObject): Denial[] {
  const namespace = (of.object ?? of.oldObject)?.metadata.namespace;
  try {
    const params = parameters(tx, pair, namespace);
    return params.flatMap((param) => {
      const scope = scopeOf(tx, pair, of, request, param);
      return validate(pair.spec, scope).flatMap((decision) => carryOut(tx, pair, decision));
    });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    if (pair.spec.failurePolicy === 'Ignore') return [];
    return [{ pair, message: `failed to configure binding: ${error.message}` }];
  }
}

function deny(
  tx: Transaction,
  of: Attributes,
  { pair, message: why, reason = 'Invalid' }: Denial,
): ApiFailure {
  const { name } = pair.policy.metadata;
  const message = `ValidatingAdmissionPolicy '${name}' with binding '${pair.binding.metadata.name}' denied request: ${why}`;
  const object = of.object ?? of.oldObject;
  const { status } = forbidden(tx.definition, object?.metadata.name ?? '', message, [{ message }]);
  return new ApiFailure(
    failureStatus(CODES[reason] ?? 422, reason, status.message ?? message, status.details),
  );
}

function* pairs(tx: Transaction, of: Attributes): Generator<Pair> {
  for (const binding of objectsOf(tx.state, bindings.storage)) {
    const bound = binding.spec as BindingSpec;
    const policy = objectAt(tx.state, keyOf(policies, undefined, bound.policyName));
    if (policy === undefined) continue;
    const spec = policy.spec as PolicySpec;
    if (!concerns(tx, spec.matchConstraints, of, true) || !concerns(tx, bound.matchResources, of, false))
      continue;
    yield { policy, spec, binding, bound };
  }
}

/**
 * Puts a request to all policies that concern it.
 * @throws ApiFailure of the first denial: 403 or what the validation's reason says, 422 if it says nothing
 */
export function admitByPolicies(
  tx: Transaction,
  operation: Operation,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
): void {
  if (EXEMPT.has(tx.definition.storage)) return;
  const of: Attributes = { operation, object, oldObject };
  let request: JsonObject | undefined;
  const denials: Denial[] = [];
  for (const pair of pairs(tx, of)) {
    request ??= requestValue(tx, of);
    denials.push(...judge(tx, pair, of, request));
  }
  const first = denials[0];
  if (first !== undefined) throw deny(tx, of, first);
}
