/**
 * The fence of leaders (protocol 1; design `cluster.md`, *Identity*): a stage that another has superseded writes nothing any more at an
 * API server that shows the new incarnation.
 *
 * Kubernetes has no precondition over two objects. So each policy has the stage's Lease for its parameter, and what a stage writes says
 * under which incarnation: S's mark by itself, D's write-back by an annotation. Where the object can not say so (a DELETE, and D's last
 * write, which takes its annotations away), and beside it everywhere, the Pod that the token was given to must be the Lease's holder: a
 * stage in a Pod holds its Lease under the name of its Pod. Tokens that name no Pod (a stage outside of the cluster) are not judged so.
 *
 * A Lease that is not there, or that an API server can not read yet, would deny the requests of everybody, before it is looked at who asks
 * (seen on 1.36.3). So then nothing is denied: the fence is a second wall, and the protocol holds without it.
 */
import {
  INCARNATION_ANNOTATION,
  leaseName,
  MARK_ANNOTATION,
  WRITTEN_ANNOTATION,
  WRITTEN_BY_ANNOTATION,
} from '../controller/names.ts';
import { ACCOUNTS, type Account, serviceAccountUser } from './identities.ts';
import { binding, celList, type Manifest, POLICIES, policy, resources } from './policies.ts';

const LEASE = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
const annotation = (object: string, name: string) => `${object}.metadata.?annotations['${name}'].orValue('')`;
const POD = `request.userInfo.?extra[?'authentication.kubernetes.io/pod-name'][?0].orValue('')`;

interface Fence {
  readonly name: string;
  readonly namespace: string;
  readonly stage: 'deployment' | 'replicaset' | 'scheduler';
  /** The account of all stages in one process deletes Pods for R and for S, and a policy has one Lease: it is judged by neither. */
  readonly isAlone?: true;
  readonly of: ReturnType<typeof resources>;
  /** CEL: what is written was written by the Lease's incarnation; absent where the object can not say. */
  readonly written?: string;
}

function fence({ name, namespace, stage, isAlone, of, written }: Fence): Manifest[] {
  const accounts: readonly Account[] = isAlone ? [stage] : [stage, 'control'];
  const users = accounts.map((account) => serviceAccountUser(namespace, ACCOUNTS[account]));
  const lease = leaseName(stage);
  const superseded = `'superseded: Lease ${lease} has incarnation "' + variables.incarnation + '", of "' + variables.holder + '"; the request comes from an older one'`;
  return [
    policy(name, {
      failurePolicy: 'Ignore',
      paramKind: LEASE,
      matchConstraints: { resourceRules: of },
      matchConditions: [{ name: 'stage', expression: `request.userInfo.username in ${celList(users)}` }],
      variables: [
        { name: 'incarnation', expression: annotation('params', INCARNATION_ANNOTATION) },
        { name: 'holder', expression: `params.spec.?holderIdentity.orValue('')` },
        { name: 'pod', expression: POD },
      ],
      validations: [
        `variables.pod == '' || variables.pod == variables.holder`,
        ...(written === undefined ? [] : [written]),
      ].map((expression) => ({ expression, reason: 'Forbidden', messageExpression: superseded })),
    }),
    binding(name, { paramRef: { name: lease, namespace, parameterNotFoundAction: 'Allow' } }),
  ];
}

/** The fences of D, R and S. A writes nothing, and K has its journal and its Node (protocol 5, 6). */
export function fencePolicies(namespace: string): Manifest[] {
  const mark = (object: string) => annotation(object, MARK_ANNOTATION);
  const isLast = `${annotation('object', WRITTEN_ANNOTATION)} == ''`;
  return [
    ...fence({
      name: POLICIES.fenceDeployment,
      ...{ namespace, stage: 'deployment', of: resources('apps', ['deployments'], ['UPDATE']) },
      written: `${isLast} || ${annotation('object', WRITTEN_BY_ANNOTATION)} == variables.incarnation`,
    }),
    ...fence({
      name: POLICIES.fenceReplicaSet,
      ...{ namespace, stage: 'replicaset', isAlone: true, of: resources('', ['pods'], ['DELETE']) },
    }),
    ...fence({
      name: POLICIES.fenceScheduler,
      ...{ namespace, stage: 'scheduler', of: resources('', ['nodes'], ['UPDATE']) },
      written: `${mark('object')} == ${mark('oldObject')} || ${mark('object')}.startsWith(variables.incarnation + '.')`,
    }),
    ...fence({
      name: POLICIES.fenceSchedulerPods,
      ...{ namespace, stage: 'scheduler', isAlone: true, of: resources('', ['pods'], ['CREATE', 'DELETE']) },
    }),
  ];
}
