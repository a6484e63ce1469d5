/**
 * The Pod object of a record and its ReplicaSet's template, named from the uid. The tail's is stamped and bound (protocol 5); that of S, for which
 * there is no room, is neither, and says for which Pod it was made (7).
 */
import type { PodRecord } from '../../../spec/vocabulary.ts';
import { HANDED_OVER_ANNOTATION, POD_PUBLISHER_ANNOTATION, POD_UID_ANNOTATION } from '../names.ts';
import type { ReplicaSetObject } from './objects.ts';

/** Kubernetes' grace period where none is stated, s. */
export const DEFAULT_GRACE = 30;

/** Name of the object of a Pod: `<ReplicaSet>-<uid>`. */
export function podNameOf(replicaSetName: string, uid: string): string {
  return `${replicaSetName}-${uid}`;
}

/**
 * The object to create. Its labels and ownerReference make it the ReplicaSet's, as if stock had made it.
 *
 * @param publisher - incarnation of the stage that publishes
 */
export function podObject(record: PodRecord, replicaSet: ReplicaSetObject, publisher: number) {
  const template = replicaSet.spec?.template;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podNameOf(replicaSet.metadata.name, record.uid),
      namespace: replicaSet.metadata.namespace,
      labels: template?.metadata?.labels ?? {},
      annotations: {
        ...template?.metadata?.annotations,
        ...(record.node === null
          ? { [HANDED_OVER_ANNOTATION]: record.uid }
          : { [POD_UID_ANNOTATION]: record.uid }),
        [POD_PUBLISHER_ANNOTATION]: String(publisher),
      },
      ...(template?.metadata?.finalizers !== undefined && { finalizers: template.metadata.finalizers }),
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: replicaSet.metadata.name,
          uid: replicaSet.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { ...template?.spec, ...(record.node !== null && { nodeName: record.node }) },
  };
}
