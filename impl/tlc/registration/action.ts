/** The name in `Registration.tla` of a move of a world of registration. */
import type { Move } from '../../explorer/moves.ts';

const stageOf = (name: string) => (name.startsWith('kubelet') ? 'K' : 'S');
const NAMES: { readonly [K in Move['kind']]?: string } = {
  startBack: 'StartBack',
  usurp: 'Usurp',
  crash: 'Crash',
  lapse: 'Lapse',
  user: 'DeleteLease',
  connect: 'Connect',
  land: 'Land',
  ambiguous: 'LoseReply',
  drop: 'Lose',
  timer: 'TimeOut',
};

/** One name for moves that `Registration.tla` takes as one action. */
export function registrationAction(move: Move): string {
  switch (move.kind) {
    case 'start':
      return `Start${stageOf(move.peer)}`;
    case 'answer':
      return `Answer${stageOf(move.process)}`;
    case 'watch':
      return `Watch${stageOf(move.process)}`;
    case 'deliver':
      return move.end === 'up' ? 'HearS' : 'HearK';
    case 'told':
      return move.end === 'up' ? 'ToldS' : 'ToldK';
    default: {
      const name = NAMES[move.kind];
      if (name === undefined) throw new Error(`${move.kind} does not happen in a world of registration`);
      return name;
    }
  }
}
