/** What carries the managed label and must not: found before an installation, which would strand it. */
import { type EligibilityPodSpec, ineligible } from '../../spec/eligibility.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import type { KubernetesObject } from '../controller/kubernetes/types.ts';
import { MANAGED_LABEL } from '../controller/names.ts';

/** One object that is labelled and not eligible. @public */
export interface Offender {
  readonly kind: 'Deployment' | 'ReplicaSet';
  readonly namespace: string;
  readonly name: string;
  /** `path: reason`, one for each thing that it asks for. */
  readonly reasons: readonly string[];
}

interface Workload extends KubernetesObject {
  readonly spec?: {
    readonly template?: {
      readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
      readonly spec?: EligibilityPodSpec;
    };
  };
}

const isManaged = (object: Workload): boolean =>
  object.spec?.template?.metadata?.labels?.[MANAGED_LABEL] === 'true';

function offender(kind: Offender['kind'], object: Workload, reasons: readonly string[]): Offender[] {
  if (reasons.length === 0) return [];
  return [{ kind, namespace: object.metadata.namespace ?? '', name: object.metadata.name, reasons }];
}

/** All offenders of a cluster, by consistent reads. @public */
export async function findOffenders(client: KubernetesClient): Promise<Offender[]> {
  const [deployments, replicaSets] = await Promise.all([
    client.list<Workload>(pathOf({ resource: 'deployments', namespace: client.scope })),
    client.list<Workload>(pathOf({ resource: 'replicasets', namespace: client.scope })),
  ]);
  return [
    ...deployments.items.filter(isManaged).flatMap((one) =>
      offender(
        'Deployment',
        one,
        ineligible(one.spec?.template ?? {}).map(({ path, reason }) => `template.${path}: ${reason}`),
      ),
    ),
    ...replicaSets.items
      .filter(isManaged)
      .filter(
        (one) =>
          !one.metadata.ownerReferences?.some((owner) => owner.kind === 'Deployment' && owner.controller),
      )
      .flatMap((one) => offender('ReplicaSet', one, ["only a Deployment's ReplicaSets are managed"])),
  ];
}
