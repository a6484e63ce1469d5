/**
 * Who wrote `spec.replicas` last (protocol 8): an object is compared with its *base*, the object that the want took
 * into account, since neither a value nor a resourceVersion tells.
 *
 * Not seen: there and back by the same manager and an edit of something else, all within one gap of the watch.
 */
import type { DeploymentFact, Written } from '../../../spec/facts.ts';

/** Field manager of the write-back. @public */
export const OWN_MANAGER = 'kubedirect-d';

/** What is kept of an object that was processed. @public */
export interface Base {
  readonly generation: number;
  readonly value: number;
  /** `replicasOwner`; null stands for D itself. */
  readonly owner: string | null;
  readonly rest: string;
  /** Generation in the annotation *written*, which raises the object's generation too; null without one. */
  readonly written: number | null;
}

/** Who wrote last. `unchanged`: nobody wrote replicas since the base. @public */
export type Verdict = 'own' | 'unchanged' | 'external';

/** The base that an object becomes once it is processed. @public */
export function baseOf(fact: DeploymentFact): Base {
  return {
    generation: fact.generation,
    value: fact.replicas,
    owner: fact.replicasOwner,
    rest: fact.rest,
    written: fact.written?.generation ?? null,
  };
}

/** The annotation, if it is of this object (†): one that names another Deployment, or is from the future, was copied. @public */
export function writtenOf(fact: DeploymentFact, mutants?: ReadonlySet<string>): Written | null {
  const { uid, generation, written } = fact;
  if (written === null || written.generation > generation) return null;
  return written.deployment === uid || mutants?.has('copied-annotation-believed') ? written : null;
}

function baseOfWritten(written: Written): Base {
  const { generation, value, owner, rest } = written;
  return { generation, value, owner, rest, written: generation };
}

/** The latest object that D is known to have processed: by memory, or by the annotation (a lost reply, a fresh D). */
function latestBase(base: Base | null, written: Written | null, mutants?: ReadonlySet<string>): Base | null {
  if (written === null || (base !== null && base.generation >= written.generation)) return base;
  return base !== null && mutants?.has('base-by-memory') ? base : baseOfWritten(written);
}

function sameOwner(base: Base, fact: DeploymentFact): boolean {
  if (base.owner === null) return fact.replicasOwner.startsWith(`${OWN_MANAGER}/`);
  return base.owner === fact.replicasOwner;
}

/**
 * Judges an object.
 *
 * @param memory - what D kept of the object it processed last; null if none
 * @public
 */
export function judge(memory: Base | null, fact: DeploymentFact, mutants?: ReadonlySet<string>): Verdict {
  const written = mutants?.has('own-write-by-reply') ? null : writtenOf(fact, mutants);
  const base = latestBase(memory, written, mutants);
  if (written?.generation === fact.generation) return 'own';
  if (mutants?.has('external-by-value')) return base?.value === fact.replicas ? 'unchanged' : 'external';
  if (base === null) return 'external';
  if (base.generation === fact.generation) return 'unchanged';
  const owned = sameOwner(base, fact) || mutants?.has('external-owner-ignored');
  if (base.value !== fact.replicas || !owned) return 'external';
  const annotated = (fact.written?.generation ?? null) !== base.written;
  const explained = base.rest !== fact.rest || annotated;
  return explained && !mutants?.has('template-edit-external') ? 'unchanged' : 'external';
}

/** Whether an observation is not older than one that was processed; objects of one uid only. @public */
export function isFresher(fact: DeploymentFact, known: DeploymentFact): boolean {
  if (fact.generation !== known.generation) return fact.generation > known.generation;
  return compareResourceVersions(fact.resourceVersion, known.resourceVersion) >= 0;
}

/** Order of resourceVersions: decimal numbers of any length. Not numbers: taken for newer. */
export function compareResourceVersions(a: string, b: string): number {
  if (!/^\d+$/.test(a) || !/^\d+$/.test(b)) return 1;
  if (a.length !== b.length) return a.length - b.length;
  return a === b ? 0 : a < b ? -1 : 1;
}
