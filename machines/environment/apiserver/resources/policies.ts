/**
 * Admission policies (evaluated, see `admission.ts`), and what is stored but acted on by nobody here: RBAC, CSI and the like.
 */
import { equal, isObject } from '../../json.ts';
import type { ResourceDefinition } from '../definition.ts';
import { type Cause, required, unsupportedValue } from '../status.ts';
import type { KubeObject } from '../types.ts';

function fill(target: unknown, defaults: Record<string, unknown>): void {
  if (!isObject(target)) return;
  for (const [field, value] of Object.entries(defaults)) target[field] ??= value;
}

function defaultConstraints(constraints: unknown): void {
  fill(constraints, { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} });
  if (!isObject(constraints)) return;
  for (const rules of ['resourceRules', 'excludeResourceRules']) {
    for (const rule of Array.isArray(constraints[rules]) ? constraints[rules] : [])
      fill(rule, { scope: '*' });
  }
}

function policyCauses(object: KubeObject): Cause[] {
  const spec = object.spec;
  if (!isObject(spec)) return [required('spec')];
  const causes: Cause[] = [];
  const validations = Array.isArray(spec.validations) ? spec.validations : [];
  if (validations.length === 0 && !Array.isArray(spec.auditAnnotations)) {
    causes.push(required('spec.validations', 'validations or auditAnnotations must be specified'));
  }
  validations.forEach((validation, i) => {
    if (!isObject(validation) || typeof validation.expression !== 'string') {
      causes.push(required(`spec.validations[${i}].expression`));
    }
  });
  if (!isObject(spec.matchConstraints)) causes.push(required('spec.matchConstraints'));
  if (!['Fail', 'Ignore'].includes(String(spec.failurePolicy))) {
    causes.push(unsupportedValue('spec.failurePolicy', spec.failurePolicy, ['Fail', 'Ignore']));
  }
  return causes;
}

const admission = { group: 'admissionregistration.k8s.io', versions: ['v1'], namespaced: false } as const;

/** @internal */
export const policies: ResourceDefinition = {
  ...admission,
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  singular: 'validatingadmissionpolicy',
  categories: ['api-extensions'],
  storage: 'validatingadmissionpolicies.admissionregistration.k8s.io',
  subresources: ['status'],
  generation: true,
  applyDefaults: (draft) => {
    if (!isObject(draft.spec)) return;
    fill(draft.spec, { failurePolicy: 'Fail' });
    defaultConstraints(draft.spec.matchConstraints);
  },
  // The real server's type checker reports here; ours has no schemas to check against, and says that it looked.
  initialStatus: () => ({ observedGeneration: 1, typeChecking: {} }),
  validate: policyCauses,
};

/** @internal */
export const bindings: ResourceDefinition = {
  ...admission,
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  singular: 'validatingadmissionpolicybinding',
  categories: ['api-extensions'],
  storage: 'validatingadmissionpolicybindings.admissionregistration.k8s.io',
  generation: true,
  applyDefaults: (draft) => {
    if (isObject(draft.spec)) defaultConstraints(draft.spec.matchResources);
  },
  validate: (object) => {
    const spec = object.spec;
    if (!isObject(spec) || !spec.policyName) return [required('spec.policyName')];
    const actions = spec.validationActions;
    return Array.isArray(actions) && actions.length > 0 ? [] : [required('spec.validationActions')];
  },
};

const rbac = { group: 'rbac.authorization.k8s.io', versions: ['v1'] } as const;

function roleRefCauses(object: KubeObject, previous: KubeObject | undefined): Cause[] {
  if (!isObject(object.roleRef)) return [required('roleRef')];
  if (previous === undefined || equal(previous.roleRef, object.roleRef)) return [];
  return [{ reason: 'FieldValueInvalid', field: 'roleRef', message: 'Invalid value: cannot change roleRef' }];
}

/** Stored as they come. Nothing here is evaluated: every identity may do everything that the policies admit. @internal */
export const rbacResources: readonly ResourceDefinition[] = [
  {
    ...rbac,
    kind: 'Role',
    plural: 'roles',
    singular: 'role',
    namespaced: true,
    storage: 'roles.rbac.authorization.k8s.io',
  },
  {
    ...rbac,
    kind: 'RoleBinding',
    plural: 'rolebindings',
    singular: 'rolebinding',
    namespaced: true,
    storage: 'rolebindings.rbac.authorization.k8s.io',
    validate: roleRefCauses,
  },
  {
    ...rbac,
    kind: 'ClusterRole',
    plural: 'clusterroles',
    singular: 'clusterrole',
    namespaced: false,
    storage: 'clusterroles.rbac.authorization.k8s.io',
  },
  {
    ...rbac,
    kind: 'ClusterRoleBinding',
    plural: 'clusterrolebindings',
    singular: 'clusterrolebinding',
    namespaced: false,
    storage: 'clusterrolebindings.rbac.authorization.k8s.io',
    validate: roleRefCauses,
  },
];
