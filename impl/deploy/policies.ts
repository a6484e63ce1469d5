/**
 * The admission policies, as data (design `cluster.md`, *The owner switch*, *Eligibility*, *Identity*; protocol 9).
 *
 * All are `ValidatingAdmissionPolicy` (GA since 1.30): evaluated inside each API server, no webhook to lose.
 */
import { ELIGIBILITY } from '../../spec/eligibility.ts';
import {
  FENCE_POLICIES,
  INCARNATION_ANNOTATION,
  leaseName,
  MANAGED_LABEL,
  OWNER_POLICY,
  OWNER_SWITCH,
} from '../controller/names.ts';
import {
  ACCOUNTS,
  CRI_NODE_SUFFIX,
  ourUsers,
  STOCK_REPLICASET_CONTROLLER,
  serviceAccountUser,
} from './identities.ts';

/** An object to apply. @public */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Names of all policies; each binding has the name of its policy. @public */
export const POLICIES = {
  owner: OWNER_POLICY,
  protectLeases: 'kubedirect-protect-leases',
  protectSwitch: 'kubedirect-protect-switch',
  eligibility: 'kubedirect-eligibility',
  bareReplicaSets: 'kubedirect-bare-replicasets',
  ownNode: 'kubedirect-own-node',
  keeper: 'kubedirect-keeper',
  leaseKeeper: 'kubedirect-lease-keeper',
  fenceDeployment: FENCE_POLICIES[0],
  fenceReplicaSet: FENCE_POLICIES[1],
  fenceScheduler: FENCE_POLICIES[2],
  fenceSchedulerPods: FENCE_POLICIES[3],
} as const;

/** Label on everything that is installed. @public */
export const INSTALLED_LABELS = { 'app.kubernetes.io/part-of': 'kubedirect' } as const;

const API = 'admissionregistration.k8s.io/v1';
/** In one namespace alone, if one is said. */
export const within = (scope: string | undefined) =>
  scope === undefined ? {} : { namespaceSelector: { matchLabels: { [NAMESPACE_NAME]: scope } } };

/** Kubernetes puts it on each namespace: its name. @internal */
export const NAMESPACE_NAME = 'kubernetes.io/metadata.name';
const MANAGED = { matchLabels: { [MANAGED_LABEL]: 'true' } };

/** @internal */
export function policy(name: string, spec: object): Manifest {
  const metadata = { name, labels: INSTALLED_LABELS };
  return {
    apiVersion: API,
    kind: 'ValidatingAdmissionPolicy',
    metadata,
    spec: { failurePolicy: 'Fail', ...spec },
  };
}

/** @internal */
export function binding(name: string, spec: object = {}): Manifest {
  const metadata = { name, labels: INSTALLED_LABELS };
  const bound = { policyName: name, validationActions: ['Deny'], ...spec };
  return { apiVersion: API, kind: 'ValidatingAdmissionPolicyBinding', metadata, spec: bound };
}

/** @internal */
export function resources(
  apiGroup: string,
  names: readonly string[],
  operations: readonly string[],
  version = 'v1',
) {
  return [{ apiGroups: [apiGroup], apiVersions: [version], operations, resources: names }];
}

/** @internal */
export function celList(values: readonly string[]): string {
  return `[${values.map((value) => `'${value}'`).join(', ')}]`;
}

/**
 * The owner switch: on CREATE and DELETE of managed Pods exactly one side is admitted.
 *
 * What a lost or damaged ConfigMap means (tested on a real control plane):
 * - *damaged* (`owner` missing, or neither word): the rule is false for both sides. Others are not concerned.
 * - *lost*: `parameterNotFoundAction: Deny` with `failurePolicy: Fail` denies before any match condition is looked at: nobody, of
 *   either side, creates or deletes a managed Pod. `Allow` would skip the rule, and so admit both sides: the one thing that must not be.
 *   That it also denies the kubelet and garbage collection is the price; the object selector, which *is* looked at first, keeps it to
 *   managed Pods, the policy `kubedirect-protect-switch` keeps anybody from deleting the ConfigMap, and the way out, if it is gone all the
 *   same, is `kubedirect install` or `kubedirect release`, which write it again: no Deployment is stranded.
 * - an expression that fails counts as a denial (`Fail`), again of both sides only, since match conditions come first there.
 *
 * Under `stock` our DELETE of a Pod that already has a deletionTimestamp is admitted: an agent that acts as kubelet must finish
 * deletions that others began.
 */
