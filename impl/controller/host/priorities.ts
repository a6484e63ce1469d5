/**
 * Priorities of Pods-to-be. A Pod template mostly names a PriorityClass; the number is filled in by admission, when the Pod is created,
 * and the Scheduler stage needs it before. So ReplicaSets are told with the number that the API Server will fill in: the template's own;
 * else its class's; else that of the class that is the default; else 0.
 */
import { pathOf } from '../kubernetes/paths.ts';
import type { KubernetesObject } from '../kubernetes/types.ts';
import type { ReplicaSetObject } from './objects.ts';
import type { Subscriber, WatchHub } from './watchHub.ts';

/** As much of a PriorityClass as is read. */
export interface PriorityClass extends KubernetesObject {
  readonly value?: number;
  readonly globalDefault?: boolean;
}

/** Where PriorityClasses are. */
export const PRIORITY_CLASSES = pathOf({ resource: 'priorityclasses' });

/** The priority that admission gives to a Pod of this template. */
export function priorityOf({ spec }: ReplicaSetObject, classes: Iterable<PriorityClass>): number {
  const { priority, priorityClassName } = spec?.template?.spec ?? {};
  if (priority !== undefined) return priority;
  for (const { metadata, value = 0, globalDefault = false } of classes)
    if (priorityClassName ? metadata.name === priorityClassName : globalDefault) return value;
  return 0;
}

/**
 * Hears of ReplicaSets with their priorities: of none before all PriorityClasses are known, and again of those that a changed class
 * concerns. Returns how to stop.
 */
export function watchWithPriorities(
  hub: WatchHub,
  path: string,
  query: Readonly<Record<string, string>>,
  subscriber: Pick<Subscriber<ReplicaSetObject>, 'vanished' | 'synced'> & {
    observed(object: ReplicaSetObject, priority: number): void;
  },
): () => void {
  const classes = new Map<string, PriorityClass>();
  const told = new Map<string, { readonly object: ReplicaSetObject; readonly priority: number }>();
  let isReady = false;
  let endOfReplicaSets = () => {};
  const tell = (object: ReplicaSetObject) => {
    const priority = priorityOf(object, classes.values());
    told.set(object.metadata.uid, { object, priority });
    subscriber.observed(object, priority);
  };
  const classesChanged = () => {
    if (!isReady) return;
    for (const { object, priority } of [...told.values()])
      if (priorityOf(object, classes.values()) !== priority) tell(object);
  };
  const endOfClasses = hub.subscribe<PriorityClass>(
    PRIORITY_CLASSES,
    {},
    {
      observed: (each) => {
        classes.set(each.metadata.name, each);
        classesChanged();
      },
      vanished: ({ metadata }) => {
        classes.delete(metadata.name);
        classesChanged();
      },
      synced: () => {
        if (isReady) return;
        isReady = true;
        endOfReplicaSets = hub.subscribe<ReplicaSetObject>(path, query, {
          observed: tell,
          vanished: (object) => {
            told.delete(object.metadata.uid);
            subscriber.vanished(object);
          },
          synced: () => subscriber.synced(),
        });
      },
    },
  );
  return () => {
    isReady = true;
    endOfClasses();
    endOfReplicaSets();
  };
}
