/**
 * All that `kubedirect install` puts into a cluster, as data, in the order in which it is applied; as YAML for `--dry-run`, kustomize
 * and the curious.
 *
 * The policies come before the rights to act, so that at no moment an account of ours may create Pods without its fence.
 */
import { stringify } from 'yaml';
import { writtenScope } from '../../machines/ownership/scope.ts';
import type { Owner } from '../../spec/vocabulary.ts';
import { OWNER_SWITCH, SYSTEM_NAMESPACE } from '../controller/names.ts';
import { fencePolicies } from './fence.ts';
import type { Account } from './identities.ts';
import {
  bareReplicaSetPolicy,
  eligibilityPolicy,
  INSTALLED_LABELS,
  keeperPolicies,
  type Manifest,
  ownerPolicy,
  ownNodePolicy,
  protectPolicies,
} from './policies.ts';
import { accountsFor, rbacManifests } from './rbac.ts';

export type { Manifest } from './policies.ts';

/** The namespace of the stages. @public */
export function namespaceManifest(namespace: string): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: INSTALLED_LABELS } };
}

/** The owner switch (protocol 9). @param scope - as it is written; undefined: it does not say @public */
export function switchManifest(namespace: string, owner: Owner, scope: string | undefined): Manifest {
  const metadata = { name: OWNER_SWITCH, namespace, labels: INSTALLED_LABELS };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    data: { owner, ...(scope !== undefined && { scope }) },
  };
}

/** Whether an object is the owner switch. @public */
export const isSwitch = ({ kind, metadata }: Manifest): boolean =>
  kind === 'ConfigMap' && metadata.name === OWNER_SWITCH;

/** Policies with their bindings. @public */
export function policyManifests(namespace: string, scope?: string): Manifest[] {
  return [
    ...keeperPolicies(namespace),
    ...ownerPolicy(namespace, scope),
    ...fencePolicies(namespace),
    ...protectPolicies(namespace),
    ...eligibilityPolicy(scope),
    ...bareReplicaSetPolicy(scope),
    ...ownNodePolicy(namespace),
  ];
}

/** What {@link allManifests} can be told. @public */
export interface ManifestOptions {
  /** Default {@link SYSTEM_NAMESPACE}. */
  readonly namespace?: string;
  /** The one namespace whose Deployments are managed. Default: all. */
  readonly scope?: string | undefined;
  /** Default `stock`. */
  readonly owner?: Owner;
  /** With the account that simulates nodes, for demos and benchmarks. Default false. */
  readonly simulator?: boolean;
  /** These accounts only; default: all but the simulator's. */
  readonly accounts?: readonly Account[];
}

/** Everything, in order. The switch starts as `stock`: nothing changes for anybody until the policies are known to bite. @public */
export function allManifests(options: ManifestOptions = {}): Manifest[] {
  const namespace = options.namespace ?? SYSTEM_NAMESPACE;
  return [
    namespaceManifest(namespace),
    switchManifest(namespace, options.owner ?? 'stock', writtenScope(options.scope)),
    ...policyManifests(namespace, options.scope),
    ...rbacManifests(namespace, options.accounts ?? accountsFor(options.simulator === true), options.scope),
  ];
}

/** Manifests as a stream of YAML documents. @public */
export function toYaml(manifests: readonly Manifest[]): string {
  return manifests.map((manifest) => `---\n${stringify(manifest, { lineWidth: 0 })}`).join('');
}