export function ownerPolicy(namespace: string, scope?: string): Manifest[] {
  const pod = `(request.operation == 'DELETE' ? oldObject : object)`;
  const contenders = celList([STOCK_REPLICASET_CONTROLLER, ...ourUsers(namespace)]);
  const stock = `request.userInfo.username == '${STOCK_REPLICASET_CONTROLLER}'`;
  return [
    policy(POLICIES.owner, {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConstraints: {
        ...within(scope),
        objectSelector: MANAGED,
        resourceRules: resources('', ['pods'], ['CREATE', 'DELETE']),
      },
      matchConditions: [
        // The object selector also matches a Pod that only the other of object and oldObject labels.
        { name: 'managed', expression: `${pod}.metadata.?labels['${MANAGED_LABEL}'].orValue('') == 'true'` },
        { name: 'contender', expression: `request.userInfo.username in ${contenders}` },
      ],
      variables: [
        { name: 'owner', expression: `params.?data.owner.orValue('')` },
        { name: 'side', expression: `${stock} ? 'stock' : 'direct'` },
        {
          name: 'finishing',
          expression: `request.operation == 'DELETE' && has(oldObject.metadata.deletionTimestamp) && variables.side == 'direct'`,
        },
      ],
      validations: [
        {
          expression: `variables.owner == variables.side || (variables.owner == 'stock' && variables.finishing)`,
          reason: 'Forbidden',
          messageExpression: `'managed Pods are owned by "' + variables.owner + '", and the request is of the side "' + variables.side + '"'`,
        },
      ],
    }),
    binding(POLICIES.owner, {
      paramRef: { name: OWNER_SWITCH, namespace, parameterNotFoundAction: 'Deny' },
    }),
  ];
}

/**
 * Nobody deletes a stage's Lease or the owner switch, and nobody lowers a counter: not even a mistake brings an incarnation back
 * (protocol 1). `uninstall` removes these policies first.
 */
export function protectPolicies(namespace: string): Manifest[] {
  const counter = (object: string): string =>
    `int(${object}.metadata.?annotations['${INCARNATION_ANNOTATION}'].orValue('0'))`;
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
  const notDeleted = (what: string) => ({
    expression: `request.operation != 'DELETE'`,
    reason: 'Forbidden',
    message: `${what} is not deleted: to remove it, use kubedirect uninstall`,
  });
  return [
    policy(POLICIES.protectLeases, {
      matchConstraints: {
        namespaceSelector,
        resourceRules: resources('coordination.k8s.io', ['leases'], ['UPDATE', 'DELETE']),
      },
      matchConditions: [{ name: 'ours', expression: `request.name.startsWith('kubedirect-')` }],
      validations: [
        notDeleted('the Lease of a stage, which keeps its incarnation from coming back,'),
        {
          expression: `request.operation == 'DELETE' || ${counter('object')} >= ${counter('oldObject')}`,
          reason: 'Forbidden',
          message: `the annotation ${INCARNATION_ANNOTATION} is never lowered or removed`,
        },
      ],
    }),
    binding(POLICIES.protectLeases),
    policy(POLICIES.protectSwitch, {
      matchConstraints: {
        namespaceSelector,
        resourceRules: resources('', ['configmaps'], ['CREATE', 'UPDATE', 'DELETE']),
      },
      matchConditions: [{ name: 'ours', expression: `request.name == '${OWNER_SWITCH}'` }],
      validations: [
        notDeleted('the owner switch'),
        {
          expression: `request.operation == 'DELETE' || object.?data.owner.orValue('') in ['direct', 'stock']`,
          reason: 'Invalid',
          message: `data.owner must be direct or stock`,
        },
        {
          // What is lost with the switch, or was never said by an older version, may be said.
          expression: `request.operation != 'UPDATE' || !oldObject.?data.scope.hasValue() || oldObject.?data.owner.orValue('') != 'direct' || object.?data.scope == oldObject.?data.scope`,
          reason: 'Forbidden',
          message: `data.scope is changed under stock alone: kubedirect release, then kubedirect install`,
        },
      ],
    }),
    binding(POLICIES.protectSwitch),
  ];
}

/**
 * Each matches nothing and denies nothing. They are there because an API server stops its informer of a built-in parameter kind when the last
 * binding that uses it goes, and never starts it again (seen on 1.36.3: `ensureParamsForPolicyLocked` hands the shared informer factory
 * a context of its own, and the factory takes the informer for started ever after). From then on every policy with such a
 * parameter reads a frozen one, until that API server restarts. With these bindings, the owner binding may be removed by hand and put
 * back, and `uninstall` and `install` may follow each other: so `uninstall` leaves it behind, unless told to purge.
 */
