/** A Deployment that has lost its label (protocol 8, *Leaving*): it is let go once D has written what was asked for until then. */
import type { DeploymentFact } from '../../../spec/facts.ts';
import { writtenOf } from './base.ts';

/** Whether it has left: D's last write took the annotation *written* away. @public */
export function hasLeft(fact: DeploymentFact, mutants?: ReadonlySet<string>): boolean {
  if (fact.unmanaged !== true) return false;
  return writtenOf(fact, mutants) === null || mutants?.has('want-left-behind') === true;
}
