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
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'unmark-tombstone',
    rule: 'a tombstone is never made live by what the downstream says (3, 4.1)',
    breaks: ['CacheCoherent'],
  },
];