export function keeperPolicies(namespace: string): Manifest[] {
  const keeper = (name: string, paramKind: object, param: string): Manifest[] => [
    policy(name, {
      failurePolicy: 'Ignore',
      paramKind,
      matchConstraints: { resourceRules: resources('kubedirect.dev', ['none'], ['CREATE']) },
      validations: [{ expression: 'true' }],
    }),
    binding(name, { paramRef: { name: param, namespace, parameterNotFoundAction: 'Allow' } }),
  ];
  return [
    ...keeper(POLICIES.keeper, { apiVersion: 'v1', kind: 'ConfigMap' }, OWNER_SWITCH),
    ...keeper(
      POLICIES.leaseKeeper,
      { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
      leaseName('scheduler'),
    ),
  ];
}

/** Whether an object is left behind when the rest goes: see {@link keeperPolicies}. */
export const isKeeper = ({ metadata: { name } }: Manifest): boolean =>
  name === POLICIES.keeper || name === POLICIES.leaseKeeper;

/** A managed Deployment asks only for what the Scheduler stage honours; generated from `spec/eligibility.ts`. */
export function eligibilityPolicy(scope?: string): Manifest[] {
  return [
    policy(POLICIES.eligibility, {
      matchConstraints: {
        ...within(scope),
        resourceRules: resources('apps', ['deployments'], ['CREATE', 'UPDATE']),
      },
      matchConditions: [
        {
          name: 'managed',
          expression: `object.spec.template.metadata.?labels['${MANAGED_LABEL}'].orValue('') == 'true'`,
        },
        // An unchanged template is not judged again, so that an offender from before can still be repaired, scaled, or deleted.
        {
          name: 'changed',
          expression: `oldObject == null || object.spec.template != oldObject.spec.template`,
        },
      ],
      variables: [
        { name: 'pod', expression: 'object.spec.template.spec' },
        {
          name: 'containers',
          expression: 'variables.pod.containers + variables.pod.?initContainers.orValue([])',
        },
      ],
      validations: ELIGIBILITY.map((rule) => ({
        expression: rule.cel,
        reason: 'Invalid',
        message: `not eligible for ${MANAGED_LABEL}: template.${rule.path}: ${rule.reason}`,
      })),
    }),
    binding(POLICIES.eligibility),
  ];
}

/** A ReplicaSet of its own, without a Deployment, has no stage that would act on it: its template must not be labelled. */
export function bareReplicaSetPolicy(scope?: string): Manifest[] {
  return [
    policy(POLICIES.bareReplicaSets, {
      matchConstraints: {
        ...within(scope),
        resourceRules: resources('apps', ['replicasets'], ['CREATE']),
      },
      matchConditions: [
        {
          name: 'managed',
          expression: `object.spec.?template.metadata.labels['${MANAGED_LABEL}'].orValue('') == 'true'`,
        },
      ],
      validations: [
        {
          expression: `object.metadata.?ownerReferences.orValue([]).exists(o, o.kind == 'Deployment' && o.?controller.orValue(false))`,
          reason: 'Invalid',
          message: `not eligible for ${MANAGED_LABEL}: only a Deployment's ReplicaSets are managed`,
        },
      ],
    }),
    binding(POLICIES.bareReplicaSets),
  ];
}

/**
 * An agent that runs on a node (a DaemonSet, whose token names the node) touches only Pods of that node, and only its own Node's
 * annotations. One that runs containers itself has a Node of its own there, named after it. The publisher and the simulator, which serve many nodes, have accounts of their own and are not limited so.
 */
export function ownNodePolicy(namespace: string): Manifest[] {
  const user = (account: 'agent' | 'cri') => `'${serviceAccountUser(namespace, ACCOUNTS[account])}'`;
  const own = `request.userInfo.?extra[?'authentication.kubernetes.io/node-name'][?0].orValue('')`;
  // A machine of a name with that suffix has the one of a `cri` agent's Node: no agent of the other kind acts there.
  const node = `request.userInfo.username == ${user('cri')} ? ${own} + '${CRI_NODE_SUFFIX}' : (${own}.endsWith('${CRI_NODE_SUFFIX}') ? '' : ${own})`;
  const old = `request.operation == 'CREATE' ? object : oldObject`;
  return [
    policy(POLICIES.ownNode, {
      matchConstraints: {
        resourceRules: [
          ...resources('', ['pods', 'pods/status'], ['CREATE', 'UPDATE', 'DELETE']),
          ...resources('', ['nodes', 'nodes/status'], ['CREATE', 'UPDATE', 'DELETE']),
        ],
      },
      matchConditions: [
        {
          name: 'agent',
          expression: `request.userInfo.username in [${user('agent')}, ${user('cri')}]`,
        },
      ],
      variables: [
        { name: 'node', expression: node },
        { name: 'before', expression: old },
        {
          name: 'of',
          expression: `request.resource.resource == 'nodes' ? variables.before.metadata.name : variables.before.spec.?nodeName.orValue('')`,
        },
      ],
      validations: [
        {
          expression: `!(variables.node in ['', '${CRI_NODE_SUFFIX}']) && variables.of == variables.node`,
          reason: 'Forbidden',
          messageExpression: `'an agent acts on its own node only: it is on "' + variables.node + '", the object is of "' + variables.of + '"'`,
        },
      ],
    }),
    binding(POLICIES.ownNode),
  ];
}
