/** The name of the action of a TLA+ module that a move is: by module. Runs in the page too. */
import type { SpecName } from '../../spec/worlds/description.ts';
import type { Move } from '../explorer/moves.ts';
import { cancellationAction } from './cancellation/action.ts';
import { chainAction } from './chain/action.ts';
import { deletionAction } from './deletion/action.ts';
import { fieldAction } from './field/action.ts';
import { linkAction } from './link/action.ts';
import { registrationAction } from './registration/action.ts';
import { rolloutAction } from './rollout/action.ts';
import { wantsAction } from './wants/action.ts';

/** By the module that is a world. */
export const ACTIONS: Readonly<Record<SpecName, (move: Move) => string>> = {
  MCLink: linkAction,
  MCCancellation: cancellationAction,
  MCDeletion: deletionAction,
  MCChain: chainAction,
  MCField: fieldAction,
  MCRegistration: registrationAction,
  MCRollout: rolloutAction,
  MCSwitch: chainAction,
  MCWants: wantsAction,
};
