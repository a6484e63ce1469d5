/** What a Deployment writes on its ReplicaSets: its annotations, the revision, the replicas it wants. */
import type { Deployment, ReplicaSet } from '../../apiserver/kube.ts';
import { maxSurge } from './amounts.ts';

/** @internal */
export const REVISION = 'deployment.kubernetes.io/revision';
/** `spec.replicas` of the Deployment when it last sized the ReplicaSet. @internal */
export const DESIRED = 'deployment.kubernetes.io/desired-replicas';
/** @internal */
export const MAX = 'deployment.kubernetes.io/max-replicas';
const HISTORY = 'deployment.kubernetes.io/revision-history';
const HISTORY_CHARS = 2000;

const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  HISTORY,
  DESIRED,
  MAX,
  'deprecated.deployment.rollback.to',
]);

type Annotations = Record<string, string>;

/** The revision of a ReplicaSet, 0 if it has none. */
export function revisionOf(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0) || 0;
}

/** The annotations that say what the Deployment wants. */
export function replicasAnnotations(deployment: Deployment): Annotations {
  const { replicas } = deployment.spec;
  return { [DESIRED]: String(replicas), [MAX]: String(replicas + maxSurge(deployment)) };
}

function historyWith(before: string, old: string): string | undefined {
  const parts = before === '' ? [] : before.split(',');
  while ([...parts, old].join(',').length > HISTORY_CHARS && parts.length > 0) parts.shift();
  const text = [...parts, old].join(',');
  return text.length <= HISTORY_CHARS ? text : undefined;
}

/** `SetNewReplicaSetAnnotations`: the annotations that the new ReplicaSet should have. */
export function newSetAnnotations(
  deployment: Deployment,
  before: Annotations | undefined,
  revision: number,
): Annotations {
  const annotations: Annotations = { ...before };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!NOT_COPIED.has(key)) annotations[key] = value;
  }
  const old = before?.[REVISION];
  if ((Number(old ?? 0) || 0) < revision) {
    annotations[REVISION] = String(revision);
    const history = old === undefined ? undefined : historyWith(before?.[HISTORY] ?? '', old);
    if (history !== undefined) annotations[HISTORY] = history;
  }
  return before === undefined ? { ...annotations, ...replicasAnnotations(deployment) } : annotations;
}
