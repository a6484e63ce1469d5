/** The TLA+ modules that are worlds: how a world of the explorer is said in each. */
import type { SpecName, WorldDescription } from '../../spec/worlds/description.ts';
import type { Move } from '../explorer/moves.ts';
import type { Setting, World } from '../explorer/world.ts';
import { ACTIONS } from './actions.ts';
import { cancellationConstants } from './cancellation/budgets.ts';
import { cancellationState } from './cancellation/state.ts';
import { chainConstants } from './chain/constants.ts';
import { chainState } from './chain/state.ts';
import { deletionConstants } from './deletion/constants.ts';
import { deletionState } from './deletion/state.ts';
import { fieldConstants } from './field/constants.ts';
import { fieldState } from './field/state.ts';
import { linkConstants } from './link/budgets.ts';
import { linkState } from './link/state.ts';
import { registrationConstants } from './registration/constants.ts';
import { registrationState } from './registration/state.ts';
import { rolloutConstants } from './rollout/constants.ts';
import { rolloutState } from './rollout/state.ts';
import { wantsConstants } from './wants/constants.ts';
import { wantsState } from './wants/state.ts';

/** One module. */
export interface Translation {
  /** Its constants, by name. */
  readonly constants: (world: WorldDescription) => Readonly<Record<string, number | string>>;
  /** The canonical text of the state that a world stands for. */
  readonly state: (setting: Setting, world: World) => string;
  /** The name of the action that a move is. */
  readonly action: (move: Move) => string;
  /** Whether the module states each liveness property as an invariant of the states at rest too ({@link REST}). */
  readonly rest: boolean;
}

/** Ends the name of a liveness property that is said of the states at rest: broken there, it is broken. */
export const REST = 'AtRest';

const MODULES: Readonly<Record<SpecName, Translation>> = {
  MCLink: { constants: linkConstants, state: linkState, action: ACTIONS.MCLink, rest: false },
  MCCancellation: {
    constants: cancellationConstants,
    state: cancellationState,
    action: ACTIONS.MCCancellation,
    rest: true,
  },
  MCDeletion: { constants: deletionConstants, state: deletionState, action: ACTIONS.MCDeletion, rest: true },
  MCChain: { constants: chainConstants, state: chainState, action: ACTIONS.MCChain, rest: true },
  MCField: { constants: fieldConstants, state: fieldState, action: ACTIONS.MCField, rest: true },
  MCRegistration: {
    constants: registrationConstants,
    state: registrationState,
    action: ACTIONS.MCRegistration,
    rest: true,
  },
  MCRollout: { constants: rolloutConstants, state: rolloutState, action: ACTIONS.MCRollout, rest: true },
  MCSwitch: { constants: chainConstants, state: chainState, action: ACTIONS.MCSwitch, rest: true },
  MCWants: { constants: wantsConstants, state: wantsState, action: ACTIONS.MCWants, rest: true },
};

/** How a world is said in its module. */
export function translationOf({ name, spec }: WorldDescription): Translation {
  if (spec === undefined) throw new Error(`world ${name} has no TLA+ module`);
  return MODULES[spec];
}
