/** The Pod object that the tail makes of a record and its ReplicaSet's template (protocol 5): stamped, named from the uid, bound. */
import type { PodRecord } from '../../../spec/vocabulary.ts';
import { POD_PUBLISHER_ANNOTATION, POD_UID_ANNOTATION } from '../names.ts';
import type { ReplicaSetObject } from './objects.ts';

/** Name of the object of a Pod: `<ReplicaSet>-<uid>`. */
export function podNameOf(replicaSetName: string, uid: string): string {
  return `${replicaSetName}-${uid}`;
}

/**
 * The object to create. Its labels and ownerReference make it the ReplicaSet's, as if stock had made it.
 *
 * @param publisher - incarnation of the K that publishes
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
        [POD_UID_ANNOTATION]: record.uid,
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
    spec: { ...template?.spec, nodeName: record.node },
  };
}
