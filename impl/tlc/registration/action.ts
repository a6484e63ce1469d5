/** The name in `Registration.tla` of a move of a world of registration. */
import type { Move } from '../../explorer/moves.ts';
import { type ActionNames, actionNamed } from '../action.ts';

const stageOf = (name: string) => (name.startsWith('kubelet') ? 'K' : 'S');
/** What befalls S has the plain name. */
const named = (what: string, name: string) => (stageOf(name) === 'K' ? `${what}K` : what);
const NAMES: ActionNames = {
  startBack: 'StartBack',
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
    case 'usurp':
      return named('Usurp', move.peer);
    case 'crash':
      return named('Crash', move.process);
    case 'answer':
      return `Answer${stageOf(move.process)}`;
    case 'watch':
      return `Watch${stageOf(move.process)}`;
    case 'deliver':
      return move.end === 'up' ? 'HearS' : 'HearK';
    case 'told':
      return move.end === 'up' ? 'ToldS' : 'ToldK';
    default:
      return actionNamed(NAMES[move.kind], move, 'a world of registration');
  }
}
