/** The shape of a property (protocol 10): a named pure predicate that says what is wrong, or null. */
import type { StepView, WorldView } from './view.ts';

/** Holds in every state. @public */
export interface StateProperty {
  readonly kind: 'state';
  readonly statement: string;
  readonly check: (view: WorldView) => string | null;
}
/** Holds over every step. @public */
export interface StepProperty {
  readonly kind: 'step';
  readonly statement: string;
  readonly check: (step: StepView) => string | null;
}
/** Holds, for good, once faults are over and all is at rest. @public */
export interface RestProperty {
  readonly kind: 'rest';
  readonly statement: string;
  readonly check: (view: WorldView) => string | null;
  /** What must hold over every step on the way there. */
  readonly onTheWay?: (step: StepView) => string | null;
}
/** Any of the three. @public */
export type Property = StateProperty | StepProperty | RestProperty;
