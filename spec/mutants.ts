/**
 * Rules that can be switched off, to show that a check can fail (protocol 11). Each is read at one place in the machines.
 */

/** One mutant: the rule that it removes and the property it must break. @public */
export interface Mutant {
  readonly name: string;
  readonly rule: string;
  readonly breaks: readonly string[];
}

/** All mutants. @public */
export const MUTANTS: readonly Mutant[] = [];
