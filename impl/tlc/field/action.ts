/** The name in `Field.tla` of a move of a world of the replicas field. */
import type { Move } from '../../explorer/moves.ts';
import { type ActionNames, actionNamed } from '../action.ts';

const NAMES: ActionNames = {
  start: 'Start',
  usurp: 'Usurp',
  crash: 'Crash',
  watch: 'Watch',
  answer: 'Answer',
  timer: 'Timer',
  early: 'Early',
  land: 'Land',
  drop: 'Drop',
  ambiguous: 'LoseReply',
  user: 'Act',
};
const PROMPTS: Readonly<Record<string, string>> = { ask: 'Ask', mark: 'Mark', hurry: 'Hurry' };

/** One name for moves that `Field.tla` takes as one action. */
export function fieldAction(move: Move): string {
  const name = move.kind === 'prompt' ? PROMPTS[move.prompt.split('/')[0] as string] : NAMES[move.kind];
  return actionNamed(name, move, 'a world of the replicas field');
}
