/** The name in `Deletion.tla` of a move of a world of deletion. */
import type { Move } from '../../explorer/moves.ts';
import { type ActionNames, actionNamed } from '../action.ts';

const NAMES: ActionNames = {
  deliver: 'Deliver',
  answer: 'Answer',
  prompt: 'Ask',
  land: 'Land',
  collectSet: 'CollectSet',
  collectDeployment: 'CollectDeployment',
  controller: 'Controller',
  user: 'Act',
};

function nameOf(move: Move): string | undefined {
  if (move.kind === 'due') return move.prompt === 'ended' ? 'Ended' : 'PodsCollected';
  if (move.kind !== 'watch') return NAMES[move.kind];
  if (move.key.startsWith('deployments/')) return 'WatchObject';
  return move.process.startsWith('deployment') ? 'WatchSetD' : 'WatchSetR';
}

/** One name for moves that `Deletion.tla` takes as one action. */
export function deletionAction(move: Move): string {
  return actionNamed(nameOf(move), move, 'a world of deletion');
}
