/**
 * Which ReplicaSet a want is for, and in which mode it is obeyed (protocol 8, *D alone decides*): D's decision and
 * R's own check of it.
 */
import type { DeploymentFact, ReplicaSetFact } from '../../../spec/facts.ts';
import type { Mode, Want } from '../../../spec/vocabulary.ts';

/** What D stamps on a want beside version and value. @public */
export interface Decision {
  readonly replicaSet: string | null;
  readonly revision: string;
  readonly mode: Mode;
}

/** The ReplicaSet of the highest revision that is not being deleted; of equal ones the greatest uid. @public */
export function newestOf(replicaSets: Iterable<ReplicaSetFact>): ReplicaSetFact | undefined {
  let newest: ReplicaSetFact | undefined;
  for (const candidate of replicaSets) {
    if (candidate.deleting) continue;
    if (newest === undefined || isNewer(candidate, newest)) newest = candidate;
  }
  return newest;
}

function isNewer(a: ReplicaSetFact, b: ReplicaSetFact): boolean {
  return a.revisionNumber - b.revisionNumber > 0 || (a.revisionNumber === b.revisionNumber && a.uid > b.uid);
}

/** Those that managed Pods are made from. @internal */
export function managedOf(replicaSets: readonly ReplicaSetFact[]): readonly ReplicaSetFact[] {
  return replicaSets.filter(({ unmanaged }) => !unmanaged);
}

/** A rollout between an unmanaged and a managed ReplicaSet is one as well. */
function seen(replicaSets: readonly ReplicaSetFact[], mutants: ReadonlySet<string> | undefined) {
  return mutants?.has('want-unmanaged-unseen') ? managedOf(replicaSets) : replicaSets;
}

/** Every ReplicaSet but this one asks for 0. @internal */
export function othersAtZero(newest: ReplicaSetFact, replicaSets: Iterable<ReplicaSetFact>): boolean {
  for (const other of replicaSets) {
    if (other.uid !== newest.uid && other.replicas !== 0) return false;
  }
  return true;
}

/**
 * D's decision. *direct*: the newest ReplicaSet matches the template, its `spec.replicas` equals its desired-replicas
 * annotation, and every other ReplicaSet has 0, unmanaged ones too; so also when all have 0 (else scale from zero is never
 * direct).
 * @public
 */
export function decide(
  deployment: DeploymentFact,
  all: readonly ReplicaSetFact[],
  mutants?: ReadonlySet<string>,
): Decision {
  const replicaSets = seen(all, mutants);
  const newest = newestOf(replicaSets);
  if (newest === undefined || newest.unmanaged) return { replicaSet: null, revision: '', mode: 'follow' };
  const settled = newest.replicas === newest.desired || newest.replicas === 0;
  const direct =
    newest.template === deployment.template && settled && othersAtZero(newest, replicaSets)
      ? 'direct'
      : 'follow';
  return { replicaSet: newest.uid, revision: newest.revision, mode: direct };
}

/** R's check: a direct want is obeyed only if uid and revision match its newest ReplicaSet and all others are at 0. @public */
export function obeysDirect(
  want: Want,
  all: readonly ReplicaSetFact[],
  mutants?: ReadonlySet<string>,
): boolean {
  if (want.mode !== 'direct') return false;
  const replicaSets = seen(all, mutants);
  const newest = newestOf(replicaSets);
  if (newest === undefined) return false;
  if (mutants?.has('want-direct-unmatched')) return true;
  return (
    newest.uid === want.replicaSet && newest.revision === want.revision && othersAtZero(newest, replicaSets)
  );
}
