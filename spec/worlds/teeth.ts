/** For each mutant of a TLA+ module: a small world in which it is caught. By both engines, naming the same property. */

/** A mutant and where it is caught. @public */
export interface Tooth {
  readonly mutant: string;
  readonly world: string;
}

/** All that are caught by TLC and the explorer alike. @public */
export const TEETH: readonly Tooth[] = [
  { mutant: 'old-session-messages', world: 'ends-break' },
  { mutant: 'no-fence', world: 'ends-duplicate' },
  { mutant: 'offer-unverified', world: 'ends-leaders-below-break' },
  { mutant: 'unmark-tombstone', world: 'ends-break' },
  { mutant: 'no-terminate-on-opening', world: 'ends-break' },
  { mutant: 'collect-tombstone-early', world: 'ends-break' },
  { mutant: 'write-back-unconditional', world: 'field-external' },
  { mutant: 'external-by-value', world: 'field-back' },
  { mutant: 'external-owner-ignored', world: 'field-back' },
  { mutant: 'template-edit-external', world: 'field-back' },
  { mutant: 'base-by-memory', world: 'field-back' },
  { mutant: 'own-write-by-reply', world: 'field' },
  { mutant: 'lost-reply-forgotten', world: 'field-external' },
];
