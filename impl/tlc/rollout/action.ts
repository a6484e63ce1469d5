/** The name in `Rollout.tla` of a move of a world of a rollout. */
import type { Move } from '../../explorer/moves.ts';
import { type ActionNames, actionNamed } from '../action.ts';

const NAMES: ActionNames = {
  deliver: 'Deliver',
  answer: 'Answer',
  prompt: 'Ask',
  due: 'Ended',
  land: 'Land',
  controller: 'Controller',
  user: 'Act',
};

function watched({ process, key }: Extract<Move, { kind: 'watch' }>): string {
  if (key.startsWith('deployments/')) return 'WatchObject';
  return process.startsWith('deployment') ? 'WatchSetD' : 'WatchSetR';
}

/** One name for moves that `Rollout.tla` takes as one action. */
export function rolloutAction(move: Move): string {
  const name = move.kind === 'watch' ? watched(move) : NAMES[move.kind];
  return actionNamed(name, move, 'a world of a rollout');
}
