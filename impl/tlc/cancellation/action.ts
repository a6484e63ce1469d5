/** The name in `Cancellation.tla` of a move of a world of one node's cancellation. */
import type { Move } from '../../explorer/moves.ts';
import { type ActionNames, actionNamed } from '../action.ts';

const end = (name: 'up' | 'down') => (name === 'up' ? 'Up' : 'Down');
const NAMES: ActionNames = {
  start: 'Start',
  usurp: 'Usurp',
  crash: 'Crash',
  lapse: 'Lapse',
  connect: 'Connect',
  break: 'Break',
  watch: 'Watch',
  timer: 'TimeOut',
  early: 'TimeOutEarly',
  land: 'Land',
  ambiguous: 'LoseReply',
  drop: 'Lose',
};

/** One name for moves that `Cancellation.tla` takes as one action. */
export function cancellationAction(move: Move): string {
  switch (move.kind) {
    case 'deliver':
      return `Deliver${end(move.end)}`;
    case 'told':
      return `Told${end(move.end)}`;
    case 'answer':
      return move.process.startsWith('scheduler') ? 'AnswerUp' : 'AnswerDown';
    case 'container':
      return move.to === 'running' ? 'Runs' : 'Stops';
    case 'prompt':
      return move.prompt === 'mint' ? 'Mint' : 'Terminate';
    default:
      return actionNamed(NAMES[move.kind], move, "a world of one node's cancellation");
  }
}
