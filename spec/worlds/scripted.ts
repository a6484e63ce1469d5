/** Worlds that are told by what people do in them: the acts that several have, and how a family of them is made. */
import type { FaultBudget, StageChoice, UserAct, WorldDescription } from './description.ts';

/** People scale the Deployment. */
export const scale = (replicas: number): UserAct => ({ act: 'scale', deployment: 'd', replicas });

/** The owner switch is turned to the stock controllers, and back (protocol 9). */
export const RELEASE: UserAct = { act: 'switch', owner: 'stock' };
export const TAKE_BACK: UserAct = { act: 'switch', owner: 'direct' };

/** An R that has not heard of a release ends, or makes, again and again what K, which has, lets go or refuses: no bounded world. */
export const alert = (stages: readonly StageChoice[]): readonly StageChoice[] =>
  stages.map((one) => (one.peer === 'replicaset' ? { ...one, alert: true } : one));

/** What one world of a family adds to it. */
export interface Scripted {
  readonly name: string;
  readonly title: string;
  readonly script: readonly UserAct[];
  /** Pods at first. */
  readonly pods?: number;
  readonly runtime?: 'runs' | 'publish';
  readonly faults?: FaultBudget;
  readonly sometimes: WorldDescription['sometimes'];
  readonly change?: Partial<WorldDescription>;
}

/** Makes worlds of one family: of a kind of world, what they have in common, and of that what each changes. */
export const familyOf =
  (
    make: (
      options: Omit<Scripted, 'sometimes' | 'change'> & {
        readonly faults: FaultBudget;
        readonly change: Partial<WorldDescription>;
      },
    ) => WorldDescription,
    common: Partial<WorldDescription>,
  ) =>
  ({ sometimes, change, faults = {}, ...options }: Scripted): WorldDescription =>
    make({ ...options, faults, change: { ...common, sometimes, ...change } });
