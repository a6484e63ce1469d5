/** Deployments and ReplicaSets (`pkg/registry/apps`, `pkg/apis/apps/v1/defaults.go`). */
import { equal, isObject } from '../../json.ts';
import type { ResourceDefinition } from '../definition.ts';
import type { Deployment, DeploymentSpec, LabelSelector, PodTemplate, ReplicaSet } from '../kube.ts';
import { matchesSelector } from '../selectors.ts';
import { type Cause, forbiddenField, invalidValue, required, unsupportedValue } from '../status.ts';
import { defaultPodSpec, templateCauses } from './podSpec.ts';

function replicasCauses(replicas: unknown): Cause[] {
  if (typeof replicas === 'number' && Number.isInteger(replicas) && replicas >= 0) return [];
  return [invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0')];
}

function selectorCauses(selector: LabelSelector | undefined, template: PodTemplate | undefined): Cause[] {
  if (!isObject(selector)) return [required('spec.selector')];
  const empty =
    Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;
  if (empty) return [invalidValue('spec.selector', selector, 'empty selector is invalid for deployment')];
  const labels = template?.metadata?.labels ?? {};
  if (matchesSelector(selector, labels)) return [];
  return [
    invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'),
  ];
}

function immutable(field: string, value: unknown): Cause {
  return invalidValue(field, value, 'field is immutable');
}

function isAmount(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0;
  return typeof value === 'string' && /^\d+%$/.test(value);
}

const isZero = (value: unknown): boolean => value === 0 || value === '0%';

function strategyCauses(strategy: DeploymentSpec['strategy']): Cause[] {
  const types = ['Recreate', 'RollingUpdate'];
  if (!types.includes(strategy.type)) return [unsupportedValue('spec.strategy.type', strategy.type, types)];
  const rolling = strategy.rollingUpdate;
  if (strategy.type === 'Recreate') {
    const why = "may not be specified when strategy `type` is 'Recreate'";
    return rolling === undefined ? [] : [forbiddenField('spec.strategy.rollingUpdate', why)];
  }
  const causes: Cause[] = [];
  for (const field of ['maxUnavailable', 'maxSurge'] as const) {
    if (isAmount(rolling?.[field])) continue;
    const why = "must be a non-negative integer or a valid percent string (e.g. '1' or '80%')";
    causes.push(invalidValue(`spec.strategy.rollingUpdate.${field}`, rolling?.[field], why));
  }
  if (isZero(rolling?.maxUnavailable) && isZero(rolling?.maxSurge)) {
    const why = 'may not be 0 when `maxSurge` is 0';
    causes.push(invalidValue('spec.strategy.rollingUpdate.maxUnavailable', rolling?.maxUnavailable, why));
  }
  return causes;
}

function deploymentCauses(next: Deployment, previous: Deployment | undefined): Cause[] {
  const spec = next.spec as DeploymentSpec | undefined;
  if (!isObject(spec)) return [required('spec')];
  const causes = [
    ...replicasCauses(spec.replicas),
    ...selectorCauses(spec.selector, spec.template),
    ...templateCauses(spec.template, 'spec.template'),
    ...strategyCauses(spec.strategy),
  ];
  const deadline = spec.progressDeadlineSeconds;
  if (deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0)) {
    causes.push(
      invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'),
    );
  }
  if (previous !== undefined && !equal(spec.selector, previous.spec.selector)) {
    causes.push(immutable('spec.selector', spec.selector));
  }
  return causes;
}

function defaultDeployment(deployment: Deployment): void {
  const spec = deployment.spec as DeploymentSpec | undefined;
  if (!isObject(spec)) return;
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  spec.strategy ??= { type: 'RollingUpdate' };
  spec.strategy.type ??= 'RollingUpdate';
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate = {
      maxSurge: spec.strategy.rollingUpdate?.maxSurge ?? '25%',
      maxUnavailable: spec.strategy.rollingUpdate?.maxUnavailable ?? '25%',
    };
  }
  if (isObject(spec.template?.spec)) defaultPodSpec(spec.template.spec);
}

/** @internal */
export const deployments: ResourceDefinition = {
  group: 'apps',
  versions: ['v1'],
  kind: 'Deployment',
  plural: 'deployments',
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  namespaced: true,
  storage: 'deployments.apps',
  subresources: ['status', 'scale'],
  generation: true,
  applyDefaults: (draft) => defaultDeployment(draft as Deployment),
  initialStatus: () => ({}),
  // Unlike other kinds, a Deployment's generation follows its annotations too: the protocol's section 8 counts on it.
  changesGeneration: (next, previous) =>
    !equal(next.spec, previous.spec) ||
    !equal(next.metadata.annotations ?? {}, previous.metadata.annotations ?? {}),
  prepareStatus: (draft, previous) => {
    if (previous.metadata.labels === undefined) delete draft.metadata.labels;
    else draft.metadata.labels = previous.metadata.labels;
  },
  validate: (object, previous) => deploymentCauses(object as Deployment, previous as Deployment | undefined),
};

function replicaSetCauses(next: ReplicaSet, previous: ReplicaSet | undefined): Cause[] {
  if (!isObject(next.spec)) return [required('spec')];
  const causes = [
    ...replicasCauses(next.spec.replicas),
    ...selectorCauses(next.spec.selector, next.spec.template),
    ...templateCauses(next.spec.template, 'spec.template'),
  ];
  if (previous !== undefined && !equal(next.spec.selector, previous.spec.selector)) {
    causes.push(immutable('spec.selector', next.spec.selector));
  }
  return causes;
}

/** @internal */
export const replicaSets: ResourceDefinition = {
  group: 'apps',
  versions: ['v1'],
  kind: 'ReplicaSet',
  plural: 'replicasets',
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  storage: 'replicasets.apps',
  subresources: ['status', 'scale'],
  generation: true,
  applyDefaults: (draft) => {
    const { spec } = draft as ReplicaSet;
    if (!isObject(spec)) return;
    spec.replicas ??= 1;
    if (isObject(spec.template?.spec)) defaultPodSpec(spec.template.spec);
  },
  initialStatus: () => ({ replicas: 0 }),
  validate: (object, previous) => replicaSetCauses(object as ReplicaSet, previous as ReplicaSet | undefined),
  fields: (object) => ({ 'status.replicas': String((object as ReplicaSet).status?.replicas ?? 0) }),
};
