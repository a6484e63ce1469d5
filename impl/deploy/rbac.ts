/**
 * Least privilege: what each stage's effects ask of the API Server, and no more. `test/deploy/rbac.test.ts` compares these rules with the
 * requests made.
 *
 * Watches of the owner switch are by name. Leases can not be limited by name on create, so each stage may create in our namespace, and
 * writes only its own.
 */
import { LED_STAGES } from '../../spec/vocabulary.ts';
import { LINKS_CA, leaseName, OWNER_SWITCH, SIGNER_NAME } from '../controller/names.ts';
import { ACCOUNTS, type Account } from './identities.ts';
import { INSTALLED_LABELS, type Manifest } from './policies.ts';

/** One RBAC rule. @public */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

const WATCH = ['list', 'watch'];
const rule = (apiGroup: string, resources: readonly string[], verbs: readonly string[]): Rule => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
});

/** What admission will fill in from the name of a PriorityClass. */
const PRIORITIES = rule('scheduling.k8s.io', ['priorityclasses'], WATCH);

/** What every process of stages asks: who is calling (the direct scale API, `/pods`); and it tells people of objects of theirs. */
const EVERYONE: readonly Rule[] = [
  rule('authentication.k8s.io', ['tokenreviews'], ['create']),
  rule('authorization.k8s.io', ['subjectaccessreviews'], ['create']),
  rule('events.k8s.io', ['events'], ['create']),
  // Certificates of the links, where the signer issues them.
  rule('certificates.k8s.io', ['certificatesigningrequests'], ['create', 'get']),
];

/** Of a kubelet stage that publishes Pods for the node's own kubelet to run. */
const PUBLISHER_RULES: readonly Rule[] = [
  ...EVERYONE,
  rule('apps', ['replicasets'], WATCH),
  // Owner references that block deletion need it where OwnerReferencesPermissionEnforcement is on.
  rule('apps', ['replicasets/finalizers'], ['update']),
  rule('', ['pods'], ['get', ...WATCH, 'create', 'delete']),
  // register, reportDrain, acknowledgeOwner: annotations.
  rule('', ['nodes'], ['get', ...WATCH, 'patch']),
];

/** Of a kubelet stage that is the node's kubelet for managed Pods: their status is its own to write. */
const NODE_RULES: readonly Rule[] = [...PUBLISHER_RULES, rule('', ['pods/status'], ['patch'])];

/** Stages that may share one process, and its account. */
const CONTROL = LED_STAGES;

const RULES: Readonly<Record<Exclude<Account, 'control'>, readonly Rule[]>> = {
  autoscaler: [...EVERYONE, rule('apps', ['deployments'], WATCH)],
  deployment: [
    ...EVERYONE,
    // writeReplicas: value and annotation in one patch.
    rule('apps', ['deployments'], [...WATCH, 'patch']),
    rule('apps', ['replicasets'], WATCH),
  ],
  replicaset: [
    ...EVERYONE,
    rule('apps', ['replicasets'], WATCH),
    PRIORITIES,
    // delete: strays at take back.
    rule('', ['pods'], ['get', ...WATCH, 'delete']),
    // At take back: which Nodes have an agent.
    rule('', ['nodes'], ['list']),
  ],
  scheduler: [
    ...EVERYONE,
    rule('apps', ['replicasets'], WATCH),
    PRIORITIES,
    // create, delete: what finds no room is published unbound. get: the grace of one whose ReplicaSet is gone.
    rule('', ['pods'], ['get', ...WATCH, 'create', 'delete']),
    rule('apps', ['replicasets/finalizers'], ['update']),
    // patch: the cancellation mark.
    rule('', ['nodes'], ['get', ...WATCH, 'patch']),
  ],
  publisher: PUBLISHER_RULES,
  agent: NODE_RULES,
  cri: NODE_RULES,
  simulator: NODE_RULES,
  // A release: what does not match yet is touched.
  signer: [
    rule('certificates.k8s.io', ['certificatesigningrequests'], WATCH),
    rule(
      'certificates.k8s.io',
      ['certificatesigningrequests/approval', 'certificatesigningrequests/status'],
      ['update'],
    ),
    { ...rule('certificates.k8s.io', ['signers'], ['approve', 'sign']), resourceNames: [SIGNER_NAME] },
  ],
  watchdog: [
    rule('', ['pods'], ['list']),
    rule('apps', ['replicasets'], ['list', 'patch']),
    // Each Deployment is told.
    rule('apps', ['deployments'], ['list']),
    rule('events.k8s.io', ['events'], ['create']),
  ],
};

/** Each verb once for each resource. */
function union(rules: readonly Rule[]): readonly Rule[] {
  const verbs = new Map<string, Set<string>>();
  for (const { apiGroups, resources, verbs: some } of rules)
    for (const resource of resources) {
      const key = `${apiGroups[0]}/${resource}`;
      verbs.set(key, new Set([...(verbs.get(key) ?? []), ...some]));
    }
  return [...verbs].map(([key, some]) => {
    const [apiGroup = '', ...resource] = key.split('/');
    return rule(apiGroup, [resource.join('/')], [...some]);
  });
}

