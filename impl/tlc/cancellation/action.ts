/** The name in `Cancellation.tla` of a move of a world of one node's cancellation. */
import type { Move } from '../../explorer/moves.ts';

const end = (name: 'up' | 'down') => (name === 'up' ? 'Up' : 'Down');
const NAMES: { readonly [K in Move['kind']]?: string } = {
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
    default: {
      const name = NAMES[move.kind];
      if (name === undefined)
        throw new Error(`${move.kind} does not happen in a world of one node's cancellation`);
      return name;
    }
  }
}
