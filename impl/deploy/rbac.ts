/**
 * Least privilege: what each stage's effects ask of the API Server, and no more. A test compares these rules with the requests made.
 *
 * Watches of the owner switch are by name. Leases can not be limited by name on create, so each stage may create in our namespace, and
 * writes only its own.
 */
import { leaseName, OWNER_SWITCH } from '../controller/names.ts';
import { ACCOUNTS, type Account } from './identities.ts';
import { INSTALLED_LABELS, type Manifest } from './policies.ts';

/** One RBAC rule. @public */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

const READ = ['get', 'list', 'watch'];
const rule = (apiGroup: string, resources: readonly string[], verbs: readonly string[]): Rule => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
});
const EVENTS: readonly Rule[] = [rule('events.k8s.io', ['events'], ['create', 'patch', 'update'])];

/** What admission will fill in from the name of a PriorityClass. */
const PRIORITIES = rule('scheduling.k8s.io', ['priorityclasses'], READ);

/** Of a kubelet stage that is the node's kubelet (`simulated`, `cri`): Node and Pod status are its own to write. */
const NODE_RULES: readonly Rule[] = [
  rule('apps', ['replicasets'], READ),
  rule('apps', ['replicasets/finalizers'], ['update']),
  rule('', ['pods'], [...READ, 'create', 'delete', 'patch']),
  rule('', ['pods/status'], ['patch']),
  rule('', ['nodes'], [...READ, 'create', 'patch']),
  rule('', ['nodes/status'], ['patch']),
  ...EVENTS,
];

/** Cluster-wide rules by account. @public */
export const CLUSTER_RULES: Readonly<Record<Account, readonly Rule[]>> = {
  autoscaler: [rule('apps', ['deployments'], READ), ...EVENTS],
  deployment: [
    // writeReplicas: value and annotation in one patch.
    rule('apps', ['deployments'], [...READ, 'patch']),
    rule('apps', ['replicasets'], READ),
    ...EVENTS,
  ],
  replicaset: [
    rule('apps', ['replicasets'], READ),
    PRIORITIES,
    // create: only `dryRun=All`, the first of each revision; delete: strays at take back.
    rule('', ['pods'], [...READ, 'create', 'delete']),
    // At take back: which Nodes have an agent.
    rule('', ['nodes'], ['list']),
    ...EVENTS,
  ],
  scheduler: [
    rule('apps', ['replicasets'], READ),
    PRIORITIES,
    rule('', ['pods'], READ),
    // patch: the cancellation mark.
    rule('', ['nodes'], [...READ, 'patch']),
    ...EVENTS,
  ],
  publisher: [
    rule('apps', ['replicasets'], READ),
    // Owner references that block deletion need it where OwnerReferencesPermissionEnforcement is on.
    rule('apps', ['replicasets/finalizers'], ['update']),
    rule('', ['pods'], [...READ, 'create', 'delete']),
    // register, reportDrain, acknowledgeOwner: annotations.
    rule('', ['nodes'], [...READ, 'patch']),
    ...EVENTS,
  ],
  agent: NODE_RULES,
  simulator: NODE_RULES,
};

function systemRules(account: Account): Rule[] {
  const seesSwitch: Rule = {
    ...rule('', ['configmaps'], READ),
    resourceNames: [OWNER_SWITCH],
  };
  const reads = rule('coordination.k8s.io', ['leases'], ['get']);
  if (account === 'agent' || account === 'publisher' || account === 'simulator') return [seesSwitch, reads];
  return [
    seesSwitch,
    reads,
    rule('coordination.k8s.io', ['leases'], ['create']),
    { ...rule('coordination.k8s.io', ['leases'], ['update', 'patch']), resourceNames: [leaseName(account)] },
  ];
}

/** Kubelets renew a Lease of their Node; so does an agent that is one. */
const NODE_LEASES: readonly Rule[] = [
  rule('coordination.k8s.io', ['leases'], ['get', 'create', 'update', 'patch']),
];

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

/** Service accounts with their roles. @public */
export function rbacManifests(namespace: string, accounts: readonly Account[]): Manifest[] {
  return accounts.flatMap((account) => {
    const name = ACCOUNTS[account];
    const home = namespace;
    const nodes =
      account === 'agent' || account === 'simulator'
        ? grant({ name, namespace: 'kube-node-lease', account, home, rules: NODE_LEASES })
        : [];
    return [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels: INSTALLED_LABELS } },
      ...grant({ name, namespace: undefined, account, home, rules: CLUSTER_RULES[account] }),
      ...grant({ name, namespace, account, home, rules: systemRules(account) }),
      ...nodes,
    ];
  });
}