/** Cluster-wide rules by account. @public */
export const CLUSTER_RULES: Readonly<Record<Account, readonly Rule[]>> = {
  ...RULES,
  control: union(CONTROL.flatMap((stage) => RULES[stage])),
};

/** It writes the owner switch, and asks D to write its wants back. */
const WATCHDOG_RULES: readonly Rule[] = [
  { ...rule('coordination.k8s.io', ['leases'], ['get']), resourceNames: LED_STAGES.map(leaseName) },
  { ...rule('', ['configmaps'], ['get', 'patch']), resourceNames: [OWNER_SWITCH] },
  rule('', ['configmaps'], ['create']),
];

/** Its keys, and whom to trust. */
const SIGNER_RULES: readonly Rule[] = [
  { ...rule('', ['secrets', 'configmaps'], ['get', 'patch']), resourceNames: [LINKS_CA] },
  rule('', ['secrets', 'configmaps'], ['create']),
];

type Tail = 'agent' | 'cri' | 'publisher' | 'simulator';
const isTail = (account: Account): account is Tail =>
  ['agent', 'cri', 'publisher', 'simulator'].includes(account);

function systemRules(account: Account): readonly Rule[] {
  if (account === 'watchdog') return WATCHDOG_RULES;
  if (account === 'signer') return SIGNER_RULES;
  const trusts: Rule = { ...rule('', ['configmaps'], ['get']), resourceNames: [LINKS_CA] };
  const seesSwitch: Rule = {
    ...rule('', ['configmaps'], WATCH),
    resourceNames: [OWNER_SWITCH],
  };
  const reads = rule('coordination.k8s.io', ['leases'], ['get']);
  if (isTail(account)) return [seesSwitch, trusts, reads];
  const stages = account === 'control' ? CONTROL : [account];
  return [
    seesSwitch,
    trusts,
    reads,
    rule('coordination.k8s.io', ['leases'], ['create']),
    { ...rule('coordination.k8s.io', ['leases'], ['update', 'patch']), resourceNames: stages.map(leaseName) },
  ];
}

const RBAC = 'rbac.authorization.k8s.io';

function grant(options: {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly account: Account;
  readonly home: string;
  readonly rules: readonly Rule[];
}): Manifest[] {
  const { name, namespace, account, home, rules } = options;
  const kind = namespace === undefined ? 'ClusterRole' : 'Role';
  const metadata = { name, ...(namespace !== undefined && { namespace }), labels: INSTALLED_LABELS };
  return [
    { apiVersion: `${RBAC}/v1`, kind, metadata, rules },
    {
      apiVersion: `${RBAC}/v1`,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: RBAC, kind, name },
      subjects: [{ kind: 'ServiceAccount', name: ACCOUNTS[account], namespace: home }],
    },
  ];
}

/** All accounts, or all but the one for demos and benchmarks. @public */
export function accountsFor(simulator: boolean): Account[] {
  return (Object.keys(ACCOUNTS) as Account[]).filter((account) => simulator || account !== 'simulator');
}

/** What stands in a namespace, of what the stages act on. */
const SCOPED = new Set([
  ...['deployments', 'replicasets', 'replicasets/finalizers', 'pods', 'pods/status', 'events'],
]);
/** Rules everywhere, and those in the one namespace that is managed. A stage that places Pods sees what the Nodes bear of others. */
function divided(account: Account): {
  readonly everywhere: readonly Rule[];
  readonly there: readonly Rule[];
} {
  const rules = CLUSTER_RULES[account];
  const isScoped = ({ resources }: Rule) => resources.every((resource) => SCOPED.has(resource));
  const places = account === 'scheduler' || account === 'control';
  const others = places ? [rule('', ['pods'], WATCH)] : [];
  return {
    everywhere: [...rules.filter((one) => !isScoped(one)), ...others],
    there: rules.filter(isScoped),
  };
}

/**
 * Service accounts with their roles.
 * @param scope - the one namespace that is managed: what the stages do to Deployments, ReplicaSets and Pods they may do there alone
 * @public
 */
export function rbacManifests(namespace: string, accounts: readonly Account[], scope?: string): Manifest[] {
  return accounts.flatMap((account) => {
    const name = ACCOUNTS[account];
    const home = namespace;
    if (scope !== undefined) {
      const { everywhere, there } = divided(account);
      return [
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels: INSTALLED_LABELS } },
        ...(everywhere.length > 0
          ? grant({ name, namespace: undefined, account, home, rules: everywhere })
          : []),
        ...(there.length > 0
          ? grant({ name: `${name}-managed`, namespace: scope, account, home, rules: there })
          : []),
        ...grant({ name, namespace, account, home, rules: systemRules(account) }),
      ];
    }
    return [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels: INSTALLED_LABELS } },
      ...grant({ name, namespace: undefined, account, home, rules: CLUSTER_RULES[account] }),
      ...grant({ name, namespace, account, home, rules: systemRules(account) }),
    ];
  });
}
